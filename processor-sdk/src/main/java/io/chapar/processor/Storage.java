package io.chapar.processor;

/// Where the rows of an application's stores are.
@FunctionalInterface
interface Storage {
    /// Of one stateful step at one partition; not open yet.
    CommittedRows rows(String step, int partition);
}

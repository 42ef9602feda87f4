package io.chapar.processor;

/// Runs user code on one record. Throws nothing but errors.
@FunctionalInterface
interface Work {
    Effect on(SourceRecord record);
}

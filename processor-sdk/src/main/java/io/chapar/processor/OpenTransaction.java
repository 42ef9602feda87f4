package io.chapar.processor;

/// With two phases: whether something is open in the cluster under this thread's transactional id, or may be, since its
/// end was not answered. While it is, whoever is given the thread's partitions has to find the id as their holder, so
/// that it can end what nobody else would: the broker waits for that without a timeout. On the runner's loop.
final class OpenTransaction {
    private boolean possible;

    void begins() {
        possible = true;
    }

    /// It is committed or aborted, as the cluster has said.
    void ended() {
        possible = false;
    }

    boolean isPossible() {
        return possible;
    }
}

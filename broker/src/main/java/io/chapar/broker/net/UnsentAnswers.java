package io.chapar.broker.net;

/// Answers of one connection that its client has not taken. On its loop.
final class UnsentAnswers {
    private final ServerLimits limits;
    private final KeptBytes kept;
    private long bytes;

    UnsentAnswers(ServerLimits limits, KeptBytes kept) {
        this.limits = limits;
        this.kept = kept;
    }

    void add(int size) {
        bytes += size + ServerLimits.BYTES_PER_ANSWER;
        kept.keep(size + ServerLimits.BYTES_PER_ANSWER);
    }

    void remove(int size) {
        bytes -= size + ServerLimits.BYTES_PER_ANSWER;
        kept.letGo(size + ServerLimits.BYTES_PER_ANSWER);
    }

    boolean isEmpty() {
        return bytes == 0;
    }

    /// Whether no request should begin before some are taken.
    boolean areMany() {
        return bytes > (kept.isMuch() ? 0 : limits.maxUnsentBytes());
    }
}

package io.chapar.processor;

import io.chapar.client.UsageException;

/// What becomes of a record for which user code or a serde throws, or of which an output is refused: it is too large,
/// its topic has no proper name, does not exist or may not be written to, or the topic does not take such records.
/// An attempt that throws writes nothing.
///
/// Errors other than `StackOverflowError` are faults of the program, no record's: they end the application under every
/// policy.
public sealed interface ErrorPolicy {
    int MAX_RETRIES = 1_000;

    /// The application stops with the cause (but waits for an output's topic that does not exist yet); in
    /// `EXACTLY_ONCE` the open transaction is aborted. Nothing behind the record's position is committed, so the record
    /// is met again after a restart (but not in `AT_MOST_ONCE`).
    record Stop() implements ErrorPolicy {
    }

    /// So many further attempts, then the record counts as processed without output.
    record Skip(int retries) implements ErrorPolicy {
        public Skip {
            requireRetries(retries);
        }
    }

    /// So many further attempts, then the input record is copied to `topic`, in place of its outputs: in
    /// `EXACTLY_ONCE` in the same transaction as its position. Headers [ErrorPolicy#HEADER_PREFIX]`topic`,
    /// `partition`, `offset` and `error` say where it came from and why. A copy that is refused in its turn (too large,
    /// too old, without a key) is replaced by a notice: these headers and `omitted`, the reason, with a key
    /// `topic-partition@offset` and no value. If that is refused too, or `topic` takes nothing at all, the application
    /// stops with the cause.
    record DeadLetter(String topic, int retries) implements ErrorPolicy {
        public DeadLetter {
            Topology.requireTopic(topic);
            requireRetries(retries);
        }
    }

    String HEADER_PREFIX = "chapar.dead-letter.";

    static ErrorPolicy stop() {
        return new Stop();
    }

    static ErrorPolicy skip(int retries) {
        return new Skip(retries);
    }

    static ErrorPolicy deadLetter(String topic, int retries) {
        return new DeadLetter(topic, retries);
    }

    private static void requireRetries(int retries) {
        if (retries < 0 || retries > MAX_RETRIES) {
            throw new UsageException("Retries must be between 0 and " + MAX_RETRIES + ", not " + retries);
        }
    }
}

package io.chapar.processor;

import io.chapar.client.UsageException;

/// What becomes of a record for which user code or a serde throws. A failed attempt writes nothing.
public sealed interface ErrorPolicy {
    int MAX_RETRIES = 1_000;

    /// The application stops with the cause; in `EXACTLY_ONCE` the open transaction is aborted. Nothing behind the
    /// record's position is committed, so the record is met again after a restart (but not in `AT_MOST_ONCE`).
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
    /// `partition`, `offset` and `error` say where it came from and why.
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

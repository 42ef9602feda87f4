package io.chapar.processor;

import io.chapar.client.UsageException;

import java.time.Duration;
import java.util.Objects;

/// What becomes of a record for which user code or a serde throws, or of which an output is refused: it is too large,
/// its topic has no proper name, does not exist or may not be written to, or the topic does not take such records.
/// An attempt that throws writes nothing.
///
/// Errors other than `StackOverflowError` are faults of the program, no record's: they end the application under every
/// policy.
public sealed interface ErrorPolicy {
    int MAX_RETRIES = 1_000;
    Duration MAX_BACK_OFF = Duration.ofMinutes(10);

    /// How long to wait before another attempt: twice as long each time, from `first` up to `longest`.
    record BackOff(Duration first, Duration longest) {
        public static final BackOff NONE = new BackOff(Duration.ZERO, Duration.ZERO);

        public BackOff {
            if (first.isNegative() || longest.compareTo(first) < 0 || longest.compareTo(MAX_BACK_OFF) > 0) {
                throw new UsageException("A back-off begins with 0 at least and grows to " + MAX_BACK_OFF
                        + " at most: not from " + first + " to " + longest);
            }
        }

        /// `failures`: attempts so far, from 1.
        long waitMs(int failures) {
            long ms = first.toMillis();
            for (int doubled = 1; doubled < failures && ms < longest.toMillis(); doubled++) {
                ms *= 2;
            }
            return Math.min(ms, longest.toMillis());
        }

        /// For so many further attempts together.
        long totalMs(int retries) {
            long totalMs = 0;
            for (int failures = 1; failures <= retries; failures++) {
                totalMs += waitMs(failures);
            }
            return totalMs;
        }
    }

    /// So many further attempts, then the application stops with the cause (but waits for an output's topic that does
    /// not exist yet); in `EXACTLY_ONCE` the open transaction is aborted. Nothing behind the record's position is
    /// committed, so the record is met again after a restart (but not in `AT_MOST_ONCE`).
    record Stop(int retries, BackOff backOff) implements ErrorPolicy {
        public Stop {
            requireRetries(retries);
            Objects.requireNonNull(backOff, "backOff");
        }
    }

    /// So many further attempts, then the record counts as processed without output.
    record Skip(int retries, BackOff backOff) implements ErrorPolicy {
        public Skip {
            requireRetries(retries);
            Objects.requireNonNull(backOff, "backOff");
        }
    }

    /// So many further attempts, then the input record is copied to `topic`, in place of its outputs: in
    /// `EXACTLY_ONCE` in the same transaction as its position. Headers [ErrorPolicy#HEADER_PREFIX]`topic`,
    /// `partition`, `offset` and `error` say where it came from and why. A copy that is refused in its turn (too large,
    /// too old, without a key) is replaced by a notice: these headers and `omitted`, the reason, with a key
    /// `topic-partition@offset` and no value. If that is refused too, or `topic` takes nothing at all, the application
    /// stops with the cause.
    record DeadLetter(String topic, int retries, BackOff backOff) implements ErrorPolicy {
        public DeadLetter {
            Topology.requireTopic(topic);
            requireRetries(retries);
            Objects.requireNonNull(backOff, "backOff");
        }
    }

    String HEADER_PREFIX = "chapar.dead-letter.";

    static ErrorPolicy stop() {
        return new Stop(0, BackOff.NONE);
    }

    static ErrorPolicy stop(int retries) {
        return new Stop(retries, BackOff.NONE);
    }

    static ErrorPolicy skip(int retries) {
        return new Skip(retries, BackOff.NONE);
    }

    static ErrorPolicy deadLetter(String topic, int retries) {
        return new DeadLetter(topic, retries, BackOff.NONE);
    }

    /// Further attempts after the first one.
    int retries();

    BackOff backOff();

    /// This one, waiting before each further attempt: `first`, then twice as long each time, up to `longest`. The
    /// record's key waits with it; with [ProcessorConfig.Builder#parallel] no other does.
    default ErrorPolicy backOff(Duration first, Duration longest) {
        BackOff backOff = new BackOff(first, longest);
        return switch (this) {
            case Stop stop -> new Stop(stop.retries(), backOff);
            case Skip skip -> new Skip(skip.retries(), backOff);
            case DeadLetter letter -> new DeadLetter(letter.topic(), letter.retries(), backOff);
        };
    }

    private static void requireRetries(int retries) {
        if (retries < 0 || retries > MAX_RETRIES) {
            throw new UsageException("Retries must be between 0 and " + MAX_RETRIES + ", not " + retries);
        }
    }
}

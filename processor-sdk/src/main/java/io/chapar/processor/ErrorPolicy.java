package io.chapar.processor;

import io.chapar.client.UsageException;

import java.time.Duration;
import java.util.List;
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
    int MAX_DELAYS = 10;
    Duration MIN_DELAY = Duration.ofMillis(1);
    Duration MAX_DELAY = Duration.ofDays(7);

    /// How long to wait before another attempt in place: twice as long each time, from `first` up to `longest`. And,
    /// when those are over, before further ones through topics ([ErrorPolicy#retryAfter]).
    record BackOff(Duration first, Duration longest, List<Duration> later) {
        public static final BackOff NONE = new BackOff(Duration.ZERO, Duration.ZERO);

        public BackOff {
            later = List.copyOf(later);
            if (later.size() > MAX_DELAYS || later.stream().anyMatch(delay -> delay.compareTo(MIN_DELAY) < 0
                    || delay.compareTo(MAX_DELAY) > 0)) {
                throw new UsageException("Records are tried again later up to " + MAX_DELAYS + " times, after "
                        + MIN_DELAY + " to " + MAX_DELAY + " each: not after " + later);
            }
            if (first.isNegative() || longest.compareTo(first) < 0 || longest.compareTo(MAX_BACK_OFF) > 0) {
                throw new UsageException("A back-off begins with 0 at least and grows to " + MAX_BACK_OFF
                        + " at most: not from " + first + " to " + longest);
            }
        }

        /// In place alone.
        public BackOff(Duration first, Duration longest) {
            this(first, longest, List.of());
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
        return with(new BackOff(first, longest, backOff().later()));
    }

    /// This one, with further attempts later: a record whose attempts in place are over goes to a topic of the
    /// application's own, in the transaction of its position, and is tried again when the first delay has passed, then
    /// after the second one, and so on; the policy is applied when the last has failed. The partition goes on
    /// meanwhile, so later records of the same key come before it.
    default ErrorPolicy retryAfter(Duration... delays) {
        return with(new BackOff(backOff().first(), backOff().longest(), List.of(delays)));
    }

    private ErrorPolicy with(BackOff backOff) {
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

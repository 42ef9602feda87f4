package io.chapar.processor;

/// What a crash may do to the effects of an input record. One choice fixes the order of commits, the isolation of
/// reading and the idempotence of writing together.
///
/// | | position is committed | reads | a crash |
/// |---|---|---|---|
/// | `AT_MOST_ONCE` | before processing | committed records | may lose outputs, never repeats them |
/// | `AT_LEAST_ONCE` | after outputs are written | committed records | may repeat outputs, never loses them |
/// | `EXACTLY_ONCE` | with the outputs, in one transaction | committed records | neither |
///
/// Only outputs written with [Stream#to] are meant: what user code does elsewhere (a call, a file) is repeated
/// whenever a record is processed again, in `EXACTLY_ONCE` too. Who reads the outputs of `EXACTLY_ONCE` must read
/// committed records only.
public enum Delivery {
    AT_MOST_ONCE,
    AT_LEAST_ONCE,
    EXACTLY_ONCE;

    /// As people write it: `exactly-once`.
    public String label() {
        return switch (this) {
            case AT_MOST_ONCE -> "at-most-once";
            case AT_LEAST_ONCE -> "at-least-once";
            case EXACTLY_ONCE -> "exactly-once";
        };
    }
}

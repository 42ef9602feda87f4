package io.chapar.broker.share.state;

/// Neighbouring offsets that one thing has become of.
///
/// @param last inclusive
/// @param state as the log has it: [#AVAILABLE], [#ACKNOWLEDGED] or [#ARCHIVED]
/// @param deliveries how often they were delivered
public record StateBatch(long first, long last, byte state, short deliveries) {
    public static final byte AVAILABLE = 0;
    public static final byte ACKNOWLEDGED = 2;
    public static final byte ARCHIVED = 4;

    public StateBatch {
        if (first < 0 || first > last) {
            throw new IllegalArgumentException("a batch of offsets from " + first + " to " + last);
        }
    }

    public static boolean isState(byte state) {
        return state == AVAILABLE || state == ACKNOWLEDGED || state == ARCHIVED;
    }

    public long offsets() {
        return last - first + 1;
    }

    StateBatch cut(long from, long to) {
        return new StateBatch(from, to, state, deliveries);
    }

    /// Whether this one and the next are as good as one.
    boolean goesOnIn(StateBatch next) {
        return last + 1 == next.first && state == next.state && deliveries == next.deliveries;
    }
}

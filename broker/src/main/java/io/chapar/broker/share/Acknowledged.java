package io.chapar.broker.share;

/// Of neighbouring offsets a member says one thing, or of each its own.
public final class Acknowledged {
    private final long first;
    private final long last;
    private final byte[] types;

    /// @param last inclusive
    /// @param types one for all, or one for each; not changed by anybody any more
    public Acknowledged(long first, long last, byte[] types) {
        this.first = first;
        this.last = last;
        this.types = types;
    }

    long first() {
        return first;
    }

    /// Inclusive.
    long last() {
        return last;
    }

    private int place(long offset) {
        return types.length == 1 ? 0 : (int) (offset - first);
    }

    /// What is said of this offset, by its number.
    byte type(long offset) {
        return types[place(offset)];
    }

    /// The last offset from this one on of which the same is said.
    long sameUntil(long offset) {
        if (types.length == 1) {
            return last;
        }
        long to = offset;
        while (to < last && type(to + 1) == type(offset)) {
            to++;
        }
        return to;
    }

    /// Whether it has offsets, as many types as it should, and no unknown one.
    boolean isSound(boolean mayRenew) {
        if (first < 0 || first > last || types.length == 0
                || (types.length != 1 && types.length != last - first + 1)) {
            return false;
        }
        for (byte type : types) {
            AckType known = AckType.of(type);
            if (known == null || (known == AckType.RENEW && !mayRenew)) {
                return false;
            }
        }
        return true;
    }

    /// One for all, or one for each.
    int said() {
        return types.length;
    }

    boolean renews() {
        for (byte type : types) {
            if (AckType.of(type) == AckType.RENEW) {
                return true;
            }
        }
        return false;
    }
}

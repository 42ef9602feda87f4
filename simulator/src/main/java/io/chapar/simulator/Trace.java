package io.chapar.simulator;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// What happened, in order: a hash over all of it, and the last events in words.
public final class Trace {
    private static final int KEPT = 20_000;
    private static final long PRIME = 0x100000001B3L;

    private record Entry(long atUs, String who, String what, long number) {
        @Override
        public String toString() {
            return String.format(Locale.ROOT, "%12.3f ms  %-16s %s%s", atUs / 1000.0, who, what,
                    number == 0 ? "" : " " + number);
        }
    }

    private final Entry[] last = new Entry[KEPT];
    private long count;
    private long hash = 0xCBF29CE484222325L;

    /// `number` says more than `what` where that is a constant; 0 for nothing.
    void add(long atUs, String who, String what, long number) {
        last[(int) (count++ % KEPT)] = new Entry(atUs, who, what, number);
        mix(atUs);
        mix(who.hashCode());
        mix(what.hashCode());
        mix(number);
    }

    private void mix(long value) {
        hash = (hash ^ value) * PRIME;
        hash ^= hash >>> 31;
    }

    /// The same for two runs that went the same way.
    public long hash() {
        return hash;
    }

    public long count() {
        return count;
    }

    /// The last events in words, oldest first; at most `most`.
    public List<String> tail(int most) {
        List<String> lines = new ArrayList<>();
        for (long i = Math.max(0, count - Math.min(most, KEPT)); i < count; i++) {
            lines.add(last[(int) (i % KEPT)].toString());
        }
        return lines;
    }
}

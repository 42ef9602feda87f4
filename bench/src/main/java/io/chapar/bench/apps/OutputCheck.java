package io.chapar.bench.apps;

import java.util.Arrays;
import java.util.BitSet;

/// Whether each of so many [Numbered] records went through an application once, and those of a key in their order.
public final class OutputCheck {
    private final Numbered numbered;
    private final AppKind kind;
    private final int expected;
    private final BitSet seen;
    /// By key, the last number; -1 for none.
    private final long[] last;
    private long outputs;
    private long twice;
    private long outOfOrder;
    private long unknown;

    public OutputCheck(Numbered numbered, AppKind kind, int expected) {
        this.numbered = numbered;
        this.kind = kind;
        this.expected = expected;
        seen = new BitSet(expected);
        last = new long[numbered.keys()];
        Arrays.fill(last, -1);
    }

    /// @return the number of the record, or -1 if there was no such record
    public int add(String key, byte[] output) {
        outputs++;
        long number = numbered.number(kind, key, output);
        int index = numbered.keyIndex(key);
        if (number < 0 || number >= expected || index < 0 || index >= last.length) {
            unknown++;
            return -1;
        }
        if (seen.get((int) number)) {
            twice++;
        } else if (number < last[index]) {
            outOfOrder++;
        }
        seen.set((int) number);
        last[index] = number;
        return (int) number;
    }

    public boolean isComplete() {
        return seen.cardinality() == expected;
    }

    /// Fails with what is wrong, unless nothing is.
    public void requireExactlyOnce(String who) {
        if (!isComplete() || twice > 0 || outOfOrder > 0 || unknown > 0) {
            throw new IllegalStateException(who + " did not process each record once and in order: of " + expected
                    + " records " + (expected - seen.cardinality()) + " are missing, " + twice + " came twice, "
                    + outOfOrder + " out of order, and of " + outputs + " outputs " + unknown + " are of no record");
        }
    }
}

package io.chapar.codegen;

/// An inclusive range of message versions, as schemas write it: `3`, `0-4`, `2+`, `none`.
public record VersionRange(int lowest, int highest) {
    public static final VersionRange NONE = new VersionRange(0, -1);
    private static final int OPEN = Short.MAX_VALUE;

    public static VersionRange parse(String text) {
        String range = text.trim();
        if (range.equals("none")) {
            return NONE;
        }
        if (range.endsWith("+")) {
            return new VersionRange(Integer.parseInt(range.substring(0, range.length() - 1)), OPEN);
        }
        int dash = range.indexOf('-');
        if (dash < 0) {
            int only = Integer.parseInt(range);
            return new VersionRange(only, only);
        }
        return new VersionRange(
                Integer.parseInt(range.substring(0, dash)), Integer.parseInt(range.substring(dash + 1)));
    }

    public boolean isEmpty() {
        return highest < lowest;
    }

    public boolean contains(int version) {
        return version >= lowest && version <= highest;
    }

    /// Whether every version of `other` is in this range.
    public boolean covers(VersionRange other) {
        return other.isEmpty() || (contains(other.lowest) && contains(other.highest));
    }

    public VersionRange and(VersionRange other) {
        VersionRange both = new VersionRange(Math.max(lowest, other.lowest), Math.min(highest, other.highest));
        return both.isEmpty() ? NONE : both;
    }
}

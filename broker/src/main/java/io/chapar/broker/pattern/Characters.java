package io.chapar.broker.pattern;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/// A set of code points.
final class Characters {
    static final Characters NONE = new Characters(new int[0]);
    static final Characters BUT_LINE_FEEDS = range('\n', '\n').others();
    static final Characters DIGITS = range('0', '9');
    static final Characters OF_WORDS =
            range('0', '9').and(range('A', 'Z')).and(range('a', 'z')).and(range('_', '_'));
    static final Characters SPACES = range('\t', '\n').and(range('\f', '\r')).and(range(' ', ' '));

    /// Of its ranges in ascending order, each with its first and its last.
    private final int[] bounds;

    private Characters(int[] bounds) {
        this.bounds = bounds;
    }

    static Characters range(int first, int last) {
        return new Characters(new int[] {first, last});
    }

    Characters and(Characters more) {
        List<int[]> ranges = new ArrayList<>(ranges());
        ranges.addAll(more.ranges());
        ranges.sort(Comparator.comparingInt(range -> range[0]));
        int[] together = new int[2 * ranges.size()];
        int count = 0;
        for (int[] range : ranges) {
            if (count > 0 && range[0] <= together[count - 1] + 1) {
                together[count - 1] = Math.max(together[count - 1], range[1]);
            } else {
                together[count++] = range[0];
                together[count++] = range[1];
            }
        }
        return new Characters(Arrays.copyOf(together, count));
    }

    private List<int[]> ranges() {
        List<int[]> ranges = new ArrayList<>();
        for (int i = 0; i < bounds.length; i += 2) {
            ranges.add(new int[] {bounds[i], bounds[i + 1]});
        }
        return ranges;
    }

    /// All that are not in it.
    Characters others() {
        List<int[]> gaps = new ArrayList<>();
        int from = 0;
        for (int[] range : ranges()) {
            if (range[0] > from) {
                gaps.add(new int[] {from, range[0] - 1});
            }
            from = range[1] + 1;
        }
        if (from <= Character.MAX_CODE_POINT) {
            gaps.add(new int[] {from, Character.MAX_CODE_POINT});
        }
        return new Characters(gaps.stream().flatMapToInt(Arrays::stream).toArray());
    }

    /// Whether there is one alone in it.
    boolean isOne() {
        return bounds.length == 2 && bounds[0] == bounds[1];
    }

    /// Of a set that [#isOne].
    int first() {
        return bounds[0];
    }

    boolean contains(int character) {
        int at = Arrays.binarySearch(bounds, character);
        // Between a first and a last one, or one of them.
        return at >= 0 || (-at - 1) % 2 == 1;
    }
}

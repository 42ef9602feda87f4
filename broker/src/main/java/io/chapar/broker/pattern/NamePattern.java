package io.chapar.broker.pattern;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;

/// A regular expression over whole names in RE2's syntax, as at Kafka. All ways through it are followed side by side,
/// so that one character of a name costs at most as many steps as the expression has states, whoever wrote it.
/// `java.util.regex` goes back and tries again, and may look at no character for ever meanwhile.
///
/// RE2 writes out what is counted (`a{1000}`), and counts within counts multiply: what is too much is refused before.
public final class NamePattern {
    /// Of a program; also of what counts may make of a text.
    static final int MAX_STATES = 2_000;
    private static final int MAX_CHARS = 1_000;
    /// RE2 knows no larger ones.
    private static final int MAX_COUNT = 1_000;

    private final Pattern pattern;
    private final int states;
    private long steps;

    private NamePattern(Pattern pattern) {
        this.pattern = pattern;
        states = pattern.programSize();
    }

    /// Throws [PatternFault] where that is no such expression, or one of too many states.
    public static NamePattern of(String expression) {
        if (expression.length() > MAX_CHARS) {
            throw new PatternFault("the expression has more than " + MAX_CHARS + " characters");
        }
        refuseLargeCounts(expression);
        try {
            NamePattern found = new NamePattern(Pattern.compile(expression));
            if (found.states > MAX_STATES) {
                throw new PatternFault("the expression has more than " + MAX_STATES + " states");
            }
            return found;
        } catch (PatternSyntaxException e) {
            throw new PatternFault(String.valueOf(e.getMessage()));
        }
    }

    /// No group can come to more than all of the text, written out as often as all counts in it together say: braces
    /// that are no counts make that larger, and nothing makes it smaller. Counts beside each other are held for counts
    /// within each other.
    private static void refuseLargeCounts(String expression) {
        long written = expression.length();
        for (int at = expression.indexOf('{'); at >= 0; at = expression.indexOf('{', at + 1)) {
            written *= Math.max(1, largestNumber(expression, at + 1));
            if (written > (long) MAX_STATES * MAX_COUNT) {
                throw new PatternFault("the counts of the expression are too large together");
            }
        }
    }

    /// Of `n}`, `n,}` and `n,m}`, `{n,}` being one more.
    private static int largestNumber(String expression, int from) {
        int largest = 0;
        int number = 0;
        for (int at = from; at < expression.length(); at++) {
            char c = expression.charAt(at);
            if (c >= '0' && c <= '9') {
                number = Math.min(MAX_COUNT + 1, number * 10 + c - '0');
                largest = Math.max(largest, number);
            } else if (c == ',') {
                number = 0;
                largest++;
            } else {
                break;
            }
        }
        return largest;
    }

    /// The most steps that a name of this length can take.
    public long mostSteps(int length) {
        return (length + 1L) * states;
    }

    /// That all names so far can have taken.
    public long steps() {
        return steps;
    }

    public boolean matches(String name) {
        steps += mostSteps(name.length());
        return pattern.matches(name);
    }
}

package io.chapar.broker.logging;

import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;

/// Texts of anybody's as the log shows them: on one line, whatever is in them, and no longer than so. Nobody can begin
/// a line of the log by what they call their topic.
public final class OneLine {
    /// Of one message, or of the text of one failure.
    static final int MOST_CHARS = 8_192;
    private static final int MOST_CAUSES = 8;
    private static final int MOST_FRAMES = 60;

    private OneLine() {}

    /// What is no visible character, or turns the direction of writing, as `\\uXXXX`; cut where it is too long.
    public static String of(String text) {
        return of(text, MOST_CHARS);
    }

    /// @param most characters of the text
    public static String of(String text, int most) {
        int end = Math.min(most, text.length());
        if (end == text.length() && text.codePoints().allMatch(OneLine::isPlain)) {
            return text;
        }
        StringBuilder line = new StringBuilder(end + 32);
        for (int i = 0; i < end; ) {
            int c = text.codePointAt(i);
            int chars = Math.min(Character.charCount(c), end - i);
            if (isPlain(c) && chars == Character.charCount(c)) {
                line.appendCodePoint(c);
            } else {
                text.substring(i, i + chars).chars().forEach(each -> line.append(String.format("\\u%04x", each)));
            }
            i += chars;
        }
        return end == text.length() ? line.toString()
                : line.append("... (").append(text.length() - end).append(" more characters)").toString();
    }

    private static boolean isPlain(int c) {
        return (c >= ' ' && c < 0x7f) || (c > 0x7f && isVisible(c));
    }

    private static boolean isVisible(int c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL, Character.FORMAT, Character.SURROGATE, Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR, Character.UNASSIGNED, Character.PRIVATE_USE -> false;
            default -> true;
        };
    }

    /// The failure with where it happened, and its causes; a line each.
    static List<String> trace(Throwable failure) {
        List<String> lines = new ArrayList<>();
        Set<Throwable> seen = Collections.newSetFromMap(new IdentityHashMap<>());
        String prefix = "";
        for (Throwable one = failure; one != null && seen.add(one); one = one.getCause()) {
            if (seen.size() > MOST_CAUSES) {
                lines.add("Caused by more");
                return lines;
            }
            lines.add(prefix + of(one.toString()));
            StackTraceElement[] frames = one.getStackTrace();
            for (int i = 0; i < frames.length && i < MOST_FRAMES; i++) {
                lines.add("\tat " + frames[i]);
            }
            if (frames.length > MOST_FRAMES) {
                lines.add("\t... " + (frames.length - MOST_FRAMES) + " more");
            }
            for (Throwable beside : one.getSuppressed().length <= MOST_CAUSES ? one.getSuppressed()
                    : new Throwable[0]) {
                lines.add("\tSuppressed: " + of(beside.toString()));
            }
            prefix = "Caused by: ";
        }
        return lines;
    }
}

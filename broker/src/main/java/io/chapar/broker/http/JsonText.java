package io.chapar.broker.http;

/// Texts as JSON has them.
public final class JsonText {
    private JsonText() {}

    /// In quotes. What is not seen is escaped, though JSON does not ask for all of that: programs end lines at more
    /// characters than one, and terminals obey some.
    public static String quoted(String text) {
        StringBuilder out = new StringBuilder("\"");
        text.codePoints().forEach(c -> {
            if (c == '"' || c == '\\') {
                out.append('\\').append((char) c);
            } else if (isSeen(c)) {
                out.appendCodePoint(c);
            } else {
                Character.toString(c).chars().forEach(half -> out.append(String.format("\\u%04x", half)));
            }
        });
        return out.append('"').toString();
    }

    private static boolean isSeen(int c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL, Character.FORMAT, Character.SURROGATE, Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR -> false;
            default -> true;
        };
    }
}

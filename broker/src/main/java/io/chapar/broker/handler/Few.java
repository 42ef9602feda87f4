package io.chapar.broker.handler;

import java.util.List;
import java.util.function.Function;

/// The first few of many things in words, and how many more there are.
final class Few {
    private static final int MOST = 8;
    private static final int MOST_CHARS = 300;
    private static final int MOST_CHARS_EACH = 120;

    private Few() {}

    static <T> String of(List<T> things, Function<T, String> text) {
        StringBuilder few = new StringBuilder();
        int shown = 0;
        while (shown < Math.min(MOST, things.size()) && few.length() < MOST_CHARS) {
            String one = text.apply(things.get(shown));
            few.append(shown == 0 ? "" : ", ").append(cut(one));
            shown++;
        }
        return shown == things.size() ? few.toString()
                : few.append(" and ").append(things.size() - shown).append(" more").toString();
    }

    private static String cut(String text) {
        return text.length() <= MOST_CHARS_EACH ? text : text.substring(0, MOST_CHARS_EACH) + "...";
    }
}

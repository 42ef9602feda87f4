package io.chapar.broker.metadata;

import java.util.Collection;

/// Which names a topic may have: 1 to 249 of `[a-zA-Z0-9._-]`, neither `.` nor `..`.
public final class TopicNames {
    /// A folder is named `topic-partition.uuid-delete`; this leaves room for it in 255 bytes, as in Kafka.
    public static final int MAX_LENGTH = 249;

    private TopicNames() {}

    /// What is wrong with the name, as a sentence; null when it is fine.
    public static String problem(String name) {
        if (name == null || name.isEmpty()) {
            return "The topic name is empty.";
        }
        if (name.equals(".") || name.equals("..")) {
            return "A topic may not be named '" + name + "'.";
        }
        if (name.length() > MAX_LENGTH) {
            return "The topic name has " + name.length() + " characters; " + MAX_LENGTH + " are allowed.";
        }
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            boolean ok = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')
                    || c == '.' || c == '_' || c == '-';
            if (!ok) {
                return "The topic name has a character other than letters, digits, '.', '_' and '-' at position " + i
                        + ".";
            }
        }
        return null;
    }

    /// An existing name that differs from this one in `.` against `_` alone, or null. Metric names cannot tell such a
    /// pair apart, so Kafka refuses the second.
    public static String collision(String name, Collection<String> existing) {
        if (name.indexOf('.') < 0 && name.indexOf('_') < 0) {
            return null;
        }
        String folded = name.replace('.', '_');
        for (String other : existing) {
            if (other.length() == name.length() && !other.equals(name) && other.replace('.', '_').equals(folded)) {
                return other;
            }
        }
        return null;
    }
}

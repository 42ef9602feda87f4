package io.chapar.broker.metadata;

import org.jspecify.annotations.Nullable;

import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/// Which names a topic may have: 1 to 249 of `[a-zA-Z0-9._-]`, neither `.` nor `..`, and none that are taken.
public final class TopicNames {
    /// A folder is named `topic-partition.uuid-delete`; this leaves room for it in 255 bytes, as in Kafka.
    public static final int MAX_LENGTH = 249;

    /// Of the topic in which a controller of Kafka's keeps its metadata. Kafka has nobody create it, and neither do we:
    /// its folder would be taken for that.
    static final String KAFKAS_METADATA = "__cluster_metadata";

    private final Set<String> taken;
    private final Set<String> added = new LinkedHashSet<>();
    /// With `_` for every `.`; null until somebody asks.
    private @Nullable Map<String, String> folded;

    TopicNames(Set<String> taken) {
        this.taken = taken;
    }

    /// What is wrong with the name, as a sentence; null when it is fine.
    public static @Nullable String problem(@Nullable String name) {
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

    boolean contains(String name) {
        return taken.contains(name) || added.contains(name);
    }

    void add(String name) {
        added.add(name);
        if (folded != null) {
            folded.putIfAbsent(fold(name), name);
        }
    }

    /// A name among these that differs from this one in `.` against `_` alone, or null. Metric names cannot tell such a
    /// pair apart, so Kafka refuses the second.
    @Nullable String collision(String name) {
        if (name.indexOf('.') < 0 && name.indexOf('_') < 0) {
            return null;
        }
        Map<String, String> names = folded;
        if (names == null) {
            Map<String, String> fresh = new LinkedHashMap<>();
            taken.forEach(known -> fresh.put(fold(known), known));
            added.forEach(known -> fresh.put(fold(known), known));
            names = fresh;
            folded = fresh;
        }
        String other = names.get(fold(name));
        return name.equals(other) ? null : other;
    }

    private static String fold(String name) {
        return name.replace('.', '_');
    }
}

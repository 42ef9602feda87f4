package io.chapar.broker.group.consumer;

import org.jspecify.annotations.Nullable;

import java.util.Collections;
import java.util.SortedSet;
import java.util.TreeSet;

/// What a member wants to read: topics by name, and those whose name matches.
///
/// @param regex null for none; never empty
public record Subscription(SortedSet<String> names, @Nullable String regex) {
    public static final Subscription NOTHING = new Subscription(Collections.emptySortedSet(), null);

    public Subscription {
        names = Collections.unmodifiableSortedSet(new TreeSet<>(names));
        regex = regex == null || regex.isEmpty() ? null : regex;
    }
}

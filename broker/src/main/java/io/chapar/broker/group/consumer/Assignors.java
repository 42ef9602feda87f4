package io.chapar.broker.group.consumer;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;

/// The assignors that members may choose among.
///
/// @param names the first is taken where members have no preference
public record Assignors(List<String> names) {
    public Assignors {
        names = List.copyOf(names);
        if (names.isEmpty() || !known().containsAll(names)) {
            throw new IllegalArgumentException(names + " are not assignors");
        }
    }

    /// All that there are, the usual one first.
    public static List<String> known() {
        List<String> all = new ArrayList<>();
        for (Assignor one : Assignor.values()) {
            all.add(one.kafkaName());
        }
        return all;
    }

    public boolean offers(String name) {
        return names.contains(name);
    }

    /// The one of the group, by name.
    public String chosen(ConsumerGroup group) {
        String preferred = group.preferredAssignor();
        return preferred == null || !offers(preferred) ? names.getFirst() : preferred;
    }

    Assignor of(ConsumerGroup group) {
        String name = chosen(group);
        @Nullable Assignor found = null;
        for (Assignor one : Assignor.values()) {
            if (one.kafkaName().equals(name)) {
                found = one;
            }
        }
        if (found == null) {
            throw new IllegalStateException(name + " is no assignor");
        }
        return found;
    }
}

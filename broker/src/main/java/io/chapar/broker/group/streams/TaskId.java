package io.chapar.broker.group.streams;

import java.util.Comparator;

/// One partition's worth of a subtopology.
public record TaskId(String subtopology, int partition) implements Comparable<TaskId> {
    private static final Comparator<TaskId> ORDER =
            Comparator.comparing(TaskId::subtopology).thenComparingInt(TaskId::partition);

    @Override
    public int compareTo(TaskId other) {
        return ORDER.compare(this, other);
    }

    @Override
    public String toString() {
        return subtopology + "_" + partition;
    }
}

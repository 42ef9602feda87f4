package io.chapar.broker.group.streams;

import org.junit.jupiter.api.Test;

import java.util.Collections;
import java.util.TreeMap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

class StreamsSizesTest {
    private static TaskProgress progress(String subtopology) {
        TreeMap<TaskId, Long> offsets = new TreeMap<>();
        offsets.put(new TaskId(subtopology, 0), 7L);
        return new TaskProgress(offsets, Collections.emptySortedMap());
    }

    /// How far tasks are stays with the coordinator, whatever they are called.
    @Test
    void longNamesOfTasksCount() {
        String name = "s".repeat(30_000);
        assertEquals(60, StreamsSizes.of(progress("0")));
        assertTrue(StreamsSizes.of(progress(name)) > name.length());
        assertTrue(StreamsSizes.said(new Tasks.Builder().standby(new TaskId(name, 0)).build()) > name.length());
    }
}

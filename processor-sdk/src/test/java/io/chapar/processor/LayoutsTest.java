package io.chapar.processor;

import io.chapar.client.UsageException;
import io.chapar.client.serde.Serdes;
import org.junit.jupiter.api.Test;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class LayoutsTest {
    private static final String COUNTS = "the latest value of each key, format 2";

    private static SortedMap<String, Layout> of(Topology topology) {
        return Stages.of(topology, new InternalNames("app")).layouts();
    }

    private static Layouts counting() {
        return new Layouts(of(Topology.from("in", Serdes.string(), Serdes.string()).groupByKey(Serdes.string())
                .count("n").forEach(record -> { })), new InternalNames("app"));
    }

    private static SortedSet<String> used(String... steps) {
        return new TreeSet<>(List.of(steps));
    }

    @Test
    void whatIsNewIsRecordedAndWhatIsTheSameIsNot() {
        assertEquals(Map.of("n", COUNTS), counting().missing(Map.of(), used()));
        assertEquals(Map.of(), counting().missing(Map.of("n", COUNTS), used("n")));
        assertEquals(Map.of(), counting().missing(Map.of("n", COUNTS, "gone", "anything"), used()));
    }

    @Test
    void otherRowsAreRefusedByName() {
        String text = assertThrows(UsageException.class, () -> counting().missing(
                new TreeMap<>(Map.of("n", "the latest value of each key, format 1")), used("n"))).getMessage();
        assertTrue(text.contains("app-n-changelog holds the latest value of each key, format 1; step 'n' has "
                + COUNTS), text);
        assertThrows(UsageException.class, () -> counting().missing(Map.of("n", "sessions, format 1"), used()));
    }

    @Test
    void rowsOfWhichNothingIsRecordedAreRefused() {
        String text = assertThrows(UsageException.class, () -> counting().missing(Map.of(), used("n"))).getMessage();
        assertTrue(text.contains("app-n-changelog was written by an earlier version"), text);
    }

    @Test
    void whatRowsMeanIsPartOfTheLayout() {
        KeyedStream<String, String> keyed = Topology.from("in", Serdes.string(), Serdes.string())
                .groupByKey(Serdes.string());
        Duration second = Duration.ofSeconds(1);
        TreeMap<String, String> texts = new TreeMap<>();
        of(keyed.windowedBy(TimeWindows.hopping(Duration.ofSeconds(2), second)).count("hopping")
                .forEach(record -> { })
                .and(keyed.windowedBy(SlidingWindows.within(second)).count("sliding").forEach(record -> { }))
                .and(keyed.windowedBy(SessionWindows.withGap(second)).count("sessions").forEach(record -> { }))
                .and(keyed.process("process", KeyProcess.<String, String, String>of((record, context) -> { }))
                        .forEach(record -> { }))
                .and(keyed.join("join", keyed, JoinWindows.within(second), Serdes.string(), Serdes.string(),
                        (left, right) -> left).forEach(record -> { })))
                .forEach((step, layout) -> texts.put(step, layout.toString()));
        assertEquals(Map.of("hopping", "windows of 2000 ms every 1000 ms, format 1",
                "sliding", "sliding windows of 1000 ms, format 1", "sessions", "sessions, format 1",
                "process", "state and timers of functions, format 1",
                "join", "the records of a join of two streams, format 1"), texts);
    }
}

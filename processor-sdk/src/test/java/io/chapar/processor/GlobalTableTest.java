package io.chapar.processor;

import io.chapar.client.UsageException;
import io.chapar.client.serde.Serde;
import io.chapar.client.serde.Serdes;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.List;
import java.util.Set;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class GlobalTableTest {
    private static final Serde<String> TEXT = Serdes.string();
    private static final GlobalTable<String, String> CARDS = Topology.globalTable("cards", TEXT, TEXT);

    private static Stream<String, String> joined() {
        return Topology.from("in", TEXT, TEXT).join(CARDS, StreamRecord::value, (value, card) -> value + "=" + card);
    }

    private static Topology stateful() {
        return joined().groupByKey(TEXT).reduce("all", TEXT, (all, one) -> all + " " + one).to("out", TEXT, TEXT);
    }

    private static List<String> values(TestDriver driver) {
        return driver.read("out", TEXT, TEXT).stream().map(StreamRecord::value).toList();
    }

    /// Each record keeps what it met, whatever the table has later, and though it is recomputed.
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 14, 16, 20, 25, 30})
    void whatARecordMetIsKeptThroughCrashes(int calls) {
        try (TestDriver driver = TestDriver.of(stateful(), TestDriver.Settings.of(Delivery.EXACTLY_ONCE)
                .withInstances(2, 3))) {
            driver.pipe("cards", TEXT, TEXT, "a", "1").pipe("in", TEXT, TEXT, "k", "a").run();
            driver.pipe("cards", TEXT, TEXT, "a", "2").pipe("in", TEXT, TEXT, "k", "a")
                    .crashAfter(calls).loseCommitAnswer(true).run();
            driver.pipe("cards", TEXT, TEXT, "a", null).pipe("in", TEXT, TEXT, "k", "a").run();
            driver.pipe("cards", TEXT, TEXT, "a", "3").pipe("cards", TEXT, TEXT, null, "4")
                    .pipe("in", TEXT, TEXT, "k", "a").rebalance().run();
            driver.assertExactlyOnce();
            assertEquals(List.of("a=1", "a=1 a=2", "a=1 a=2 a=3"), values(driver));
            assertEquals(1, driver.crashes());
        }
    }

    /// The application itself may write what it looks into: what is committed counts.
    @Test
    void aTableThatTheTopologyWritesIsReadWhenItIsCommitted() {
        Topology topology = Topology.of(joined().to("out", TEXT, TEXT),
                Topology.from("news", TEXT, TEXT).to("cards", TEXT, TEXT));
        try (TestDriver driver = TestDriver.of(topology, Delivery.EXACTLY_ONCE)) {
            driver.pipe("news", TEXT, TEXT, "a", "1").fence().run();
            driver.pipe("in", TEXT, TEXT, "k", "a").run().assertExactlyOnce();
            assertEquals(List.of("a=1"), values(driver));
        }
    }

    @Test
    void itsTopicIsReadAndNoInputOfAStage() {
        assertEquals(Set.of("in", "cards"), stateful().inputTopics());
        String described = stateful().describe("shop").toString();
        assertTrue(described.contains("stage 1: cards (all of it), in ->"), described);
        assertTrue(Plan.of(stateful(), "shop").stages().keysAreIndependent("in"), "parallel as without");
        assertThrows(UsageException.class, () -> Topology.globalTable(" ", TEXT, TEXT));
    }

    @Test
    void aValueThatCannotBeReadIsAFailureOfTheRecordThatMeetsIt() {
        Topology topology = Topology.from("in", TEXT, TEXT).join(Topology.globalTable("cards", TEXT, Serdes.int64()),
                StreamRecord::value, (value, card) -> value + "=" + card).to("out", TEXT, TEXT);
        try (TestDriver driver = TestDriver.of(topology, TestDriver.Settings.of(Delivery.EXACTLY_ONCE)
                .withOnError(ErrorPolicy.deadLetter("failed", 0)))) {
            driver.pipe("cards", TEXT, TEXT, "bad", "x").pipe("cards", TEXT, Serdes.int64(), "good", 5L)
                    .pipe("in", TEXT, TEXT, "k", "bad").pipe("in", TEXT, TEXT, "k", "good").run().assertExactlyOnce();
            assertEquals(List.of("good=5"), values(driver));
            assertEquals(1, driver.read("failed", TEXT, TEXT).size());
        }
    }

    @Test
    void whatMeetsNothingForWantOfAKeyOrAValueIsCounted() {
        Topology topology = Topology.of(joined().to("out", TEXT, TEXT), Topology.from("in", TEXT, TEXT)
                .leftJoin(CARDS, StreamRecord::key, (value, card) -> value + "=" + card).to("left", TEXT, TEXT));
        try (TestDriver driver = TestDriver.of(topology, Delivery.EXACTLY_ONCE)) {
            driver.pipe("in", TEXT, TEXT, null, "a").pipe("in", TEXT, TEXT, "k", null).run().assertExactlyOnce();
            assertEquals(1, driver.status().passedOver());
            assertEquals(List.of("a=null"), driver.read("left", TEXT, TEXT).stream().map(StreamRecord::value).toList());
        }
        Topology none = Topology.from("in", TEXT, TEXT).join(CARDS, record -> null, (value, card) -> card)
                .to("out", TEXT, TEXT);
        try (TestDriver driver = TestDriver.of(none, Delivery.EXACTLY_ONCE)) {
            driver.pipe("in", TEXT, TEXT, "k", "a").run();
            assertEquals(1, driver.status().passedOver());
        }
    }

    @Test
    void memoryIsBounded() {
        GlobalMemory rows = new GlobalMemory(Set.of("cards"), 500);
        byte[] key = {1};
        rows.put("cards", key, new byte[100]);
        rows.put("cards", key, new byte[200]);
        assertEquals(329, rows.usedBytes());
        StateFullException full = assertThrows(StateFullException.class, () ->
                rows.put("cards", new byte[] {2}, new byte[200]));
        assertTrue(full.getMessage().contains("maxStateBytes"), full.getMessage());
        assertEquals(329, rows.usedBytes());
        assertArrayEquals(new byte[200], rows.get("cards", new byte[] {1}));
        rows.put("cards", key, null);
        rows.put("cards", new byte[] {3}, null);
        assertEquals(0, rows.usedBytes());
        assertNull(rows.get("cards", key));
    }
}

package io.chapar.processor;

import io.chapar.client.OffsetAndMetadata;
import io.chapar.client.RetriableException;
import io.chapar.client.consumer.ConsumerRecord;
import io.chapar.client.consumer.Standbys;
import io.chapar.client.consumer.StateReport;
import io.chapar.client.serde.Serdes;
import io.chapar.protocol.TopicPartition;
import org.junit.jupiter.api.Test;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class StandbyCopiesTest {
    private static final TopicPartition STAGE = new TopicPartition("in", 0);
    private static final TopicPartition CHANGELOG = new TopicPartition("app-counts-changelog", 0);
    private static final Standing.Log LOG = new Standing.Log(new UUID(1, 2), 0, 5);
    private static final int EPOCH = 4;
    private static final byte[] KEY = "k".getBytes(StandardCharsets.UTF_8);

    private final StateBudget budget = new StateBudget(4_000);
    private final StandbyCopies copies = new StandbyCopies(
            ProcessorConfig.builder("localhost:9092", "app").standbys(2).build(),
            new States(Stages.of(Topology.from("in", Serdes.string(), Serdes.string()).groupByKey(Serdes.string())
                    .count("counts").to("out", Serdes.string(), Serdes.int64()), new InternalNames("app")), budget),
            "app-here-0");

    private static ConsumerRecord<byte[], byte[]> entry(int offset, byte[] value) {
        return new ConsumerRecord<>(CHANGELOG.topic(), 0, offset, 0, null, KEY, value, List.of(), 0);
    }

    private static OffsetAndMetadata behind(long offset) {
        return new OffsetAndMetadata(offset, EPOCH, "");
    }

    private void keep(Set<TopicPartition> kept, Set<TopicPartition> warming) {
        copies.assign(new Standbys(new TreeSet<>(kept), new TreeSet<>(warming)));
    }

    private StandbyCopy placed() {
        StandbyCopy copy = copies.current().get(CHANGELOG);
        copy.place(LOG, 0);
        return copy;
    }

    @Test
    void aTaskGoesOnFromItsCopyAndNothingMoreComesIntoThat() {
        keep(Set.of(STAGE), Set.of());
        StandbyCopy copy = placed();
        assertTrue(copy.take(List.of(entry(2, new byte[] {1})), behind(3), 7));
        CommittedRows rows = copies.rows("counts", 0);
        assertArrayEquals(new byte[] {1}, rows.get(KEY));
        assertEquals(new Standing(LOG.topic(), 3, EPOCH, 0), rows.standing());
        assertTrue(copy.take(List.of(entry(3, new byte[] {2})), behind(4), 8));
        assertArrayEquals(new byte[] {1}, rows.get(KEY));
        assertEquals(3, rows.standing().offset());
        assertTrue(copies.current().isEmpty());
        assertEquals(0, copies.count());
        assertNull(copies.rows("counts", 0).standing(), "it is handed over once");
    }

    @Test
    void whatIsNotWantedAnyMoreIsGone() {
        keep(Set.of(STAGE), Set.of());
        StandbyCopy copy = placed();
        assertTrue(copy.take(List.of(entry(2, new byte[] {1})), behind(3), 7));
        assertTrue(budget.usedBytes() > 0);
        keep(Set.of(), Set.of());
        assertTrue(copies.current().isEmpty());
        assertEquals(0, budget.usedBytes());
        copy.place(LOG, 0);
        assertTrue(copy.take(List.of(entry(3, new byte[] {1})), behind(4), 7));
        assertEquals(0, budget.usedBytes());
    }

    /// Stages of which this member knows no state, as another topology has them, are not copied.
    @Test
    void whatIsNotKnownHereIsNotKept() {
        keep(Set.of(new TopicPartition("elsewhere", 3)), Set.of(new TopicPartition("elsewhere", 4)));
        assertTrue(copies.current().isEmpty());
        assertEquals(Set.of("in"), copies.report().degrees().keySet());
    }

    @Test
    void theLeaderIsToldHowFarCopiesAre() {
        keep(Set.of(STAGE), Set.of());
        assertTrue(copies.report().degrees().get("in").isEmpty());
        StandbyCopy copy = placed();
        assertEquals(63, copies.report().degrees().get("in").get(0));
        copy.measure(1_000_000, 0);
        assertEquals(StateReport.degree(1_000_000), copies.report().degrees().get("in").get(0));
        copy.measure(5, 0);
        assertEquals(0, copies.report().degrees().get("in").get(0));
        assertEquals(2, copies.report().standbys());
    }

    /// Asked for again and again, the group would rebalance without end.
    @Test
    void aMoveIsAskedForOnce() {
        keep(Set.of(), Set.of(STAGE));
        assertFalse(copies.isMoveDue(0));
        StandbyCopy copy = placed();
        copy.measure(1_000_000, 0);
        assertFalse(copies.isMoveDue(1));
        copy.measure(5, 0);
        assertTrue(copies.isMoveDue(2));
        assertFalse(copies.isMoveDue(3));
        keep(Set.of(), Set.of(STAGE));
        assertFalse(copies.isMoveDue(4));
        assertTrue(copies.isMoveDue(2 + StandbyCopies.PROBE_MS));
    }

    /// What one member works on itself comes first.
    @Test
    void aCopyForWhichThereIsNoRoomIsGivenUp() {
        keep(Set.of(STAGE), Set.of());
        StandbyCopy copy = placed();
        assertFalse(copy.take(List.of(entry(2, new byte[3_100])), behind(3), 7));
        copies.giveUp(CHANGELOG);
        assertTrue(copies.current().isEmpty());
        assertEquals(0, copies.count());
        assertEquals(0, budget.usedBytes());
        assertTrue(copies.report().degrees().get("in").isEmpty());
    }

    /// However long its reader is held up: another thread of the process may wait for its folder.
    @Test
    void whatIsNotWantedAnyMoreIsLetGoOfAtOnce() {
        keep(Set.of(STAGE), Set.of());
        assertTrue(placed().take(List.of(entry(2, new byte[] {1})), behind(3), 7));
        keep(Set.of(), Set.of());
        assertEquals(0, budget.usedBytes());
    }

    /// Otherwise an application would end for want of room that copies have.
    @Test
    void aCopyMakesRoomForWhatIsWorkedOnHere() {
        keep(Set.of(STAGE), Set.of());
        assertTrue(placed().take(List.of(entry(2, new byte[2_000])), behind(3), 7));
        copies.makeRoom();
        assertEquals(1, copies.count());
        budget.take(1_500);
        copies.makeRoom();
        assertEquals(0, copies.count());
        assertEquals(1_500, budget.usedBytes());
    }

    /// A log that was cut may be as long as before by the time that somebody looks.
    @Test
    void aCopyOfALogThatWasCutBeginsAnew() {
        keep(Set.of(STAGE), Set.of());
        StandbyCopy copy = placed();
        assertTrue(copy.take(List.of(entry(2, new byte[] {1})), behind(3), 7));
        copies.doubt();
        copy.displace();
        copy.place(LOG, 8);
        assertEquals(0, copy.position().offset());
        assertNull(copies.rows("counts", 0).get(KEY));
    }

    /// Entries that removed keys are not in the log for ever.
    @Test
    void aCopyThatStoodStillForTooLongBeginsAnew() {
        keep(Set.of(STAGE), Set.of());
        StandbyCopy copy = placed();
        assertTrue(copy.take(List.of(entry(2, new byte[] {1})), behind(3), 7));
        long late = 8 + Standing.MAX_AGE_MS;
        assertThrows(RetriableException.class, () -> copy.take(List.of(entry(5, new byte[] {2})), behind(6), late));
        copy.displace();
        copy.place(LOG, late);
        assertEquals(0, copy.position().offset());
        assertTrue(copy.take(List.of(entry(5, new byte[] {2})), behind(6), late));
    }

    /// However much of it was read just before: what removed a key that was read at first may be gone before it is
    /// come to.
    @Test
    void aCopyThatIsBehindForTooLongBeginsAnew() {
        keep(Set.of(STAGE), Set.of());
        StandbyCopy copy = placed();
        assertTrue(copy.take(List.of(entry(0, new byte[] {1})), behind(1), 7));
        assertTrue(copy.take(List.of(entry(1, new byte[] {1})), behind(2), Standing.MAX_AGE_MS - 1));
        assertThrows(RetriableException.class, () -> copy.take(List.of(entry(4, new byte[] {1})), behind(5),
                Standing.MAX_AGE_MS + 1));
    }

    /// It is never where the log ends, and always where it ended a moment ago.
    @Test
    void aCopyOfALogThatNeverRestsIsAsGoodAsNew() {
        keep(Set.of(STAGE), Set.of());
        StandbyCopy copy = placed();
        for (int hour = 1; hour < 40; hour++) {
            long nowMs = hour * Standing.MAX_AGE_MS / 12;
            assertTrue(copy.take(List.of(entry(hour * 10, new byte[] {1})), behind(hour * 10 + 1), nowMs));
            copy.measure(hour * 10 + 5, nowMs);
        }
        copy.displace();
        copy.place(new Standing.Log(LOG.topic(), 0, 500), 40 * Standing.MAX_AGE_MS / 12);
        assertEquals(391, copy.position().offset());
    }

    /// Nothing was written meanwhile, so nothing is missing, and it does not count as old from then on.
    @Test
    void aCopyThatHasEverythingIsAsGoodAsNew() {
        keep(Set.of(STAGE), Set.of());
        StandbyCopy copy = placed();
        assertTrue(copy.take(List.of(entry(2, new byte[] {1})), behind(5), 7));
        long late = 8 + Standing.MAX_AGE_MS;
        copy.displace();
        copy.place(LOG, late);
        assertEquals(5, copy.position().offset());
        assertTrue(copy.take(List.of(entry(9, new byte[] {2})), behind(10), late + 1));
    }
}

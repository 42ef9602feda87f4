package io.chapar.processor;

import io.chapar.client.OffsetAndMetadata;
import io.chapar.client.serde.Serdes;
import io.chapar.protocol.TopicPartition;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Records that are worked on at the same time and finish in another order than they were read in.
class TicketProperties {
    private static final TopicPartition IN = new TopicPartition("in", 0);
    private static final int INPUTS = 20;

    private static SourceRecord record(long offset, int key) {
        return new SourceRecord(IN, offset, 1, 0, Serdes.int32().serialize("in", key), new byte[1], List.of());
    }

    @Property(tries = 300)
    void thePositionIsTheLowestUnfinishedRecord(@ForAll @IntRange(min = 1, max = 4) int keys, @ForAll int[] choices) {
        Task task = new Task(new PerKey(), false, false, States.none().of(new TopicPartition("in", 0)));
        for (int offset = 0; offset < INPUTS; offset++) {
            task.read(record(offset, offset % keys));
        }
        task.readTo(new OffsetAndMetadata(INPUTS + 5));
        boolean[] finished = new boolean[INPUTS];
        List<Ticket> underWay = new ArrayList<>();
        for (int step = 0; step < 2 * INPUTS; step++) {
            int choice = Math.floorMod(choices.length == 0 ? 0 : choices[step % choices.length], 7);
            Ticket started = choice < 4 || underWay.isEmpty() ? task.start(false) : null;
            if (started != null) {
                underWay.add(started);
            } else if (!underWay.isEmpty()) {
                Ticket done = underWay.remove(choice % underWay.size());
                task.finish(done);
                finished[(int) done.record().offset()] = true;
            }
            int lowest = 0;
            while (lowest < INPUTS && finished[lowest]) {
                lowest++;
            }
            if (lowest == 0) {
                assertNull(task.position());
            } else {
                assertEquals(lowest == INPUTS ? INPUTS + 5 : lowest, task.position().offset());
            }
        }
    }

    private static Cycle processing(RecordSource.Polled polled) {
        Cycle cycle = new Cycle(new CycleSettings(Delivery.EXACTLY_ONCE, 100, 1_000, 1_000_000, 1_000, false,
                PerKey.atOnce(8)));
        cycle.next(0);
        cycle.opened();
        cycle.next(0);
        cycle.assigned(Set.of(IN));
        cycle.polled(polled);
        cycle.next(0);
        cycle.begun(0);
        return cycle;
    }

    private static Ticket started(Cycle cycle, long nowMs) {
        return ((CycleStep.Handle) cycle.next(nowMs)).ticket();
    }

    /// Offsets 0, 1 and 3 are of one key, 2 and 4 of others.
    private static RecordSource.Polled fiveRecords() {
        return new RecordSource.Polled(List.of(record(0, 1), record(1, 1), record(2, 2), record(3, 1), record(4, 3)),
                Map.of(IN, new OffsetAndMetadata(5)));
    }

    /// A transaction holds the outputs of what has overtaken others; these are done before it may end, and no more.
    @Example
    void aCommitWaitsForWhatWasOvertaken() {
        Cycle cycle = processing(fiveRecords());
        Ticket first = started(cycle, 0);
        Ticket third = started(cycle, 0);
        assertEquals(2, third.record().offset());
        cycle.processed(third, 1, false);
        assertEquals(new CycleStep.Handle(started(cycle, 0)).record().offset(), 4);
        assertInstanceOf(CycleStep.Await.class, cycle.next(200));
        cycle.processed(first, 1, false);
        Ticket second = started(cycle, 200);
        assertEquals(1, second.record().offset());
        cycle.processed(second, 1, false);
        Ticket fourth = started(cycle, 200);
        assertEquals(3, fourth.record().offset());
        assertInstanceOf(CycleStep.Await.class, cycle.next(200));
    }

    @Example
    void whatWasNotOvertakenWaitsForTheNextTransaction() {
        Cycle cycle = processing(fiveRecords());
        Ticket first = started(cycle, 0);
        Ticket third = started(cycle, 0);
        cycle.processed(first, 1, false);
        cycle.processed(third, 1, false);
        Ticket second = started(cycle, 200);
        assertEquals(1, second.record().offset());
        cycle.processed(second, 1, false);
        assertInstanceOf(CycleStep.Flush.class, cycle.next(200));
        cycle.flushed();
        assertEquals(Map.of(IN, new OffsetAndMetadata(3, 1, "")),
                ((CycleStep.CommitTransaction) cycle.next(200)).positions());
        cycle.committed(200);
        assertInstanceOf(CycleStep.Begin.class, cycle.next(200));
        cycle.begun(200);
        assertEquals(3, started(cycle, 200).record().offset());
    }

    @Example
    void whatComesOfATicketThatWasCalledInIsThrownAway() {
        Cycle cycle = processing(fiveRecords());
        Ticket first = started(cycle, 0);
        assertTrue(cycle.accepts(first));
        cycle.lost(Set.of(IN));
        assertFalse(cycle.accepts(first));
        assertInstanceOf(CycleStep.Abort.class, cycle.next(10));
    }

    @Provide
    Arbitrary<Map<Integer, Fault>> faults() {
        Set<Fault> all = EnumSet.complementOf(EnumSet.of(Fault.NONE));
        return Arbitraries.maps(Arbitraries.integers().between(1, 120), Arbitraries.of(all)).ofMaxSize(8);
    }

    /// Whole applications whose records take their time, four of different keys at once, under every fault.
    @Property(tries = 300)
    void exactlyOnceHoldsInAnyOrderOfFinishing(@ForAll("faults") Map<Integer, Fault> faults,
            @ForAll @IntRange(min = 1, max = 2) int instances, @ForAll @IntRange(min = 1, max = 9) int commitRecords,
            @ForAll @IntRange(min = 0, max = 40) int spreadMs) {
        int[] calls = new int[1];
        Map<Integer, Fault> script = new TreeMap<>(faults);
        Topology topology = Topology.from("in", Serdes.int32(), Serdes.int32()).mapValues(value -> value * 10)
                .to("out", Serdes.int32(), Serdes.int32());
        Pace pace = new Pace(PerKey.atOnce(4),
                record -> spreadMs == 0 ? 0 : record.offset() * 17 % spreadMs);
        try (TestDriver driver = TestDriver.of(topology, TestDriver.Settings.of(Delivery.EXACTLY_ONCE)
                .withInstances(instances, 2).withCommitRecords(6, commitRecords), (call, instance) -> {
                    Fault fault = script.remove(++calls[0]);
                    return fault == null ? Fault.NONE : fault;
                }, pace)) {
            for (int number = 0; number < INPUTS; number++) {
                driver.pipe("in", Serdes.int32(), Serdes.int32(), number % 5, number);
            }
            driver.run();
            driver.assertExactlyOnce();
            Map<Integer, Integer> last = new TreeMap<>();
            for (StreamRecord<Integer, Integer> output : driver.read("out", Serdes.int32(), Serdes.int32())) {
                Integer before = last.put(output.key(), output.value());
                assertTrue(before == null || before < output.value(), "order of key " + output.key());
            }
        }
    }
}

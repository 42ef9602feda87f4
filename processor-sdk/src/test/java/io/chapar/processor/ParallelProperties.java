package io.chapar.processor;

import io.chapar.client.FatalException;
import io.chapar.client.OffsetAndMetadata;
import io.chapar.client.serde.Serdes;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Records of different keys at the same time, of which some are committed before others that came earlier.
class ParallelProperties {
    private static final TopicPartition IN = new TopicPartition("in", 0);
    private static final int INPUTS = 30;
    private static final int KEYS = 5;

    private static SourceRecord record(long offset, int key) {
        return new SourceRecord(IN, offset, 1, 0, Serdes.int32().serialize("in", key), new byte[1], List.of());
    }

    private static RecordSource.Polled polled(OffsetAndMetadata began, SourceRecord... records) {
        return new RecordSource.Polled(List.of(records),
                Map.of(IN, new OffsetAndMetadata(records[records.length - 1].offset() + 1)),
                began == null ? Map.of() : Map.of(IN, began));
    }

    private static Cycle begun(RecordSource.Polled polled) {
        Cycle cycle = new Cycle(new CycleSettings(Delivery.EXACTLY_ONCE, 100, 1_000, 1_000_000, 10_000, false,
                Schedule.Choice.byKey(8)));
        cycle.next(0);
        cycle.opened();
        cycle.next(0);
        cycle.assigned(Set.of(IN));
        cycle.polled(polled);
        assertInstanceOf(CycleStep.Begin.class, cycle.next(0));
        cycle.begun(0);
        return cycle;
    }

    private static Ticket started(Cycle cycle, long nowMs) {
        return ((CycleStep.Handle) cycle.next(nowMs)).ticket();
    }

    private static OffsetAndMetadata commit(Cycle cycle, long nowMs) {
        assertInstanceOf(CycleStep.Flush.class, cycle.next(nowMs));
        cycle.flushed();
        return ((CycleStep.CommitTransaction) cycle.next(nowMs)).positions().get(IN);
    }

    /// The position stays before the slow record, what is finished above it is committed, and whoever goes on there
    /// passes it over.
    @Example
    void oneSlowRecordHoldsNoOtherUp() {
        Cycle cycle = begun(polled(null, record(0, 1), record(1, 2), record(2, 1), record(3, 3)));
        Ticket slow = started(cycle, 0);
        Ticket second = started(cycle, 0);
        Ticket fourth = started(cycle, 0);
        assertEquals(List.of(0L, 1L, 3L), List.of(slow.record().offset(), second.record().offset(),
                fourth.record().offset()));
        assertInstanceOf(CycleStep.Poll.class, cycle.next(0));
        cycle.processed(second, 1, false);
        cycle.processed(fourth, 1, false);
        OffsetAndMetadata committed = commit(cycle, 100);
        assertEquals(0, committed.offset());
        cycle.committed(100);
        assertInstanceOf(CycleStep.Poll.class, cycle.next(100), "the third has the key of the slow one");
        assertTrue(cycle.holds(slow));
        assertInstanceOf(CycleStep.Begin.class, cycle.next(150));
        cycle.begun(150);
        assertInstanceOf(CycleStep.Resume.class, cycle.next(150));

        Cycle successor = begun(polled(committed, record(0, 1), record(1, 2), record(2, 1), record(3, 3),
                record(4, 2)));
        assertEquals(0, started(successor, 0).record().offset());
        Ticket fifth = started(successor, 0);
        assertEquals(4, fifth.record().offset());
        successor.processed(fifth, 1, false);
        OffsetAndMetadata next = commit(successor, 100);
        FinishedAbove above = FinishedAbove.read(next.offset(), next.metadata());
        assertEquals("0 false true false true true", next.offset() + " " + above.contains(0) + " " + above.contains(1)
                + " " + above.contains(2) + " " + above.contains(3) + " " + above.contains(4));
    }

    /// What has been read and not finished is bounded, and with it what a position's metadata takes.
    @Example
    void aPartitionWithASlowRecordIsReadOnlySoFar() {
        Task task = new Task(new ByKey(), false, true, States.none().of(IN));
        for (int offset = 0; offset < 2_000; offset++) {
            assertEquals(false, task.isFull());
            task.read(record(offset, offset));
        }
        assertTrue(task.isFull());
        task.start(false);
        for (int offset = 1; offset < 2_000; offset++) {
            task.finish(task.start(false));
        }
        task.read(record(FinishedAbove.SPAN, 5_000));
        assertTrue(task.isFull());
        assertEquals(null, task.start(false));
    }

    private static List<Long> worked(Task task, long from, long to) {
        for (long offset = from; offset < to; offset++) {
            task.read(record(offset, (int) offset));
        }
        task.readTo(new OffsetAndMetadata(to));
        List<Long> worked = new ArrayList<>();
        for (Ticket ticket = task.start(false); ticket != null; ticket = task.start(false)) {
            worked.add(ticket.record().offset());
            task.finish(ticket);
        }
        return worked;
    }

    /// Whatever an application goes on as, and as often as it is started.
    @Property
    void whatIsFinishedAboveThePositionIsPassedOver(@ForAll boolean firstCommits, @ForAll boolean firstInParallel,
            @ForAll boolean thenCommits, @ForAll boolean thenInParallel,
            @ForAll @IntRange(min = 101, max = 155) int end) {
        FinishedAbove above = new FinishedAbove(100);
        for (int offset = 101; offset <= 150; offset++) {
            above.add(offset);
        }
        Task first = new Task(firstInParallel ? new ByKey() : new Schedule.InOrder(), firstCommits, firstInParallel,
                States.none().of(IN));
        first.located(new OffsetAndMetadata(100, 1, above.metadata()));
        List<Long> worked = worked(first, 100, end);
        OffsetAndMetadata committed = first.position();
        assertEquals(end, committed.offset());
        Task then = new Task(thenInParallel ? new ByKey() : new Schedule.InOrder(), thenCommits, thenInParallel,
                States.none().of(IN));
        then.began(committed);
        worked.addAll(worked(then, end, 157));
        assertEquals(List.of(100L, 151L, 152L, 153L, 154L, 155L, 156L), worked);
        assertEquals(new OffsetAndMetadata(157), then.position());
    }

    /// What was committed before it was worked on is worked on once more where its output was refused, and what is
    /// finished further on stays so.
    @Example
    void whatIsWorkedOnAgainTakesNothingFromWhatIsFinished() {
        FinishedAbove above = new FinishedAbove(100);
        above.add(105);
        Task task = new Task(new ByKey(), true, true, States.none().of(IN));
        task.located(new OffsetAndMetadata(100, 1, above.metadata()));
        assertEquals(List.of(100L, 101L), worked(task, 100, 102));
        task.committed();
        task.again(new Refusal(record(100, 100), null,
                new FatalException(ErrorCode.MESSAGE_TOO_LARGE, "refused")));
        assertEquals(List.of(100L, 102L, 103L, 104L, 106L), worked(task, 102, 107));
    }

    /// What was finished above the old position is of records that are gone.
    @Example
    void nothingIsPassedOverInATopicThatWasMadeAnew() {
        Task task = new Task(new ByKey(), false, true, States.none().of(IN));
        FinishedAbove above = new FinishedAbove(100);
        above.add(105);
        task.began(new OffsetAndMetadata(100, 1, above.metadata()));
        for (int offset = 0; offset < 110; offset++) {
            task.read(record(offset, offset));
        }
        for (int offset = 0; offset < 110; offset++) {
            Ticket ticket = task.start(false);
            assertEquals(offset, ticket.record().offset());
            task.finish(ticket);
        }
        assertEquals(110, task.position().offset());
    }

    @Provide
    Arbitrary<Map<Integer, Fault>> faults() {
        Set<Fault> all = EnumSet.complementOf(EnumSet.of(Fault.NONE));
        return Arbitraries.maps(Arbitraries.integers().between(1, 250), Arbitraries.of(all)).ofMaxSize(12);
    }

    private static TestDriver driver(Topology topology, TestDriver.Settings settings, Map<Integer, Fault> faults,
            int slowest) {
        int[] calls = new int[1];
        Map<Integer, Fault> script = new TreeMap<>(faults);
        TestDriver driver = TestDriver.of(topology, settings, (call, instance) -> {
            Fault fault = script.remove(++calls[0]);
            return fault == null ? Fault.NONE : fault;
        }, new Pace(Schedule.Choice.byKey(settings.parallel()),
                record -> record.offset() % 7 == 0 ? slowest : record.offset() * 17 % 5));
        for (int number = 0; number < INPUTS; number++) {
            driver.pipe("in", Serdes.int32(), Serdes.int32(), number % KEYS, number);
        }
        return driver;
    }

    private static TestDriver.Settings settings(Delivery delivery, int instances, int maxPoll, int commitRecords) {
        return TestDriver.Settings.of(delivery).withInstances(instances, 2).withParallel(4)
                .withCommitRecords(maxPoll, commitRecords);
    }

    private static Topology copying() {
        return Topology.from("in", Serdes.int32(), Serdes.int32()).mapValues(value -> value * 10)
                .to("out", Serdes.int32(), Serdes.int32());
    }

    private static void assertOrderOfKeys(TestDriver driver) {
        Map<Integer, Integer> last = new TreeMap<>();
        for (StreamRecord<Integer, Integer> output : driver.read("out", Serdes.int32(), Serdes.int32())) {
            Integer before = last.put(output.key(), output.value());
            assertTrue(before == null || before < output.value(), "order of key " + output.key());
        }
    }

    @Property(tries = 400)
    void exactlyOnceHolds(@ForAll("faults") Map<Integer, Fault> faults,
            @ForAll @IntRange(min = 1, max = 2) int instances, @ForAll @IntRange(min = 1, max = 9) int maxPoll,
            @ForAll @IntRange(min = 1, max = 9) int commitRecords, @ForAll @IntRange(max = 400) int slowest) {
        try (TestDriver driver = driver(copying(), settings(Delivery.EXACTLY_ONCE, instances, maxPoll, commitRecords),
                faults, slowest)) {
            driver.run().assertExactlyOnce();
            assertOrderOfKeys(driver);
        }
    }

    /// A stage by key, and one behind it with windows, which goes on one by one.
    @Property(tries = 400)
    void stateIsWhatEachRecordCausedOnce(@ForAll("faults") Map<Integer, Fault> faults,
            @ForAll @IntRange(min = 1, max = 2) int instances, @ForAll @IntRange(min = 1, max = 9) int maxPoll,
            @ForAll @IntRange(min = 1, max = 9) int commitRecords, @ForAll @IntRange(max = 300) int slowest) {
        Topology topology = Topology.from("in", Serdes.int32(), Serdes.int32())
                .groupByKey(Serdes.int32()).reduce("sums", Serdes.int32(), Integer::sum)
                .groupBy(sum -> sum.value() % 3, Serdes.int32(), Serdes.int32())
                .windowedBy(TimeWindows.tumbling(Duration.ofMillis(50))).count("windows")
                .map(count -> count.with(count.key().key(), count.value()))
                .to("out", Serdes.int32(), Serdes.int64());
        try (TestDriver driver = driver(topology, settings(Delivery.EXACTLY_ONCE, instances, maxPoll, commitRecords),
                faults, slowest)) {
            driver.run();
            assertEquals(sums(), latest(driver));
            driver.assertExactlyOnce();
        }
    }

    private static Map<Integer, Integer> sums() {
        Map<Integer, Integer> sums = new TreeMap<>();
        for (int number = 0; number < INPUTS; number++) {
            sums.merge(number % KEYS, number, Integer::sum);
        }
        return sums;
    }

    private static Map<Integer, Integer> latest(TestDriver driver) {
        Map<Integer, Integer> latest = new TreeMap<>();
        driver.read("test-sums-changelog", Serdes.int32(), Serdes.bytes())
                .forEach(entry -> latest.put(entry.key(), ByteBuffer.wrap(entry.value()).getInt(8)));
        return latest;
    }

    @Property(tries = 200)
    void refusedOutputsAndFailuresBecomeDeadLettersOnce(@ForAll("faults") Map<Integer, Fault> faults,
            @ForAll @IntRange(min = 1, max = 2) int instances, @ForAll @IntRange(min = 1, max = 9) int commitRecords,
            @ForAll @IntRange(max = 200) int slowest) {
        Topology topology = Topology.from("in", Serdes.int32(), Serdes.int32()).mapValues(value -> {
            if (value % 11 == 3) {
                throw new IllegalArgumentException("not this one");
            }
            return value * 10;
        }).to("out", Serdes.int32(), Serdes.int32());
        try (TestDriver driver = driver(topology, settings(Delivery.EXACTLY_ONCE, instances, 9, commitRecords)
                .withOnError(ErrorPolicy.deadLetter("dead", 1)), faults, slowest)) {
            driver.refuse(output -> output.topic().equals("out")
                    && Serdes.int32().deserialize("out", output.value()) % 40 == 0 ? ErrorCode.INVALID_RECORD : null);
            driver.run().assertExactlyOnce();
            List<Integer> dead = new ArrayList<>();
            driver.read("dead", Serdes.int32(), Serdes.int32()).forEach(record -> dead.add(record.value()));
            dead.sort(null);
            assertEquals(List.of(0, 3, 4, 8, 12, 14, 16, 20, 24, 25, 28), dead);
        }
    }

    @Property(tries = 200)
    void atLeastOnceLosesNothing(@ForAll("faults") Map<Integer, Fault> faults,
            @ForAll @IntRange(min = 1, max = 2) int instances, @ForAll @IntRange(min = 1, max = 9) int commitRecords,
            @ForAll @IntRange(max = 400) int slowest) {
        try (TestDriver driver = driver(copying(), settings(Delivery.AT_LEAST_ONCE, instances, 9, commitRecords),
                faults, slowest)) {
            assertEquals(0, driver.run().verdict().lost());
        }
    }

    @Property(tries = 200)
    void atMostOnceDoublesNothing(@ForAll("faults") Map<Integer, Fault> faults,
            @ForAll @IntRange(min = 1, max = 2) int instances, @ForAll @IntRange(max = 400) int slowest) {
        try (TestDriver driver = driver(copying(), settings(Delivery.AT_MOST_ONCE, instances, 9, 5), faults,
                slowest)) {
            assertEquals(0, driver.run().verdict().duplicated());
        }
    }

    /// Without faults every mode does everything once, in the order of keys.
    @Property(tries = 40)
    void withoutFaultsEveryModeIsExact(@ForAll Delivery delivery, @ForAll @IntRange(max = 400) int slowest) {
        try (TestDriver driver = driver(copying(), settings(delivery, 2, 9, 5), Map.of(), slowest)) {
            driver.run().assertExactlyOnce();
            assertOrderOfKeys(driver);
        }
    }
}

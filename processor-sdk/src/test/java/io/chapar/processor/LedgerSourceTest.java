package io.chapar.processor;

import io.chapar.client.GroupMetadata;
import io.chapar.client.OffsetAndMetadata;
import io.chapar.client.RetriableException;
import io.chapar.client.serde.Serdes;
import io.chapar.protocol.TopicPartition;
import org.h2.jdbcx.JdbcDataSource;
import org.junit.jupiter.api.Test;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Whose position counts, the database's or the group's, and which rows of partitions that go are still written.
class LedgerSourceTest {
    private static final TopicPartition IN = new TopicPartition("in", 0);
    private static final TopicPartition OTHER = new TopicPartition("in", 1);
    private static final TreeSet<TopicPartition> PARTITIONS = new TreeSet<>(Set.of(IN));
    private static final Stages STAGES = Plan.of(Topology.from("in", Serdes.string(), Serdes.string())
            .toJdbc(new JdbcDataSource(), JdbcStatement.of("INSERT", record -> JdbcStatement.values(record.value()))),
            "test").stages();

    private final TreeMap<TopicPartition, OffsetAndMetadata> table = new TreeMap<>();
    private final TreeMap<TopicPartition, OffsetAndMetadata> group = new TreeMap<>();
    private final List<Integer> written = new ArrayList<>();
    private UUID topicId = new UUID(1, 1);
    private boolean groupIsAway;
    /// Of the present application's consumer; null: where its policy says.
    private Long at;
    private RecordSource.Rebalance rebalance;
    private RecordSource source;
    private RecordSink sink;

    private void start(Delivery delivery) {
        Ledger ledger = proxy(Ledger.class, (proxy, method, with) -> {
            switch (method.getName()) {
                case "claim" -> {
                    TreeMap<TopicPartition, OffsetAndMetadata> found = new TreeMap<>(table);
                    found.keySet().retainAll((SortedSet<?>) with[0]);
                    return CompletableFuture.completedFuture(found);
                }
                case "commit" -> {
                    ((Map<?, ?>) with[1]).forEach((partition, position) ->
                            table.put((TopicPartition) partition, (OffsetAndMetadata) position));
                }
                case "write" -> ((List<?>) with[0]).forEach(entry ->
                        written.add((int) ((Ledger.Entry) entry).input().offset()));
                default -> {
                }
            }
            return method.getReturnType() == void.class ? null : CompletableFuture.completedFuture(null);
        });
        RecordSource consumer = proxy(RecordSource.class, (proxy, method, with) -> {
            switch (method.getName()) {
                case "poll" -> {
                    if (rebalance == null) {
                        rebalance = (RecordSource.Rebalance) with[2];
                        rebalance.assigned(PARTITIONS);
                        at = group.containsKey(IN) ? group.get(IN).offset() : null;
                    }
                    return CompletableFuture.completedFuture(new RecordSource.Polled(List.of(), Map.of()));
                }
                case "committed" -> {
                    return CompletableFuture.completedFuture(new TreeMap<>(Map.of(IN,
                            new RecordSource.Stood(group.get(IN), topicId))));
                }
                case "rewind" -> {
                    at = group.containsKey(IN) ? group.get(IN).offset() : null;
                    return CompletableFuture.completedFuture(new TreeMap<>(group));
                }
                case "seek" -> {
                    OffsetAndMetadata to = (OffsetAndMetadata) ((Map<?, ?>) with[0]).get(IN);
                    at = to == null ? at : Long.valueOf(to.offset());
                }
                case "commit" -> {
                    if (groupIsAway) {
                        return CompletableFuture.failedFuture(new RetriableException("away"));
                    }
                    ((Map<?, ?>) with[0]).forEach((partition, position) ->
                            group.put((TopicPartition) partition, (OffsetAndMetadata) position));
                }
                default -> {
                }
            }
            return method.getReturnType() == void.class ? null : CompletableFuture.completedFuture(null);
        });
        RecordSink topics = proxy(RecordSink.class, (proxy, method, with) ->
                method.getReturnType() == void.class ? null : CompletableFuture.completedFuture(null));
        Ports ports = new Ports(consumer, () -> CompletableFuture.completedFuture(topics), Changelogs.NONE)
                .with(new Ports.Rows(ledger, "one", null), delivery, STAGES);
        rebalance = null;
        source = ports.source();
        sink = ports.sinks().open().join();
    }

    private static <T> T proxy(Class<T> type, InvocationHandler calls) {
        return type.cast(Proxy.newProxyInstance(LedgerSourceTest.class.getClassLoader(), new Class<?>[] {type},
                calls));
    }

    private static final class Listener implements RecordSource.Rebalance {
        @Override
        public void assigned(SortedSet<TopicPartition> partitions) {
        }

        @Override
        public void revoked(SortedSet<TopicPartition> partitions, Runnable done) {
            done.run();
        }

        @Override
        public void lost(SortedSet<TopicPartition> partitions) {
        }

        @Override
        public void warned(ProcessorException what) {
        }
    }

    private void poll() {
        source.poll(0, new TreeSet<>(), new Listener()).join();
    }

    private void startAndPoll() {
        start(Delivery.EXACTLY_ONCE);
        poll();
    }

    private void commit(long offset) {
        sink.begin().join();
        sink.stage(Map.of(IN, new OffsetAndMetadata(offset)), new GroupMetadata("test", 1, "one", null)).join();
        sink.commit().join();
    }

    /// As an application without positions in a database does, or a tool.
    private void commitElsewhere(long offset) {
        group.put(IN, new OffsetAndMetadata(offset));
    }

    @Test
    void whatWasCommittedElsewhereMeanwhileIsGoneOnFrom() {
        startAndPoll();
        commit(1_000);
        commitElsewhere(5_000);
        startAndPoll();
        assertEquals(5_000, at);
        groupIsAway = true;
        commit(5_100);
        startAndPoll();
        assertEquals(5_100, at);
    }

    @Test
    void aMirrorThatLagsCountsForNothing() {
        startAndPoll();
        commit(900);
        groupIsAway = true;
        commit(1_000);
        startAndPoll();
        assertEquals(1_000, at);
        assertEquals(Map.of(IN, new OffsetAndMetadata(1_000)), source.rewind().join());
    }

    @Test
    void aGroupsFirstPositionDoesNotComeBack() {
        commitElsewhere(500);
        startAndPoll();
        assertEquals(500, at);
        groupIsAway = true;
        commit(600);
        startAndPoll();
        assertEquals(600, at);
    }

    /// Else it could not be told later whether it is newer than what the database has by then.
    @Test
    void nothingIsHandedOnBeforeTheGroupsPositionIsMarked() {
        startAndPoll();
        commit(1_000);
        commitElsewhere(5_000);
        groupIsAway = true;
        start(Delivery.EXACTLY_ONCE);
        assertThrows(CompletionException.class, this::poll);
        startAndPollLater();
        assertEquals(5_000, at);
        assertTrue(MirrorMark.isOn(group.get(IN)));
        assertEquals(5_000, table.get(IN).offset());
    }

    private void startAndPollLater() {
        groupIsAway = false;
        startAndPoll();
    }

    @Test
    void aTopicThatWasMadeAnewIsReadFromItsBeginning() {
        startAndPoll();
        commit(5_000);
        group.clear();
        topicId = new UUID(2, 2);
        startAndPoll();
        assertNull(at);
        commit(100);
        groupIsAway = true;
        commit(200);
        startAndPoll();
        assertEquals(200, at);
    }

    @Test
    void positionsOfBeforeThereWereMarksCount() {
        table.put(IN, new OffsetAndMetadata(1_000));
        commitElsewhere(900);
        startAndPoll();
        assertEquals(1_000, at);
        groupIsAway = true;
        commit(1_100);
        startAndPoll();
        assertEquals(1_100, at);
    }

    @Test
    void aMarkLeavesAPositionsOwnMetadata() {
        FinishedAbove finished = new FinishedAbove(7);
        finished.add(9);
        OffsetAndMetadata own = new OffsetAndMetadata(7, 3, finished.metadata());
        OffsetAndMetadata marked = MirrorMark.on(own, topicId);
        assertEquals(own, MirrorMark.without(marked));
        assertEquals(own, MirrorMark.without(MirrorMark.on(marked, new UUID(0, 0))));
        assertTrue(FinishedAbove.read(7, marked.metadata()).contains(9));
        assertFalse(MirrorMark.isOn(own));
    }

    // Rows that wait.

    private void row(TopicPartition partition, int number) {
        sink.rows(new SourceRecord(partition, number, 0, 0, null, null, List.of()), List.of());
    }

    @Test
    void rowsOfALostPartitionAreItsNextHoldersToWrite() {
        start(Delivery.AT_LEAST_ONCE);
        poll();
        rebalance.assigned(new TreeSet<>(Set.of(OTHER)));
        row(IN, 1);
        row(OTHER, 2);
        rebalance.lost(PARTITIONS);
        sink.flush().join();
        assertEquals(List.of(2), written);
    }

    @Test
    void rowsOfWhatIsReadAgainAreNotWrittenTwice() {
        start(Delivery.AT_LEAST_ONCE);
        poll();
        row(IN, 1);
        source.rewind().join();
        row(IN, 1);
        sink.flush().join();
        assertEquals(List.of(1), written);
    }

    /// Nobody reads them again.
    @Test
    void rowsBehindACommittedPositionOutliveARewind() {
        start(Delivery.AT_MOST_ONCE);
        poll();
        row(IN, 1);
        source.rewind().join();
        sink.flush().join();
        assertEquals(List.of(1), written);
    }
}

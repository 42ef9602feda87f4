package io.chapar.processor;

import io.chapar.client.RetriableException;
import io.chapar.client.serde.Serdes;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;

import static java.util.Objects.requireNonNull;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// When [ChangesLast] writes what it holds, and what becomes of it.
class HeldChangesTest {
    private static final CompletableFuture<Void> DONE = CompletableFuture.completedFuture(null);
    private static final String ABOVE = "test-z-changelog";
    private static final String BELOW = "test-a-changelog";
    private static final TreeSet<TopicPartition> BOTH =
            new TreeSet<>(Set.of(new TopicPartition("in", 0), new TopicPartition("in", 1)));

    /// What the cluster's sink was told.
    private final List<String> told = new ArrayList<>();
    /// What its next calls end with; done when there is nothing.
    private final ArrayDeque<CompletableFuture<Void>> ends = new ArrayDeque<>();
    private final Stages stages = Plan.of(timers(timers(Topology.from("in", Serdes.string(), Serdes.string()), "z"),
            "a").to("out", Serdes.string(), Serdes.string()), "test").stages();
    private Ports below;
    private Ports ports;
    private RecordSource.Rebalance group;
    private RecordSink sink;

    private static Stream<String, String> timers(Stream<String, String> from, String name) {
        return from.groupByKey(Serdes.string()).process(name, KeyProcess.<String, String, String>of(
                (record, context) -> { }).on(KeyTimer.inStreamTime("timer"), (timeMs, context) -> { }));
    }

    @BeforeEach
    void open() {
        RecordSource consumer = proxy(RecordSource.class, (proxy, method, with) -> {
            if (method.getName().equals("poll")) {
                group = (RecordSource.Rebalance) with[2];
                group.assigned(BOTH);
            }
            return method.getReturnType() == void.class ? null : DONE;
        });
        RecordSink topics = proxy(RecordSink.class, (proxy, method, with) -> {
            if (method.getName().equals("send")) {
                ((List<?>) with[1]).forEach(record -> told.add(shown((SinkRecord) record)));
            } else {
                told.add(method.getName());
            }
            CompletableFuture<Void> end = ends.pollFirst();
            return method.getReturnType() == void.class ? null : end == null ? DONE : end;
        });
        below = new Ports(consumer, () -> CompletableFuture.completedFuture(topics), Changelogs.NONE);
        ports = ChangesLast.of(below, stages, Delivery.AT_LEAST_ONCE);
        sink = ports.sinks().open().join();
        var _ = ports.source().poll(0, new TreeSet<>(), proxy(RecordSource.Rebalance.class, (proxy, method, with) -> {
            if (method.getName().equals("revoked")) {
                ((Runnable) with[1]).run();
            }
            return null;
        }));
    }

    private static <T> T proxy(Class<T> type, InvocationHandler calls) {
        return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, calls));
    }

    private static String shown(SinkRecord record) {
        return record.topic() + " " + new String(requireNonNull(record.key()), StandardCharsets.UTF_8);
    }

    private static SinkRecord to(String topic, int partition, String key) {
        return new SinkRecord(topic, partition, 0, key.getBytes(StandardCharsets.UTF_8), null, List.of());
    }

    private CompletableFuture<Void> send(SinkRecord... records) {
        return sink.send(new SourceRecord(new TopicPartition("in", 0), 0, 0, 0, null, null, List.of()),
                List.of(records));
    }

    @Test
    void whatIsBelowIsWrittenFirst() {
        assertTrue(send(to("out", 0, "1"), to(BELOW, 0, "2"), to(ABOVE, 0, "3")).isDone());
        assertTrue(send(to("out", 0, "4"), to(BELOW, 0, "5"), to(ABOVE, 0, "6")).isDone());
        assertEquals(List.of("out 1", "out 4"), told);
        assertTrue(sink.flush().isDone());
        assertEquals(List.of("out 1", "out 4", "flush", BELOW + " 2", BELOW + " 5", "flush", ABOVE + " 3",
                ABOVE + " 6", "flush"), told);
        told.clear();
        assertTrue(sink.flush().isDone());
        assertEquals(List.of("flush"), told);
    }

    @Test
    void eachWaitsForTheOneBefore() {
        CompletableFuture<Void> outputs = new CompletableFuture<>();
        CompletableFuture<Void> sending = new CompletableFuture<>();
        var _ = send(to("out", 0, "1"), to(BELOW, 0, "2"));
        var _ = send(to(BELOW, 0, "3"));
        ends.addAll(List.of(outputs, sending));
        CompletableFuture<Void> flushed = sink.flush();
        assertEquals(List.of("out 1", "flush"), told);
        outputs.complete(null);
        assertEquals(List.of("out 1", "flush", BELOW + " 2"), told);
        sending.complete(null);
        assertEquals(List.of("out 1", "flush", BELOW + " 2", BELOW + " 3", "flush"), told);
        assertTrue(flushed.isDone());
    }

    @Test
    void nothingIsWrittenWhenTheOutputsAreNot() {
        var _ = send(to("out", 0, "1"), to(BELOW, 0, "2"));
        ends.add(CompletableFuture.failedFuture(new RetriableException(ErrorCode.REQUEST_TIMED_OUT, "not now")));
        assertTrue(sink.flush().isCompletedExceptionally());
        var _ = ports.source().rewind();
        told.clear();
        assertTrue(sink.flush().isDone());
        assertEquals(List.of("flush"), told);
    }

    @Test
    void whatWasRolledBackIsNotWritten() {
        CompletableFuture<Void> sending = new CompletableFuture<>();
        var _ = send(to(BELOW, 0, "1"));
        ends.add(sending);
        CompletableFuture<Void> sent = send(to("out", 0, "2"), to(BELOW, 0, "3"));
        var _ = ports.source().rewind();
        sending.complete(null);
        assertTrue(sent.isDone());
        var _ = send(to(BELOW, 0, "4"));
        told.clear();
        assertTrue(sink.flush().isDone());
        assertEquals(List.of("flush", BELOW + " 4", "flush"), told);
    }

    /// No flush waits for an output that has not been taken yet.
    @Test
    void whatIsNotOnItsWayIsNotFollowed() {
        CompletableFuture<Void> sending = new CompletableFuture<>();
        ends.add(sending);
        CompletableFuture<Void> sent = send(to("out", 0, "1"), to(BELOW, 0, "2"));
        assertFalse(sent.isDone());
        assertTrue(sink.flush().isDone());
        sending.complete(null);
        assertEquals(List.of("out 1", "flush"), told);
        assertTrue(sink.flush().isDone());
        assertEquals(List.of("out 1", "flush", "flush", BELOW + " 2", "flush"), told);
    }

    @Test
    void whatBelongsToOthersIsNotWritten() {
        var _ = send(to(BELOW, 0, "1"));
        var _ = send(to(BELOW, 1, "2"), to(ABOVE, 1, "3"));
        group.lost(new TreeSet<>(Set.of(new TopicPartition("in", 1))));
        var _ = send(to(ABOVE, 0, "4"));
        told.clear();
        assertTrue(sink.flush().isDone());
        assertEquals(List.of("flush", BELOW + " 1", "flush", ABOVE + " 4", "flush"), told);
    }

    @Test
    void closingWritesNothing() {
        var _ = send(to("out", 0, "1"), to(BELOW, 0, "2"));
        var _ = sink.close();
        assertEquals(List.of("out 1", "close"), told);
    }

    @Test
    void othersAreAsTheyWere() {
        assertSame(below, ChangesLast.of(below, stages, Delivery.EXACTLY_ONCE));
        assertSame(below, ChangesLast.of(below, Plan.of(Topology.from("in", Serdes.string(), Serdes.string())
                .groupByKey(Serdes.string()).count("counts").to("out", Serdes.string(), Serdes.int64()), "test")
                .stages(), Delivery.AT_LEAST_ONCE));
    }
}

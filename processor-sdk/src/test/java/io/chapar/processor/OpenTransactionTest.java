package io.chapar.processor;

import io.chapar.client.RetriableException;
import io.chapar.client.UnknownOutcomeException;
import io.chapar.client.serde.Serdes;
import io.chapar.protocol.TopicPartition;
import org.junit.jupiter.api.BeforeEach;
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
import java.util.concurrent.CompletableFuture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Who goes while the end of a prepared transaction is not known stays named as the holder of its partitions: nobody
/// would look for the transaction else.
class OpenTransactionTest {
    private static final TreeSet<TopicPartition> PARTITIONS = new TreeSet<>(Set.of(new TopicPartition("in", 0)));

    /// Calls of the database, by name.
    private final List<String> told = new ArrayList<>();
    /// By name, what a call of the cluster's sink ends with; nothing: it is done.
    private final Map<String, Throwable> failures = new TreeMap<>();
    private RecordSource.Rebalance group;
    private LedgerSource source;
    private RecordSink sink;

    @BeforeEach
    void open() {
        Ledger ledger = proxy(Ledger.class, (proxy, method, with) -> {
            told.add(method.getName());
            return switch (method.getName()) {
                case "claim" -> CompletableFuture.completedFuture(new TreeMap<>());
                case "holders" -> CompletableFuture.completedFuture(new TreeSet<>());
                default -> method.getReturnType() == void.class ? null : CompletableFuture.completedFuture(null);
            };
        });
        RecordSource consumer = proxy(RecordSource.class, (proxy, method, with) -> switch (method.getName()) {
            case "poll" -> {
                group = (RecordSource.Rebalance) with[2];
                group.assigned(PARTITIONS);
                yield CompletableFuture.completedFuture(new RecordSource.Polled(List.of(), Map.of()));
            }
            case "committed" -> CompletableFuture.completedFuture(new TreeMap<>());
            default -> method.getReturnType() == void.class ? null : CompletableFuture.completedFuture(null);
        });
        RecordSink topics = proxy(RecordSink.class, (proxy, method, with) -> {
            Throwable failure = failures.remove(method.getName());
            return failure != null ? CompletableFuture.failedFuture(failure)
                    : method.getReturnType() == void.class ? null : CompletableFuture.completedFuture(null);
        });
        Ports ports = new Ports(consumer, () -> CompletableFuture.completedFuture(topics), Changelogs.NONE)
                .with(new Ports.Rows(ledger, "one",
                        id -> CompletableFuture.completedFuture(new Heirs.Heir(topics, null))), Delivery.EXACTLY_ONCE,
                        Plan.of(Topology.from("in", Serdes.string(), Serdes.string())
                                .to("out", Serdes.string(), Serdes.string()), "test").stages());
        source = (LedgerSource) ports.source();
        sink = ports.sinks().open().join();
        source.poll(0, new TreeSet<>(), new Listener()).join();
    }

    private static <T> T proxy(Class<T> type, InvocationHandler calls) {
        return type.cast(Proxy.newProxyInstance(OpenTransactionTest.class.getClassLoader(), new Class<?>[] {type},
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

    private boolean isReleased() {
        told.clear();
        boolean[] done = new boolean[1];
        group.revoked(PARTITIONS, () -> done[0] = true);
        assertTrue(done[0]);
        assertEquals(1, told.size());
        return told.contains("release");
    }

    @Test
    void whatIsCommittedIsReleased() {
        sink.begin().join();
        sink.commit().join();
        assertTrue(isReleased());
    }

    @Test
    void whatIsAbortedIsReleased() {
        sink.begin().join();
        sink.abort().join();
        assertTrue(isReleased());
    }

    @Test
    void whoseCommitInTheClusterWasNotAnsweredIsNot() {
        failures.put("commit", new UnknownOutcomeException("no answer"));
        sink.begin().join();
        assertTrue(sink.commit().isCompletedExceptionally());
        assertTrue(!isReleased());
    }

    @Test
    void whoseAbortWasNotAnsweredIsNot() {
        failures.put("abort", new RetriableException("no answer"));
        sink.begin().join();
        assertTrue(sink.abort().isCompletedExceptionally());
        sink.drop();
        assertTrue(!isReleased());
    }
}

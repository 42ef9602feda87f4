package io.chapar.processor;

import io.chapar.client.UsageException;
import io.chapar.client.consumer.ConsumerRecord;
import io.chapar.protocol.record.TimestampType;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.stream.Stream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

/// How entries get from the thread that reads a changelog to the loop of their store.
final class ChangelogReaderTest {
    private static final Duration LONG = Duration.ofSeconds(60);

    /// As a loop does: what a task throws is nobody's who gave it.
    private static final Executor LOOP = task -> Thread.ofVirtual().start(task);

    private static List<ConsumerRecord<byte[], byte[]>> one() {
        return List.of(new ConsumerRecord<>(
                "changelog", 0, 0, 0, TimestampType.CREATE_TIME, new byte[1], new byte[1], List.of(), 0));
    }

    private static Changelogs.Entries entries(Consumer<byte @Nullable []> each) {
        return new Changelogs.Entries() {
            @Override
            public void forget() {
                throw new IllegalStateException("Nothing is forgotten");
            }

            @Override
            public void entry(byte[] key, byte @Nullable [] value) {
                each.accept(value);
            }

            @Override
            public void reached(Standing standing) {
                throw new IllegalStateException("Nobody has said so");
            }
        };
    }

    static Stream<Throwable> failures() {
        return Stream.of(new UsageException("full"), new IllegalStateException("a store of the user's"),
                new ClassCastException("a serde of the user's"), new NoClassDefFoundError("missing/On/The/ClassPath"));
    }

    @ParameterizedTest
    @MethodSource("failures")
    void whateverTheStoreThrowsEndsTheRestore(Throwable failure) {
        Changelogs.Entries entries = entries(value -> {
            if (failure instanceof Error error) {
                throw error;
            }
            throw (RuntimeException) failure;
        });
        assertTimeoutPreemptively(LONG, () -> assertSame(failure, assertThrows(Throwable.class,
                () -> ChangelogReader.handOver(one(), () -> { }, entries, LOOP, new CompletableFuture<>()))));
    }

    @Test
    void entriesAreInTheStoreWhenItReturns() {
        List<byte[]> found = new ArrayList<>();
        ChangelogReader.handOver(one(), () -> { }, entries(found::add), LOOP, new CompletableFuture<>());
        assertEquals(1, found.size());
    }

    @Test
    void whoDroppedItDoesNotWaitForALoopThatHasEnded() {
        CompletableFuture<Void> dropped = CompletableFuture.failedFuture(new UsageException("dropped"));
        assertTimeoutPreemptively(LONG, () -> assertThrows(UsageException.class,
                () -> ChangelogReader.handOver(one(), () -> { }, entries(value -> { }), task -> { }, dropped)));
    }

    /// The end of a restore that was dropped is not the end of its changelog: a store that were told so would go on
    /// without what it has not read.
    @Test
    void whoDroppedItIsToldNothingMore() {
        List<Runnable> tasks = new ArrayList<>();
        CompletableFuture<Void> dropped = CompletableFuture.failedFuture(new UsageException("dropped"));
        List<String> told = new ArrayList<>();
        assertThrows(UsageException.class, () -> ChangelogReader.handOver(one(), () -> told.add("reached"),
                entries(value -> told.add("entry")), tasks::add, dropped));
        tasks.forEach(Runnable::run);
        assertEquals(List.of(), told);
    }

    @Test
    void aStoreThatWasGivenUpTakesNothingMore() {
        StateBudget budget = new StateBudget(1_000_000);
        Store store = new Store(budget, new MemoryRows(budget));
        store.open();
        store.close();
        store.forget();
        store.restore(new byte[] {1}, new byte[] {2});
        store.reached(new Standing(new UUID(1, 2), 3, 0, 4));
        assertEquals(0, budget.usedBytes());
        assertEquals(List.of(), List.copyOf(store.entriesNow().keySet()));
    }
}

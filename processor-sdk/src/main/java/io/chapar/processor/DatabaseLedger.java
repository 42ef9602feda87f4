package io.chapar.processor;

import io.chapar.client.ChaparException;
import io.chapar.client.FatalException;
import io.chapar.client.OffsetAndMetadata;
import io.chapar.client.RetriableException;
import io.chapar.processor.jdbc.JdbcLedger;
import io.chapar.processor.jdbc.RowGroup;
import io.chapar.processor.jdbc.RowsWritten;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import io.chapar.transport.ClientLoop;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/// A [Ledger] over JDBC, whose calls wait on a thread of their own.
final class DatabaseLedger implements Ledger {
    private final JdbcLedger database;
    private final SortedSet<String> statements;
    private final ClientLoop home;
    private final ExecutorService thread;
    /// Calls that have not ended.
    private final AtomicInteger asked = new AtomicInteger();
    private final List<Refusal> refusals = new ArrayList<>();

    /// `statements`: that rows will be of.
    DatabaseLedger(JdbcLedger database, SortedSet<String> statements, ClientLoop home, String name) {
        this.database = database;
        this.statements = statements;
        this.home = home;
        thread = Executors.newSingleThreadExecutor(Thread.ofPlatform().name(name + "-database").daemon().factory());
    }

    @Override
    public CompletableFuture<Void> ready() {
        return ask(() -> {
            database.ready(statements);
            return null;
        });
    }

    @Override
    public CompletableFuture<SortedMap<TopicPartition, OffsetAndMetadata>> claim(
            SortedSet<TopicPartition> partitions, SortedSet<String> settled) {
        TreeSet<TopicPartition> copy = new TreeSet<>(partitions);
        return ask(() -> database.claim(copy, settled));
    }

    @Override
    public CompletableFuture<SortedSet<String>> holders(SortedSet<TopicPartition> partitions) {
        TreeSet<TopicPartition> copy = new TreeSet<>(partitions);
        return ask(() -> database.holders(copy));
    }

    @Override
    public CompletableFuture<@Nullable String> take(String transactionalId) {
        return ask(() -> database.take(transactionalId));
    }

    @Override
    public CompletableFuture<Void> release(SortedSet<TopicPartition> partitions) {
        TreeSet<TopicPartition> copy = new TreeSet<>(partitions);
        return ask(() -> {
            database.release(copy);
            return null;
        });
    }

    @Override
    public void forget(SortedSet<TopicPartition> partitions) {
        TreeSet<TopicPartition> copy = new TreeSet<>(partitions);
        tell(() -> database.forget(copy));
    }

    @Override
    public CompletableFuture<Void> commit(List<Entry> rows, Map<TopicPartition, OffsetAndMetadata> positions,
            @Nullable String prepared) {
        TreeMap<TopicPartition, OffsetAndMetadata> copy = new TreeMap<>(positions);
        return ask(() -> database.commit(groups(rows), copy, prepared)).thenApply(written -> require(rows, written));
    }

    @Override
    public CompletableFuture<Void> write(List<Entry> rows, boolean good) {
        return ask(() -> database.write(groups(rows), good)).thenApply(written -> require(rows, written));
    }

    private static List<RowGroup> groups(List<Entry> rows) {
        List<RowGroup> groups = new ArrayList<>(rows.size());
        rows.forEach(entry -> groups.add(new RowGroup(groups.size(), entry.rows())));
        return groups;
    }

    private Void require(List<Entry> rows, RowsWritten written) {
        refusals.clear();
        written.refused().forEach((number, failure) ->
                refusals.add(Refusal.ofRows(rows.get(number).input(), written.together(), failure)));
        if (!refusals.isEmpty()) {
            throw refusals.getFirst().cause();
        }
        return null;
    }

    @Override
    public List<Refusal> takeRefusals() {
        List<Refusal> taken = List.copyOf(refusals);
        refusals.clear();
        return taken;
    }

    @Override
    public void reset() {
        if (asked.get() > 0) {
            database.abort();
        }
        tell(database::drop);
    }

    @Override
    public void drop() {
        reset();
        thread.shutdown();
    }

    private void tell(Runnable task) {
        try {
            thread.execute(task);
        } catch (RejectedExecutionException e) {
            // It has been dropped.
        }
    }

    private <T> CompletableFuture<T> ask(Supplier<T> question) {
        CompletableFuture<T> answer = new CompletableFuture<>();
        try {
            asked.incrementAndGet();
            thread.execute(() -> {
                try {
                    T value = question.get();
                    atHome(() -> answer.complete(value));
                } catch (ChaparException e) {
                    atHome(() -> answer.completeExceptionally(e));
                } catch (RuntimeException | Error e) {
                    // The driver's fault, or the data source's.
                    atHome(() -> answer.completeExceptionally(new FatalException(ErrorCode.UNKNOWN_SERVER_ERROR,
                            "The database's driver failed: " + e, e)));
                } finally {
                    asked.decrementAndGet();
                }
            });
        } catch (RejectedExecutionException e) {
            answer.completeExceptionally(new RetriableException("The database has been left"));
        }
        return answer;
    }

    private void atHome(Runnable task) {
        try {
            home.execute(task);
        } catch (RejectedExecutionException e) {
            // The runner has ended.
        }
    }
}

package io.chapar.processor;

import io.chapar.client.ChaparException;
import io.chapar.client.GroupMetadata;
import io.chapar.client.OffsetAndMetadata;
import io.chapar.client.UnknownOutcomeException;
import io.chapar.processor.jdbc.Row;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/// A sink that writes rows to a database besides what it sends to topics. Rows are held until they are due together.
///
/// - `EXACTLY_ONCE`: the database's transaction is the commit: it has the rows and the positions. The group is told of
///   the positions afterwards.
/// - With two phases something goes to topics as well, in a transaction that has the positions too. It is prepared,
///   then named in the database's transaction, which decides, and then ended as that has ended.
/// - `AT_LEAST_ONCE`: rows are written with the flush, before the positions are committed. `AT_MOST_ONCE`: the same,
///   behind them.
final class RowSink implements RecordSink {
    private static final CompletableFuture<Void> DONE = CompletableFuture.completedFuture(null);

    private final RecordSink topics;
    private final Ledger ledger;
    private final Delivery delivery;
    private final LedgerSource.Mirror mirror;
    /// Null: without two phases.
    private final @Nullable OpenTransaction open;
    private final HeldRows rows;
    private final TreeMap<TopicPartition, OffsetAndMetadata> staged = new TreeMap<>();

    RowSink(RecordSink topics, Ledger ledger, Delivery delivery, HeldRows rows, LedgerSource.Mirror mirror,
            @Nullable OpenTransaction open) {
        this.open = open;
        this.rows = rows;
        this.topics = topics;
        this.ledger = ledger;
        this.delivery = delivery;
        this.mirror = mirror;
    }

    /// What an earlier sink has left open in the database is given up first.
    static RecordSink.Factory factory(RecordSink.Factory topics, Ledger ledger, Delivery delivery,
            HeldRows rows, LedgerSource.Mirror mirror) {
        return () -> {
            rows.forget();
            ledger.reset();
            return ledger.ready().thenCompose(ready -> topics.open()).thenApply(opened ->
                    new RowSink(opened, ledger, delivery, rows, mirror, null));
        };
    }

    /// What the transactional id has left open is ended first.
    static RecordSink.Factory factory(Settlement settlement, String transactionalId, HeldRows rows,
            LedgerSource.Mirror mirror, OpenTransaction open) {
        return () -> {
            rows.forget();
            settlement.ledger().reset();
            return settlement.ledger().ready().thenCompose(ready -> settlement.open(transactionalId))
                    .thenApply(opened -> {
                open.ended();
                return new RowSink(opened, settlement.ledger(), Delivery.EXACTLY_ONCE, rows, mirror, open);
            });
        };
    }

    private boolean decides() {
        return delivery == Delivery.EXACTLY_ONCE;
    }

    @Override
    public CompletableFuture<Void> begin() {
        rows.forget();
        staged.clear();
        if (open == null) {
            return DONE;
        }
        open.begins();
        return topics.begin();
    }

    @Override
    public @Nullable ChaparException refusal(SinkRecord record) {
        return topics.refusal(record);
    }

    @Override
    public void rows(SourceRecord input, List<Row> more) {
        rows.add(input, more);
    }

    @Override
    public CompletableFuture<Void> send(SourceRecord input, List<SinkRecord> outputs) {
        return topics.send(input, outputs);
    }

    @Override
    public CompletableFuture<Void> flush() {
        if (decides() || rows.isEmpty()) {
            return topics.flush();
        }
        List<Ledger.Entry> due = rows.take();
        return topics.flush().thenCompose(flushed -> ledger.write(due, delivery == Delivery.AT_MOST_ONCE));
    }

    @Override
    public List<Refusal> takeRefusals() {
        List<Refusal> refusals = new ArrayList<>(topics.takeRefusals());
        refusals.addAll(ledger.takeRefusals());
        return refusals;
    }

    @Override
    public Map<TopicPartition, Written> takeWritten() {
        return topics.takeWritten();
    }

    @Override
    public CompletableFuture<Void> stage(Map<TopicPartition, OffsetAndMetadata> positions, GroupMetadata group) {
        Map<TopicPartition, OffsetAndMetadata> marked = mirror.marked(positions);
        staged.putAll(marked);
        return open != null ? topics.stage(marked, group) : DONE;
    }

    @Override
    public CompletableFuture<Void> commit() {
        Map<TopicPartition, OffsetAndMetadata> positions = new TreeMap<>(staged);
        List<Ledger.Entry> due = rows.all();
        OpenTransaction prepares = open;
        return prepares != null ? topics.prepare().thenCompose(prepared -> ledger.commit(due, positions, prepared))
                .thenCompose(decided -> carryOut()).thenRun(prepares::ended)
                : ledger.commit(due, positions, null).thenCompose(committed -> mirror.moved(positions));
    }

    /// What was decided stays decided: whatever goes wrong with carrying it out, a new sink goes on with that.
    private CompletableFuture<Void> carryOut() {
        CompletableFuture<Void> ended;
        try {
            ended = topics.commit();
        } catch (ChaparException e) {
            ended = CompletableFuture.failedFuture(e);
        }
        return ended.exceptionally(failure -> {
            Throwable cause = failure instanceof CompletionException && failure.getCause() != null
                    ? failure.getCause() : failure;
            throw new UnknownOutcomeException(ErrorCode.UNKNOWN_SERVER_ERROR,
                    "Committed by the database; the transaction in the cluster has not followed yet: "
                            + cause.getMessage(), cause);
        });
    }

    @Override
    public CompletableFuture<Void> abort() {
        rows.forget();
        staged.clear();
        OpenTransaction aborts = open;
        return aborts != null ? topics.abort().thenRun(aborts::ended) : DONE;
    }

    @Override
    public CompletableFuture<Void> close() {
        return topics.close();
    }

    @Override
    public void drop() {
        ledger.reset();
        topics.drop();
    }
}

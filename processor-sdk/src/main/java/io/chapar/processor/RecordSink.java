package io.chapar.processor;

import io.chapar.client.ChaparException;
import io.chapar.client.GroupMetadata;
import io.chapar.client.OffsetAndMetadata;
import io.chapar.processor.jdbc.Row;
import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;

import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/// What the cycle needs of a producer. Called on the runner's loop, where the futures end too; nothing blocks. Failures
/// are [io.chapar.client.ChaparException], thrown or in the future; the transactional calls are made in `EXACTLY_ONCE`
/// alone.
interface RecordSink {
    /// A sink ready to write. With the same name it fences its predecessor, whose open transaction is decided before
    /// the future ends.
    interface Factory {
        CompletableFuture<RecordSink> open();
    }

    CompletableFuture<Void> begin();

    /// Why this record would be refused, as far as that is known without sending it; null when it may be sent.
    @Nullable ChaparException refusal(SinkRecord record);

    /// What `input` has caused. Ends when more may be sent, which may be before these are written; what becomes of them
    /// shows in [#flush] at the latest.
    CompletableFuture<Void> send(SourceRecord input, List<SinkRecord> outputs);

    /// Rows for the database that `input` has caused, which are handed over before its outputs are.
    default void rows(SourceRecord input, List<Row> rows) {
        throw new IllegalStateException("No database is written to");
    }

    /// Ends when everything sent has been written; fails with the first failure since the last flush, and forgets it.
    CompletableFuture<Void> flush();

    /// What was refused of all that was sent since the transaction began or this was last asked; forgets it.
    List<Refusal> takeRefusals();

    /// What was written to each partition of a changelog, as the answers have said, since the transaction began or this
    /// was last asked.
    Map<TopicPartition, Written> takeWritten();

    CompletableFuture<Void> stage(Map<TopicPartition, OffsetAndMetadata> positions, GroupMetadata group);

    /// Nothing is added to the transaction any more, which waits for its decision, whatever happens to this sink. What
    /// it is called in the record of the decision.
    default CompletableFuture<String> prepare() {
        throw new IllegalStateException("Nobody decides about this sink's transactions");
    }

    CompletableFuture<Void> commit();

    /// Stages the positions and commits.
    default CompletableFuture<Void> commit(Map<TopicPartition, OffsetAndMetadata> positions, GroupMetadata group) {
        return stage(positions, group).thenCompose(staged -> commit());
    }

    CompletableFuture<Void> abort();

    /// Does not fail. An open transaction is aborted if that can be done soon.
    CompletableFuture<Void> close();

    /// Gives up everything at once.
    void drop();
}

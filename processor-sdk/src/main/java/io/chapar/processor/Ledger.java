package io.chapar.processor;

import io.chapar.client.OffsetAndMetadata;
import io.chapar.processor.jdbc.Row;
import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;

import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.concurrent.CompletableFuture;

/// What the cycle needs of a database that takes rows, and in `EXACTLY_ONCE` has the positions. Called on the runner's
/// loop, where the futures end too; nothing blocks. Failures are [io.chapar.client.ChaparException]: of an unknown
/// outcome only where a commit may have taken effect; the next claim says what became of it.
interface Ledger {
    /// The rows of one input record, which are taken or refused together.
    record Entry(SourceRecord input, List<Row> rows) {
    }

    /// Before anything else: what rows and positions are written to is there. Fails with the reason if it is not.
    CompletableFuture<Void> ready();

    /// From now on nobody else moves these partitions, nor does an earlier commit of this instance that is still on its
    /// way. The positions that are committed, of those that have one. With two phases: refused when one of the
    /// partitions is held by another transactional id than `settled`.
    CompletableFuture<SortedMap<TopicPartition, OffsetAndMetadata>> claim(SortedSet<TopicPartition> partitions,
            SortedSet<String> settled);

    /// With two phases: other transactional ids that hold some of these, whose transactions may be open.
    CompletableFuture<SortedSet<String>> holders(SortedSet<TopicPartition> partitions);

    /// With two phases: from now on nothing is decided by whoever has had this transactional id. What was decided last,
    /// a prepared transaction that is to be committed; null when nothing was.
    CompletableFuture<@Nullable String> take(String transactionalId);

    /// Nothing is under way here of these, and others have them from now on.
    CompletableFuture<Void> release(SortedSet<TopicPartition> partitions);

    /// Others have these already.
    void forget(SortedSet<TopicPartition> partitions);

    /// All or nothing. Refused when another has claimed one of the partitions since; with a
    /// [io.chapar.client.FencedException] when another has taken the transactional id, which has to be taken anew then;
    /// or when a row is: see [#takeRefusals]. `prepared`: the transaction that is committed by this; null without two
    /// phases.
    CompletableFuture<Void> commit(List<Entry> rows, Map<TopicPartition, OffsetAndMetadata> positions,
            @Nullable String prepared);

    /// Rows alone. `good`: where some are refused the others are written, else none is then.
    CompletableFuture<Void> write(List<Entry> rows, boolean good);

    /// Of the last commit or write; forgets them.
    List<Refusal> takeRefusals();

    /// What is under way is given up; its outcome may be unknown. The next call begins anew.
    void reset();

    /// As [#reset], for good.
    void drop();
}

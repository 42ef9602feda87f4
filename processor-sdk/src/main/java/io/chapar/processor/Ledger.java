package io.chapar.processor;

import io.chapar.client.OffsetAndMetadata;
import io.chapar.processor.jdbc.Row;
import io.chapar.protocol.TopicPartition;

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

    /// From now on nobody else moves these partitions, nor does an earlier commit of this instance that is still on its
    /// way. The positions that are committed, of those that have one.
    CompletableFuture<SortedMap<TopicPartition, OffsetAndMetadata>> claim(SortedSet<TopicPartition> partitions);

    /// Others have these from now on.
    void forget(SortedSet<TopicPartition> partitions);

    /// Both or nothing. Refused when another has claimed one of the partitions since, or when a row is: see
    /// [#takeRefusals].
    CompletableFuture<Void> commit(List<Entry> rows, Map<TopicPartition, OffsetAndMetadata> positions);

    /// Rows alone. `good`: where some are refused the others are written, else none is then.
    CompletableFuture<Void> write(List<Entry> rows, boolean good);

    /// Of the last commit or write; forgets them.
    List<Refusal> takeRefusals();

    /// What is under way is given up; its outcome may be unknown. The next call begins anew.
    void reset();

    /// As [#reset], for good.
    void drop();
}

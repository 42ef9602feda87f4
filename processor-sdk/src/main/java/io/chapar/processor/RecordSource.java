package io.chapar.processor;

import io.chapar.client.GroupMetadata;
import io.chapar.client.OffsetAndMetadata;
import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;

import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;

/// What the cycle needs of a consumer: a member of the application's group. Called on the runner's loop, where the
/// futures end too; nothing blocks. Failures are [io.chapar.client.ChaparException], thrown or in the future.
interface RecordSource {
    /// Hears of partitions that come and go, within `poll` and `close`, and, within `poll`, of what the user should
    /// know of reading; on the runner's loop.
    interface Rebalance {
        void assigned(SortedSet<TopicPartition> partitions);

        /// Still owned until `done` has been run.
        void revoked(SortedSet<TopicPartition> partitions, Runnable done);

        /// Owned by others already.
        void lost(SortedSet<TopicPartition> partitions);

        void warned(ProcessorException what);
    }

    /// Records of each partition in its order. `next`: for each partition that moved, the position behind everything
    /// here, also behind what nobody sees (markers, aborted records).
    /// `began`: of partitions of which something comes for the first time, where the group stood, if it had committed
    /// anything there.
    record Polled(List<SourceRecord> records, Map<TopicPartition, OffsetAndMetadata> next,
            Map<TopicPartition, OffsetAndMetadata> began) {
        Polled(List<SourceRecord> records, Map<TopicPartition, OffsetAndMetadata> next) {
            this(records, next, Map.of());
        }
    }

    /// Where the group stands in a partition; null when it has committed nothing there. The id is that of
    /// [io.chapar.client.metadata.TopicView].
    record Stood(@Nullable OffsetAndMetadata position, UUID topicId) {
    }

    /// `full`: nothing comes of these partitions.
    CompletableFuture<Polled> poll(long maxWaitMs, SortedSet<TopicPartition> full, Rebalance listener);

    CompletableFuture<Void> commit(Map<TopicPartition, OffsetAndMetadata> positions);

    /// Drops what was read and not committed: every owned partition goes on at its committed position, which is
    /// returned where there is one, else where its reading began. Positions inside an undecided transaction are
    /// waited for.
    CompletableFuture<Map<TopicPartition, OffsetAndMetadata>> rewind();

    /// For each of these. Waits as [#rewind] does, and moves nothing.
    CompletableFuture<SortedMap<TopicPartition, Stood>> committed(SortedSet<TopicPartition> partitions);

    /// These partitions, as far as they are owned, go on there.
    CompletableFuture<Void> seek(Map<TopicPartition, OffsetAndMetadata> positions);

    CompletableFuture<GroupMetadata> group();

    /// The poll under way, or the next one, ends at once.
    void wakeup();

    /// Leaves the group.
    CompletableFuture<Void> close(Rebalance listener);

    /// Gives up what is open, and lets the group find out.
    void drop();
}

package io.chapar.processor;

import io.chapar.client.GroupMetadata;
import io.chapar.client.OffsetAndMetadata;
import io.chapar.protocol.TopicPartition;

import java.util.List;
import java.util.Map;
import java.util.SortedSet;

/// What the cycle needs of a consumer: a member of the application's group. Used by one thread, but for [#wakeup].
/// Failures are [io.chapar.client.ChaparException].
interface RecordSource {
    /// Hears of partitions that come and go, within `poll` and `close`, on the same thread.
    interface Rebalance {
        void assigned(SortedSet<TopicPartition> partitions);

        /// Still owned until this returns.
        void revoked(SortedSet<TopicPartition> partitions);

        /// Owned by others already.
        void lost(SortedSet<TopicPartition> partitions);
    }

    /// Records of each partition in its order. `next`: for each partition that moved, the position behind everything
    /// here, also behind what nobody sees (markers, aborted records).
    record Polled(List<SourceRecord> records, Map<TopicPartition, OffsetAndMetadata> next) {
    }

    Polled poll(long maxWaitMs, Rebalance listener);

    void commit(Map<TopicPartition, OffsetAndMetadata> positions);

    /// Drops what was read and not committed: every owned partition goes on at its committed position, which is
    /// returned where there is one, else where its reading began. Positions inside an undecided transaction are
    /// waited for.
    Map<TopicPartition, OffsetAndMetadata> rewind();

    GroupMetadata group();

    void wakeup();

    /// Leaves the group.
    void close(Rebalance listener);
}

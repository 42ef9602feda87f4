package io.chapar.processor;

import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;

import java.util.SortedMap;
import java.util.concurrent.CompletableFuture;

/// Where stores are built from. Called on the runner's loop, where the futures end and entries are given too. Failures
/// are [io.chapar.client.ChaparException].
interface Changelogs {
    interface Entries {
        /// What is known is of no use: everything is read from the beginning.
        void forget();

        /// `value` null: removed.
        void entry(byte[] key, byte @Nullable [] value);

        /// Every entry before that has been given.
        void reached(Standing standing);
    }

    /// Where the store of one partition stands, and who fills it. `from` null: from the beginning.
    record Wanted(@Nullable Standing from, Entries entries) {
    }

    /// Every committed entry of these partitions from where their stores stand, each in its order, up to the ends that
    /// they have now; of all of them at the same time. What is undecided before such an end is waited for. When it
    /// fails, nothing more is given.
    CompletableFuture<Void> read(SortedMap<TopicPartition, Wanted> changelogs);

    /// Gives up what is being read.
    void drop();

    /// Of an application without state.
    Changelogs NONE = new Changelogs() {
        @Override
        public CompletableFuture<Void> read(SortedMap<TopicPartition, Wanted> changelogs) {
            throw new IllegalStateException("There is no state to restore from " + changelogs.keySet());
        }

        @Override
        public void drop() {
        }
    };
}

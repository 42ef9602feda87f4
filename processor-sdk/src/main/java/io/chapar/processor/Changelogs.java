package io.chapar.processor;

import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;

import java.util.concurrent.CompletableFuture;

/// Where stores are built from. Called on the runner's loop, where the futures end and entries are given too. Failures
/// are [io.chapar.client.ChaparException].
interface Changelogs {
    interface Entries {
        /// `value` null: removed.
        void entry(byte[] key, byte @Nullable [] value);
    }

    /// Every committed entry of this partition, in its order, up to the end that it has now. What is undecided before
    /// that end is waited for.
    CompletableFuture<Void> read(TopicPartition changelog, Entries entries);

    /// Gives up what is being read.
    void drop();

    /// Of an application without state.
    Changelogs NONE = new Changelogs() {
        @Override
        public CompletableFuture<Void> read(TopicPartition changelog, Entries entries) {
            throw new IllegalStateException("There is no state to restore from " + changelog);
        }

        @Override
        public void drop() {
        }
    };
}

package io.chapar.processor;

import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;

import java.util.concurrent.CompletableFuture;

/// Where stores are built from. Called on the runner's loop, where the futures end and entries are given too. Failures
/// are [io.chapar.client.ChaparException].
interface Changelogs {
    interface Entries {
        /// What is known is of no use: everything is read from the beginning.
        void forget();

        /// `value` null: removed.
        void entry(byte[] key, byte @Nullable [] value);

        /// Every entry before that has been given. `log` is what is there.
        void reached(long offset, Standing.Log log);
    }

    /// Every committed entry of this partition from where a store stands, in its order, up to the end that it has now.
    /// What is undecided before that end is waited for. `from` null: from the beginning.
    CompletableFuture<Void> read(TopicPartition changelog, @Nullable Standing from, Entries entries);

    /// Gives up what is being read.
    void drop();

    /// Of an application without state.
    Changelogs NONE = new Changelogs() {
        @Override
        public CompletableFuture<Void> read(TopicPartition changelog, @Nullable Standing from, Entries entries) {
            throw new IllegalStateException("There is no state to restore from " + changelog);
        }

        @Override
        public void drop() {
        }
    };
}

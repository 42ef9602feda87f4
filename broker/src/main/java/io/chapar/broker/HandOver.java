package io.chapar.broker;

import io.chapar.broker.metadata.InternalTopics;
import io.chapar.broker.partition.Partition;
import io.chapar.broker.shard.Shard;
import io.chapar.broker.shard.Shards;
import io.chapar.protocol.ErrorCode;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/// Hands over what a broker leads: what is written is committed first, while new batches of clients wait; then the
/// cluster has it led by others, which is not done here; then the batches are refused. From a thread that is no loop.
final class HandOver {
    /// What clients write waits for no longer, whatever becomes of the rest.
    static final long HOLD_MS = 1_000;
    /// Where followers are slow, or too few.
    private static final long SETTLE_MS = 200;
    /// For loops that have much else to do.
    private static final long MOST_MS = 2_000;
    private static final long LOOK_EVERY_MS = 5;
    /// Who is told of a new leader asks it at once; who has nothing to ask at present finds a closed connection, which
    /// costs it a look for the leader, and nothing else. Whatever was answered has left by then.
    private static final long LINGER_MS = 300;

    private final Shards shards;

    HandOver(Shards shards) {
        this.shards = shards;
    }

    /// Returns when all that clients have written is committed, or it takes too long.
    void begin() {
        shards.all().forEach(shard -> on(shard, () -> shard.held().hold(HOLD_MS)));
        await(SETTLE_MS, partition -> !InternalTopics.isInternal(partition.id().topic())
                && partition.highWatermark() < partition.logEndOffset());
    }

    /// Returns when nothing is led here any more as far as the loops are concerned, and those who waited for something
    /// have been answered and had the time to go elsewhere.
    void finish() {
        await(MOST_MS, _ -> true);
        shards.all().forEach(shard -> on(shard, () -> shard.held().release()));
        pause(LINGER_MS);
    }

    /// Until no partition that is led here is so.
    private void await(long mostMs, Predicate<Partition> ledAnd) {
        long endNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(mostMs);
        for (Shard shard : shards.all()) {
            while (System.nanoTime() < endNs && isAny(shard, ledAnd)) {
                pause(LOOK_EVERY_MS);
            }
        }
    }

    private static boolean isAny(Shard shard, Predicate<Partition> ledAnd) {
        boolean[] any = new boolean[1];
        on(shard, () -> {
            for (Partition partition : shard.opened()) {
                any[0] |= partition.refusal() == ErrorCode.NONE && ledAnd.test(partition);
            }
        });
        return any[0];
    }

    private static void on(Shard shard, Runnable task) {
        Stopping.onLoop(shard.loop(), task).join();
    }

    private static void pause(long ms) {
        new CompletableFuture<Void>().completeOnTimeout(null, ms, TimeUnit.MILLISECONDS).join();
    }
}

package io.chapar.broker;

import io.chapar.broker.partition.Partition;
import io.chapar.broker.shard.Shard;
import io.chapar.broker.shard.Shards;
import io.chapar.protocol.ErrorCode;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/// The end of what a broker leads, once the cluster has it led by others. From a thread that is no loop.
final class HandOver {
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

    /// Returns when nothing is led here any more as far as the loops are concerned, and those who waited for something
    /// have been answered and had the time to go elsewhere.
    void finish() {
        long endNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(MOST_MS);
        for (Shard shard : shards.all()) {
            while (System.nanoTime() < endNs && leads(shard)) {
                pause(LOOK_EVERY_MS);
            }
        }
        pause(LINGER_MS);
    }

    private static boolean leads(Shard shard) {
        boolean[] leads = new boolean[1];
        Stopping.onLoop(shard.loop(), () -> {
            for (Partition partition : shard.opened()) {
                leads[0] |= partition.refusal() == ErrorCode.NONE;
            }
        }).orTimeout(MOST_MS, TimeUnit.MILLISECONDS).join();
        return leads[0];
    }

    private static void pause(long ms) {
        new CompletableFuture<Void>().completeOnTimeout(null, ms, TimeUnit.MILLISECONDS).join();
    }
}

package io.chapar.simulator;

import io.chapar.broker.metadata.InternalTopics;
import io.chapar.broker.partition.Partition;
import io.chapar.broker.shard.Shard;
import io.chapar.broker.shard.Shards;
import io.chapar.protocol.ErrorCode;

import java.util.function.Predicate;

/// The end of a broker's life that others know of before, as a process does it: what clients have written is committed
/// while new batches wait; the controller fences it, so that others lead; what waited is refused; then it stops. It is
/// looked at every few milliseconds, and each step has its time.
///
/// ```
/// holding --committed, or late--> asking --may stop, or late--> leads nothing, or late: released --lingers--> stopped
/// ```
/// Owned by the broker's first loop.
final class Leaving {
    private static final long HOLD_MS = 1_000;
    private static final long SETTLE_MS = 200;
    private static final long LEAVE_MS = 10_000;
    private static final long MOST_MS = 2_000;
    private static final long LINGER_MS = 300;
    private static final long LOOK_MS = 5;

    private final SimulatedBroker broker;
    private final LifeInCluster life;
    private final Shards shards;
    private final BrokerLoop loop;
    private boolean mayStop;

    Leaving(SimulatedBroker broker, LifeInCluster life, Shards shards, BrokerLoop loop) {
        this.broker = broker;
        this.life = life;
        this.shards = shards;
        this.loop = loop;
    }

    void begin() {
        shards.all().forEach(shard -> shard.loop().execute(() -> shard.held().hold(HOLD_MS)));
        until(SETTLE_MS, () -> !isAnyLed(partition -> !InternalTopics.isInternal(partition.id().topic())
                && partition.highWatermark() < partition.logEndOffset()), this::ask);
    }

    private void ask() {
        loop.execute(life::stopping);
        until(LEAVE_MS, () -> mayStop, () -> until(MOST_MS, () -> !isAnyLed(_ -> true), this::release));
    }

    void mayStop() {
        mayStop = true;
    }

    private void release() {
        shards.all().forEach(shard -> shard.loop().execute(() -> shard.held().release()));
        loop.schedule(LINGER_MS, () -> broker.world().in(0, () -> {
            broker.stopCleanly();
            broker.startLater();
        }));
    }

    private interface Question {
        boolean isSo();
    }

    private void until(long mostMs, Question there, Runnable then) {
        until(loop.nowMs() + mostMs, there, then, loop);
    }

    private static void until(long endMs, Question there, Runnable then, BrokerLoop loop) {
        if (there.isSo() || loop.nowMs() >= endMs) {
            then.run();
        } else {
            loop.schedule(LOOK_MS, () -> until(endMs, there, then, loop));
        }
    }

    private boolean isAnyLed(Predicate<Partition> ledAnd) {
        for (Shard shard : shards.all()) {
            for (Partition partition : shard.opened()) {
                if (partition.refusal() == ErrorCode.NONE && ledAnd.test(partition)) {
                    return true;
                }
            }
        }
        return false;
    }
}

package io.chapar.simulator;

import io.chapar.broker.partition.Followers;
import io.chapar.broker.partition.Partition;
import io.chapar.broker.runtime.Loop;
import io.chapar.protocol.TopicPartition;

import java.util.Collection;
import java.util.List;
import java.util.random.RandomGenerator;

/// A follower without a log, which says a moment later that it has what the leader had: in its world the high watermark
/// is not the end of the log, and decisions of coordinators take their time.
final class PretendedFollower implements Followers {
    private static final int NODE = 1_000;

    private final Loop loop;
    private final RandomGenerator random;
    private final int mostMs;

    PretendedFollower(Loop loop, RandomGenerator random, int mostMs) {
        this.loop = loop;
        this.random = random;
        this.mostMs = mostMs;
    }

    @Override
    public Collection<Integer> inSync(TopicPartition partition) {
        return List.of(NODE);
    }

    @Override
    public void appended(Partition partition) {
        long end = partition.logEndOffset();
        var _ = loop.schedule(random.nextInt(mostMs + 1), () -> partition.acknowledged(NODE, end));
    }
}

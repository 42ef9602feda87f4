package io.chapar.broker.partition;

import io.chapar.broker.runtime.Loop;
import io.chapar.protocol.TopicPartition;

import java.util.Collection;
import java.util.List;

/// A follower without a log: it says some turns of the loop later that it has what the leader had. With
/// `-Dtests.follower=pretended` every broker of a fixture has one, and the high watermark is not the end of the log.
public final class PretendedFollower implements Followers {
    static final int NODE = 2;
    private static final int TURNS = 3;

    private final Loop loop;
    private final int turns;

    PretendedFollower(Loop loop, int turns) {
        this.loop = loop;
        this.turns = turns;
    }

    /// What follows the partitions of this loop in the tests of this run.
    public static Followers of(Loop loop) {
        return "pretended".equals(System.getProperty("tests.follower"))
                ? new PretendedFollower(loop, TURNS)
                : Followers.NONE;
    }

    @Override
    public Collection<Integer> inSync(TopicPartition partition) {
        return List.of(NODE);
    }

    @Override
    public void appended(Partition partition) {
        long end = partition.logEndOffset();
        later(turns, () -> partition.acknowledged(NODE, end));
    }

    private void later(int turnsLeft, Runnable task) {
        loop.execute(turnsLeft == 0 ? task : () -> later(turnsLeft - 1, task));
    }
}

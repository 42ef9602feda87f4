package io.chapar.broker.coordinator;

import io.chapar.broker.log.DataFolder;
import io.chapar.broker.log.LogConfig;
import io.chapar.broker.log.disk.MemoryDisk;
import io.chapar.broker.metadata.PartitionImage;
import io.chapar.broker.partition.Followers;
import io.chapar.broker.partition.Leaders;
import io.chapar.broker.partition.Partition;
import io.chapar.broker.partition.PartitionSetup;
import io.chapar.broker.producer.ProducerLimits;
import io.chapar.broker.runtime.Loop;
import io.chapar.broker.runtime.ManualLoop;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import org.junit.jupiter.api.Test;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.Consumer;

import static java.util.Objects.requireNonNull;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;

class PartitionCoordinatorsTest {
    private static final TopicPartition ID = new TopicPartition(CoordinatorKeys.CONSUMER_OFFSETS, 0);
    private static final int HERE = 1;
    private static final int OTHER = 2;

    private final ManualLoop loop = new ManualLoop();
    private final List<PartitionCoordinator<Integer>> begun = new ArrayList<>();
    private final Partition partition = Partition.open(new PartitionSetup(ID, new UUID(1, 2), HERE,
            new PartitionImage(OTHER, 0, 0, List.of(HERE, OTHER), List.of(HERE, OTHER), List.of()),
            LogConfig.defaults(), new DataFolder(new MemoryDisk(), 8), loop, Leaders.followedBy(Followers.NONE),
            ProducerLimits.none()));
    /// As the cluster has it, which the partition hears of when it is looked for.
    private PartitionImage image =
            new PartitionImage(OTHER, 0, 0, List.of(HERE, OTHER), List.of(HERE, OTHER), List.of());

    private final CoordinatorLogs logs = new CoordinatorLogs(loop, _ -> {
        partition.become(image);
        return partition;
    });
    private final PartitionCoordinators<PartitionCoordinator<Integer>> coordinators =
            new PartitionCoordinators<>(CoordinatorKeys.CONSUMER_OFFSETS, logs, this::begin);

    private PartitionCoordinator<Integer> begin(CoordinatorLog log) {
        PartitionCoordinator<Integer> one = new Idle(loop, log);
        begun.add(one);
        return one;
    }

    /// Two of one partition would each write what the other does not know.
    @Test
    void whoIsElectedWhileItIsLookedForIsTheOnlyOne() {
        assertNull(coordinators.at(0));
        image = new PartitionImage(HERE, 1, 1, List.of(HERE, OTHER), List.of(HERE, OTHER), List.of());
        PartitionCoordinator<Integer> found = coordinators.at(0);
        assertEquals(1, begun.size());
        assertSame(begun.getFirst(), found);
        assertSame(found, coordinators.at(0));
        assertSame(found.log, logs.open(ID));
    }

    private static PartitionImage ledHere(int epoch) {
        return new PartitionImage(HERE, epoch, epoch, List.of(HERE, OTHER), List.of(HERE), List.of());
    }

    /// That it was fenced and leads again a broker may hear in one: what is in the log is what its coordinator knows.
    @Test
    void whoLeadsAnewWithoutABreakStaysCoordinator() {
        assertNull(coordinators.at(0));
        image = ledHere(1);
        PartitionCoordinator<Integer> found = requireNonNull(coordinators.at(0));
        loop.runAll();
        ProducerStamp before = found.log.stamp(7, (short) 0, true);
        image = ledHere(2);
        partition.become(image);
        List<String> told = new ArrayList<>();
        List<CoordinatorLog.KeyValue> offsets =
                List.of(new CoordinatorLog.KeyValue(ByteBuffer.allocate(1), ByteBuffer.allocate(1)));
        found.append(offsets, before, at -> told.add("at " + at), error -> told.add(error.name()));
        loop.runAll();
        assertEquals(List.of("COORDINATOR_NOT_AVAILABLE"), told);
        assertEquals(ErrorCode.NONE, found.availability());
        found.append(offsets, found.log.stamp(7, (short) 0, true), at -> told.add("at " + at),
                error -> told.add(error.name()));
        loop.runAll();
        assertEquals(List.of("COORDINATOR_NOT_AVAILABLE", "at 0"), told);
        assertSame(found, coordinators.at(0));
    }

    private static final class Idle extends PartitionCoordinator<Integer> {
        Idle(Loop loop, CoordinatorLog log) {
            super(loop, log);
        }

        @Override
        protected boolean start(long nowMs, Consumer<Integer> out) {
            return false;
        }

        @Override
        protected long nextDeadlineMs() {
            return Long.MAX_VALUE;
        }

        @Override
        protected void tick(long nowMs, Consumer<Integer> out) {
            // Nothing is ever due.
        }

        @Override
        protected void perform(Integer effect) {
            throw new AssertionError(effect);
        }

        @Override
        protected void refuseAll(ErrorCode error) {
            // Nobody waits.
        }

        @Override
        public void record(long offset, ByteBuffer key, ByteBuffer value, long producerId) {
            throw new AssertionError("the log is empty");
        }

        @Override
        public void marker(CoordinatorLog.Marker marker) {
            throw new AssertionError("the log is empty");
        }
    }
}

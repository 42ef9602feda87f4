package io.chapar.broker.replica;

import io.chapar.broker.log.DataFolder;
import io.chapar.broker.log.LogConfig;
import io.chapar.broker.log.disk.MemoryDisk;
import io.chapar.broker.metadata.PartitionImage;
import io.chapar.broker.partition.AppendOutcome;
import io.chapar.broker.partition.ClientAppend;
import io.chapar.broker.partition.Followers;
import io.chapar.broker.partition.Leaders;
import io.chapar.broker.partition.Partition;
import io.chapar.broker.partition.PartitionSetup;
import io.chapar.broker.producer.ProducerLimits;
import io.chapar.broker.replica.FollowMessage.Acknowledge;
import io.chapar.broker.replica.FollowMessage.Batches;
import io.chapar.broker.replica.FollowMessage.Diverged;
import io.chapar.broker.replica.FollowMessage.Subscribe;
import io.chapar.broker.runtime.Loop;
import io.chapar.broker.runtime.ManualLoop;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.record.RecordBatchBuilder;
import io.chapar.protocol.record.compress.Compression;
import org.junit.jupiter.api.Test;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.UUID;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

/// What a follower tells its leader of what is on its disk.
class LeaderLinkScenarios {
    private static final int HERE = 1;
    private static final int OTHER = 2;

    private final ManualLoop loop = new ManualLoop();
    private final MemoryDisk disk = new MemoryDisk();
    private final List<FollowMessage.ToLeader> said = new ArrayList<>();
    private final LeaderLink link = new LeaderLink(OTHER, loop, this::open, this::planTurn);
    private final Partition partition = partition();
    private FollowStreams.Events leader = new Nobody();

    private static final class Nobody implements FollowStreams.Events {
        @Override
        public void begun(int leaderLoops) {
            throw new AssertionError("nobody dialled");
        }

        @Override
        public void received(int leaderLoop, List<FollowMessage.ToFollower> frame) {
            throw new AssertionError("nobody dialled");
        }

        @Override
        public void ended(String why) {
            throw new AssertionError("nobody dialled");
        }
    }

    private void planTurn() {
        loop.execute(link::turnEnded);
    }

    private FollowStreams.Link open(int broker, Loop on, FollowStreams.Events events) {
        leader = events;
        loop.execute(() -> events.begun(1));
        return new FollowStreams.Link() {
            @Override
            public void send(int leaderLoop, List<FollowMessage.ToLeader> frame) {
                said.addAll(frame);
            }

            @Override
            public void close() {
                // It is over.
            }
        };
    }

    private Partition partition() {
        Followers followers = new Followers() {
            @Override
            public Collection<Integer> inSync(TopicPartition id) {
                return List.of(OTHER);
            }

            @Override
            public void appended(Partition grown) {
                // Nobody follows here.
            }

            @Override
            public void follows(Partition followed, int broker) {
                link.follow(followed);
            }

            @Override
            public void synced(Partition followed) {
                link.synced(followed);
                planTurn();
            }
        };
        return Partition.open(new PartitionSetup(new TopicPartition("t", 0), new UUID(1, 2), HERE, led(HERE, 4),
                LogConfig.defaults(), new DataFolder(disk, 8), loop, Leaders.followedBy(followers),
                ProducerLimits.none()));
    }

    private static PartitionImage led(int leader, int epoch) {
        return new PartitionImage(leader, epoch, epoch, List.of(HERE, OTHER), List.of(HERE, OTHER), List.of());
    }

    private void append() {
        assertInstanceOf(AppendOutcome.Appended.class, partition.appendFromClient(
                new RecordBatchBuilder(Compression.NONE).append(1, null, ByteBuffer.allocate(50)).build(),
                new ClientAppend((short) 12, (short) 1, null), 1));
    }

    private void receive(FollowMessage.ToFollower message) {
        loop.execute(() -> leader.received(0, List.of(message)));
    }

    private int slot() {
        return said.stream().filter(Subscribe.class::isInstance).mapToInt(one -> ((Subscribe) one).slot()).max()
                .orElseThrow();
    }

    /// With `flush.acks` the leader has to hear of it, and there may be nothing that another sync would be for.
    @Test
    void whatWasSyncedWhileTheLogWasCutIsTold() {
        partition.configure(LogConfig.builder().flushAcks(true).build());
        disk.faults().syncDelayMs(50);
        append();
        append();
        loop.advance(10);
        partition.become(led(OTHER, 5));
        loop.advance(10);
        receive(new Diverged(slot(), 4, 1));
        loop.advance(200);
        assertEquals(1, slot());
        receive(new Batches(1, 1, 1, 1, 0, ByteBuffer.allocate(0)));
        loop.advance(200);
        assertEquals(new Acknowledge(1, 1, 1), said.getLast());
    }
}

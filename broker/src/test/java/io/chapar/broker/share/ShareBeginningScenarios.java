package io.chapar.broker.share;

import io.chapar.broker.LocalClient;
import io.chapar.broker.budget.Budget;
import io.chapar.broker.log.CompactionLimits;
import io.chapar.broker.log.DataFolder;
import io.chapar.broker.log.LogConfig;
import io.chapar.broker.log.disk.MemoryDisk;
import io.chapar.broker.metadata.AskedMetadata;
import io.chapar.broker.metadata.ClusterImage;
import io.chapar.broker.metadata.MetadataRecord.TopicCreated;
import io.chapar.broker.metadata.PartitionImage;
import io.chapar.broker.partition.AppendOutcome;
import io.chapar.broker.partition.ClientAppend;
import io.chapar.broker.partition.Isolation;
import io.chapar.broker.producer.ProducerLimits;
import io.chapar.broker.replica.FollowStreams;
import io.chapar.broker.replica.ReplicaHost;
import io.chapar.broker.replica.SendingRates;
import io.chapar.broker.runtime.ManualLoop;
import io.chapar.broker.shard.Shards;
import io.chapar.broker.share.ShareRequests.Answer;
import io.chapar.broker.share.ShareRequests.Named;
import io.chapar.broker.share.state.ShareStateCommand;
import io.chapar.broker.share.state.ShareStateReply;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.message.Response;
import io.chapar.protocol.record.RecordBatchBuilder;
import io.chapar.protocol.record.compress.Compression;
import org.junit.jupiter.api.Test;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.UUID;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

/// A share group that begins at the end comes to a leader of a replicated partition.
final class ShareBeginningScenarios {
    private static final int HERE = 1;
    private static final int OTHER = 2;
    private static final UUID TOPIC = new UUID(1, 2);
    private static final TopicPartition P0 = new TopicPartition("t", 0);
    private static final ShareRules RULES =
            new ShareRules(30_000, 5, 100, true, Isolation.READ_UNCOMMITTED, ShareRules.Reset.LATEST);

    private final ManualLoop loop = new ManualLoop();
    private final MemoryDisk disk = new MemoryDisk();
    private final List<Long> starts = new ArrayList<>();
    private final List<Answer> answers = new ArrayList<>();
    private ClusterImage image = ClusterImage.EMPTY;

    private Shards led(int epoch, List<Integer> inSync) {
        image = ClusterImage.EMPTY.apply(List.of(new TopicCreated(TOPIC, "t",
                List.of(new PartitionImage(HERE, epoch, epoch, List.of(HERE, OTHER), inSync, List.of())),
                Collections.emptySortedMap())));
        ReplicaHost replicas = new ReplicaHost(HERE, 10, loop, 10_000, new AskedMetadata(() -> image),
                FollowStreams.NONE, new SendingRates());
        return new Shards(HERE, List.of(loop), new DataFolder(disk, 8), () -> image,
                _ -> LogConfig.defaults(), CompactionLimits.DEFAULTS, ProducerLimits.none(), List.of(replicas));
    }

    private void fetch(Shards shards) {
        ShareHosts hosts = new ShareHosts(shards, shard -> new ShareHost(shard, (command, _, done) -> {
            if (command instanceof ShareStateCommand.Write write) {
                starts.add(write.startOffset());
            }
            done.accept(new ShareStateReply(ErrorCode.NONE, 0, 0, -1, 0, List.of()));
        }, _ -> RULES, 5_000, Budget.unbounded()), _ -> new ShareSessions(0, 100, Budget.unbounded()));
        new ShareRequests(hosts, () -> image, _ -> RULES).fetch(new ShareRequests.Fetch(
                "g", "one", 0, false, 1 << 20, 500, true, 500, List.of(new Named(TOPIC, 0, List.of())), List.of()),
                new LocalClient(2, loop) {
                    @Override
                    public void reply(Response response) {
                        throw new AssertionError(response);
                    }

                    @Override
                    public void replyNothing() {
                        throw new AssertionError();
                    }

                    @Override
                    public void close(String reason) {
                        throw new AssertionError(reason);
                    }

                    @Override
                    public void onDisconnect(Runnable task) {
                        // It stays.
                    }
                }, answers::add);
        loop.advance(500);
    }

    /// What a leader of before may have shown as committed is not what the group begins with.
    @Test
    void aLeaderThatDoesNotKnowTheEndYetBeginsNothingThere() {
        Shards before = led(3, List.of(HERE, OTHER));
        for (int i = 0; i < 3; i++) {
            assertInstanceOf(AppendOutcome.Appended.class, before.of(P0).partition(P0).appendFromClient(
                    new RecordBatchBuilder(Compression.NONE).append(1, null, ByteBuffer.allocate(10)).build(),
                    new ClientAppend((short) 12, (short) 1, null), 1));
        }
        before.of(P0).partition(P0).close();
        loop.runAll();
        fetch(led(4, List.of(HERE, OTHER)));
        assertEquals(List.of(), starts);
        assertEquals(ErrorCode.NONE, answers.getFirst().parts().getFirst().fetchError(), "it is to come again");
        fetch(led(5, List.of(HERE)));
        assertEquals(List.of(3L), starts);
    }
}

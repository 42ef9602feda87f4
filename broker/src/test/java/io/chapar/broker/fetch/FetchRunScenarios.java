package io.chapar.broker.fetch;

import io.chapar.broker.LocalClient;
import io.chapar.broker.log.DataFolder;
import io.chapar.broker.log.LogConfig;
import io.chapar.broker.log.disk.MemoryDisk;
import io.chapar.broker.metadata.ClusterImage;
import io.chapar.broker.metadata.MetadataRecord.TopicCreated;
import io.chapar.broker.metadata.PartitionImage;
import io.chapar.broker.partition.AppendOutcome;
import io.chapar.broker.partition.ClientAppend;
import io.chapar.broker.partition.Isolation;
import io.chapar.broker.partition.Partition;
import io.chapar.broker.request.RequestContext;
import io.chapar.broker.runtime.ManualLoop;
import io.chapar.broker.runtime.Slices;
import io.chapar.broker.shard.Shards;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.message.Response;
import io.chapar.protocol.record.RecordBatchBuilder;
import io.chapar.protocol.record.compress.Compression;
import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

/// Fetches while the cluster changes under them.
final class FetchRunScenarios {
    private static final UUID NO_ID = new UUID(0, 0);
    private static final ClusterImage WITH_TOPIC = ClusterImage.EMPTY.apply(
            List.of(new TopicCreated(new UUID(1, 2), "t", List.of(PartitionImage.born(List.of(1))),
                        Collections.emptySortedMap())));

    private final ManualLoop loop = new ManualLoop();
    private final List<FetchRun.Part> answer = new ArrayList<>();

    private boolean mayWait = true;

    private final RequestContext context = new LocalClient(12, loop) {
        @Override
        public boolean mayWait(int things) {
            assertEquals(1, things);
            return mayWait;
        }

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
            // it stays
        }
    };

    @Test
    void aTopicDeletedBeforeTheFetchSleepsIsReportedAtOnce() {
        Shards shards = new Shards(
                List.of(loop), new DataFolder(new MemoryDisk()), () -> WITH_TOPIC, _ -> LogConfig.defaults());
        Deque<ClusterImage> images = new ArrayDeque<>(List.of(WITH_TOPIC, ClusterImage.EMPTY));
        FetchedPartition asked = new FetchedPartition(new FetchedPartition.Key("t", NO_ID, 0));
        new FetchRun(
                shards,
                () -> images.size() > 1 ? images.poll() : images.peek(),
                context,
                new FetchRun.Terms(1, 1 << 20, 500, Isolation.READ_UNCOMMITTED),
                List.of(asked),
                answer::addAll).start();
        loop.runAll();
        assertEquals(List.of(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION),
                answer.stream().map(FetchRun.Part::error).toList());
    }

    @Test
    void whoMayNotWaitIsAnsweredWithWhatThereIs() {
        Shards shards = new Shards(
                List.of(loop), new DataFolder(new MemoryDisk()), () -> WITH_TOPIC, _ -> LogConfig.defaults());
        FetchRun.Terms terms = new FetchRun.Terms(1, 1 << 20, Integer.MAX_VALUE, Isolation.READ_UNCOMMITTED);
        FetchedPartition asked = new FetchedPartition(new FetchedPartition.Key("t", NO_ID, 0));
        new FetchRun(shards, () -> WITH_TOPIC, context, terms, List.of(asked), answer::addAll).start();
        loop.runAll();
        assertEquals(List.of(), answer);
        mayWait = false;
        new FetchRun(shards, () -> WITH_TOPIC, context, terms, List.of(asked), answer::addAll).start();
        loop.runAll();
        assertEquals(List.of(ErrorCode.NONE), answer.stream().map(FetchRun.Part::error).toList());
    }

    /// Begun on one loop while there was the old topic, and come to the other one when there was the new.
    @Test
    void whoAsksForATopicByItsIdIsNotGivenRecordsOfItsNamesake() {
        UUID later = new UUID(3, 4);
        ClusterImage recreated = ClusterImage.EMPTY.apply(
                List.of(new TopicCreated(later, "t", List.of(PartitionImage.born(List.of(1))),
                            Collections.emptySortedMap())));
        Shards shards = new Shards(
                List.of(loop), new DataFolder(new MemoryDisk()), () -> recreated, _ -> LogConfig.defaults());
        TopicPartition id = new TopicPartition("t", 0);
        assertInstanceOf(AppendOutcome.Appended.class, shards.of(id).partition(id).appendFromClient(
                new RecordBatchBuilder(Compression.NONE).append(1, null, ByteBuffer.allocate(50)).build(),
                new ClientAppend((short) 12, (short) 1, null), 1));
        Deque<ClusterImage> images = new ArrayDeque<>(List.of(WITH_TOPIC, recreated));
        FetchedPartition asked = new FetchedPartition(new FetchedPartition.Key("", new UUID(1, 2), 0))
                .readFrom(0, 1 << 20, -1, -1);
        new FetchRun(
                shards,
                () -> images.size() > 1 ? images.poll() : images.peek(),
                context,
                new FetchRun.Terms(1, 1 << 20, 500, Isolation.READ_UNCOMMITTED),
                List.of(asked),
                answer::addAll).start();
        loop.runAll();
        assertEquals(List.of(ErrorCode.UNKNOWN_TOPIC_ID), answer.stream().map(FetchRun.Part::error).toList());
    }

    /// It would ask again at once, and again.
    @Test
    void manyPartitionsAreGoneThroughInSeveralTurnsAndAnsweredInTheirOrder() {
        int many = 2 * Slices.COST_PER_TURN + 1;
        List<FetchedPartition> asked = IntStream.range(0, many)
                .mapToObj(i -> new FetchedPartition(new FetchedPartition.Key("unknown", NO_ID, i))).toList();
        Shards shards = new Shards(
                List.of(loop), new DataFolder(new MemoryDisk()), () -> WITH_TOPIC, _ -> LogConfig.defaults());
        new FetchRun(shards, () -> WITH_TOPIC, context,
                new FetchRun.Terms(1, 1 << 20, 500, Isolation.READ_UNCOMMITTED), asked, answer::addAll).start();
        assertEquals(List.of(), answer);
        assertEquals(2, loop.runAll());
        assertEquals(asked, answer.stream().map(FetchRun.Part::asked).toList());
    }

    @Test
    void whoAsksForRecordsThatCannotBeReadWaits() {
        askForUnreadable(500, 0);
        loop.advance(499);
        assertEquals(List.of(), answer);
        loop.advance(1);
        assertEquals(List.of(ErrorCode.KAFKA_STORAGE_ERROR), answer.stream().map(FetchRun.Part::error).toList());
    }

    @Test
    void whoDoesNotWantToWaitForThemDoesALittle() {
        askForUnreadable(0, 0);
        loop.advance(99);
        assertEquals(List.of(), answer);
        loop.advance(1);
        assertEquals(List.of(ErrorCode.KAFKA_STORAGE_ERROR), answer.stream().map(FetchRun.Part::error).toList());
    }

    private void askForUnreadable(long maxWaitMs, int minBytes) {
        MemoryDisk disk = new MemoryDisk();
        Shards shards = new Shards(
                List.of(loop), new DataFolder(disk), () -> WITH_TOPIC, _ -> LogConfig.defaults());
        TopicPartition id = new TopicPartition("t", 0);
        Partition partition = shards.of(id).partition(id);
        assertInstanceOf(AppendOutcome.Appended.class, partition.appendFromClient(
                new RecordBatchBuilder(Compression.NONE).append(1, null, ByteBuffer.allocate(5_000)).build(),
                new ClientAppend((short) 12, (short) 1, null), 1));
        partition.readFailed(new IOException("of a test"));
        FetchRun.Terms terms = new FetchRun.Terms(minBytes, 1 << 20, maxWaitMs, Isolation.READ_UNCOMMITTED);
        FetchedPartition asked = new FetchedPartition(new FetchedPartition.Key("t", NO_ID, 0));
        new FetchRun(shards, () -> WITH_TOPIC, context, terms, List.of(asked), answer::addAll).start();
    }
}

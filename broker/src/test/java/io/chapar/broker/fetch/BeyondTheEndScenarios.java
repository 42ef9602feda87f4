package io.chapar.broker.fetch;

import io.chapar.broker.LocalClient;
import io.chapar.broker.log.CompactionLimits;
import io.chapar.broker.log.DataFolder;
import io.chapar.broker.log.LogConfig;
import io.chapar.broker.log.disk.MemoryDisk;
import io.chapar.broker.metadata.AskedMetadata;
import io.chapar.broker.metadata.ClusterImage;
import io.chapar.broker.metadata.MetadataCommand.ChangeIsr;
import io.chapar.broker.metadata.MetadataRecord.PartitionsChanged;
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
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

/// Who asks for more than a leader of a replicated partition has: "out of range" sends a reader back to the beginning,
/// so it is said by one alone that has found out that nobody has replaced it.
class BeyondTheEndScenarios {
    private static final int HERE = 1;
    private static final int OTHER = 2;
    private static final UUID TOPIC = new UUID(1, 2);
    private static final PartitionImage LED_HERE = new PartitionImage(
            HERE, 3, 7, List.of(HERE, OTHER), List.of(HERE), List.of());
    private static final PartitionImage LED_ELSEWHERE = new PartitionImage(
            OTHER, 4, 8, List.of(HERE, OTHER), List.of(OTHER), List.of());

    private final ManualLoop loop = new ManualLoop();
    private final List<ErrorCode> answer = new ArrayList<>();
    private final List<String> closed = new ArrayList<>();
    private ClusterImage image = ClusterImage.EMPTY.apply(List.of(new TopicCreated(
            TOPIC, "t", List.of(LED_HERE, LED_HERE), Collections.emptySortedMap())));

    private final AskedMetadata metadata = new AskedMetadata(() -> image);
    private final ReplicaHost replicas =
            new ReplicaHost(HERE, 10, loop, 10_000, metadata, FollowStreams.NONE, new SendingRates());
    private final Shards shards = new Shards(HERE, List.of(loop), new DataFolder(new MemoryDisk(), 8),
            () -> image, _ -> LogConfig.defaults(), CompactionLimits.DEFAULTS, ProducerLimits.none(),
            List.of(replicas));

    private void fetch(long maxWaitMs, FetchedPartition... what) {
        new FetchRun(shards, () -> image, new LocalClient(12, loop) {
            @Override
            public boolean mayWait(int things) {
                return true;
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
                closed.add(reason);
            }

            @Override
            public void onDisconnect(Runnable task) {
                // It stays.
            }
        }, new FetchRun.Terms(1, 1 << 20, maxWaitMs, Isolation.READ_UNCOMMITTED), List.of(what),
                parts -> parts.forEach(part -> answer.add(part.error()))).start();
        loop.advance(0);
    }

    private static FetchedPartition from(int partition, long offset) {
        return new FetchedPartition(new FetchedPartition.Key("t", new UUID(0, 0), partition))
                .readFrom(offset, 1 << 20, 3, -1);
    }

    private void append(int partition) {
        TopicPartition id = new TopicPartition("t", partition);
        assertInstanceOf(AppendOutcome.Appended.class, shards.of(id).partition(id).appendFromClient(
                new RecordBatchBuilder(Compression.NONE).append(1, null, ByteBuffer.allocate(50)).build(),
                new ClientAppend((short) 12, (short) 1, null), 1));
    }

    private void decided(int question) {
        assertEquals(new ChangeIsr(HERE, 10, List.of()), metadata.asked().get(question));
        metadata.decided(question);
        loop.advance(0);
    }

    @Test
    void aLeaderThatIsTheLatestSaysThatItIsOutOfRangeOnceItKnows() {
        fetch(500, from(0, 5));
        assertEquals(1, metadata.asked().size());
        assertEquals(List.of(), answer);
        decided(0);
        assertEquals(List.of(ErrorCode.OFFSET_OUT_OF_RANGE), answer);
        assertEquals(1, metadata.asked().size());
    }

    @Test
    void oneThatWasReplacedNeverSaysIt() {
        fetch(500, from(0, 5));
        image = image.apply(List.of(new PartitionsChanged(TOPIC, new TreeMap<>(Map.of(0, LED_ELSEWHERE)))));
        decided(0);
        assertEquals(List.of(ErrorCode.NOT_LEADER_OR_FOLLOWER), answer);
    }

    @Test
    void oneThatReachesNobodySendsTheReaderToAskOthers() {
        fetch(500, from(0, 5));
        loop.advance(500);
        assertEquals(List.of(ErrorCode.OFFSET_NOT_AVAILABLE), answer);
        metadata.unanswered(0);
        loop.advance(10_000);
        assertEquals(1, metadata.asked().size(), "nobody waits any more");
    }

    /// It would ask the same broker again, also for who leads.
    @Test
    void whoGetsNothingFromOneThatIsCutOffIsLeftToAskOthers() {
        replicas.cutOff(_ -> true);
        fetch(500, from(0, 5));
        fetch(500, from(0, 0));
        loop.advance(500);
        assertEquals(List.of(), answer);
        assertEquals(2, closed.size());
    }

    @Test
    void whatOneThatIsCutOffHasCanBeRead() {
        append(1);
        replicas.cutOff(_ -> true);
        fetch(500, from(1, 0));
        assertEquals(List.of(ErrorCode.NONE), answer);
        assertEquals(List.of(), closed);
    }

    @Test
    void aQuestionThatCameToNothingIsPutAgainWhileSomebodyWaits() {
        fetch(5_000, from(0, 5));
        metadata.unanswered(0);
        loop.advance(199);
        assertEquals(1, metadata.asked().size());
        loop.advance(1);
        decided(1);
        assertEquals(List.of(ErrorCode.OFFSET_OUT_OF_RANGE), answer);
    }

    /// What it is told may be of a time at which this one still led.
    @Test
    void aQuestionThatWasUnderWayIsNoAnswerToWhoCameLater() {
        fetch(500, from(0, 5));
        fetch(500, from(0, 6));
        decided(0);
        assertEquals(List.of(ErrorCode.OFFSET_OUT_OF_RANGE), answer);
        assertEquals(2, metadata.asked().size());
        decided(1);
        assertEquals(List.of(ErrorCode.OFFSET_OUT_OF_RANGE, ErrorCode.OFFSET_OUT_OF_RANGE), answer);
    }

    @Test
    void whoDoesNotWantToWaitDoesALittle() {
        fetch(0, from(0, 5));
        assertEquals(List.of(), answer);
        decided(0);
        assertEquals(List.of(ErrorCode.OFFSET_OUT_OF_RANGE), answer);
    }

    /// Else the proof would never be there where another partition is written to all the time.
    @Test
    void recordsOfAnotherPartitionWaitForTheProof() {
        append(1);
        fetch(500, from(0, 5), from(1, 0));
        assertEquals(List.of(), answer);
        decided(0);
        assertEquals(List.of(ErrorCode.OFFSET_OUT_OF_RANGE, ErrorCode.NONE), answer);
    }

    @Test
    void recordsOfAnotherPartitionDoNotWaitForAsLongAsNobodyDecides() {
        append(1);
        fetch(600_000, from(0, 5), from(1, 0));
        loop.advance(FetchRun.PROOF_PATIENCE_MS - 1);
        assertEquals(List.of(), answer);
        loop.advance(1);
        assertEquals(List.of(ErrorCode.OFFSET_NOT_AVAILABLE, ErrorCode.NONE), answer);
    }

    @Test
    void whatComesMeanwhileIsNotOutOfRange() {
        fetch(500, from(0, 1));
        append(0);
        decided(0);
        loop.advance(500);
        assertEquals(List.of(ErrorCode.NONE), answer);
    }
}

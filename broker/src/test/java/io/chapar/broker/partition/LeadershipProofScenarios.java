package io.chapar.broker.partition;

import io.chapar.broker.log.CompactionLimits;
import io.chapar.broker.log.DataFolder;
import io.chapar.broker.log.LogConfig;
import io.chapar.broker.log.disk.MemoryDisk;
import io.chapar.broker.metadata.AskedMetadata;
import io.chapar.broker.metadata.ClusterImage;
import io.chapar.broker.metadata.MetadataRecord.PartitionsChanged;
import io.chapar.broker.metadata.MetadataRecord.TopicCreated;
import io.chapar.broker.metadata.PartitionImage;
import io.chapar.broker.producer.ProducerLimits;
import io.chapar.broker.replica.FollowStreams;
import io.chapar.broker.replica.ReplicaHost;
import io.chapar.broker.replica.SendingRates;
import io.chapar.broker.runtime.ManualLoop;
import io.chapar.broker.shard.Shards;
import io.chapar.protocol.TopicPartition;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;

import static java.util.Objects.requireNonNull;
import static org.junit.jupiter.api.Assertions.assertEquals;

/// A request that wants to be sure that this broker leads, of a cluster that decides, or does not.
class LeadershipProofScenarios {
    private static final int HERE = 1;
    private static final int OTHER = 2;
    private static final UUID TOPIC = new UUID(1, 2);
    private static final PartitionImage LED_HERE = new PartitionImage(
            HERE, 3, 7, List.of(HERE, OTHER), List.of(HERE), List.of());
    private static final PartitionImage LED_ELSEWHERE = new PartitionImage(
            OTHER, 4, 8, List.of(HERE, OTHER), List.of(OTHER), List.of());
    private static final PartitionImage NOBODY_ELSES = new PartitionImage(
            HERE, 3, 7, List.of(HERE), List.of(HERE), List.of());
    private static final int ALONE = 2;

    private final ManualLoop loop = new ManualLoop();
    private final List<Boolean> answers = new ArrayList<>();
    private ClusterImage image = ClusterImage.EMPTY.apply(List.of(new TopicCreated(
            TOPIC, "t", List.of(LED_HERE, LED_HERE, NOBODY_ELSES), Collections.emptySortedMap())));

    private final AskedMetadata metadata = new AskedMetadata(() -> image);
    private final ReplicaHost replicas =
            new ReplicaHost(HERE, 10, loop, 10_000, metadata, FollowStreams.NONE, new SendingRates());
    private final Shards shards = new Shards(HERE, List.of(loop), new DataFolder(new MemoryDisk(), 8),
            () -> image, _ -> LogConfig.defaults(), CompactionLimits.DEFAULTS, ProducerLimits.none(),
            List.of(replicas));

    private void ask(LeadershipProof proof, int partition) {
        TopicPartition id = new TopicPartition("t", partition);
        proof.ask(requireNonNull(shards.of(id).partition(id), "it is here"), answers::add);
        loop.runAll();
    }

    private void decided(int question) {
        metadata.decided(question);
        loop.runAll();
    }

    @Test
    void allThatOneRequestAsksSharesOneProof() {
        LeadershipProof proof = new LeadershipProof(loop);
        ask(proof, 0);
        ask(proof, 1);
        assertEquals(List.of(), answers);
        assertEquals(1, metadata.asked().size());
        decided(0);
        ask(proof, 0);
        assertEquals(List.of(true, true, true), answers);
        loop.advance(2 * LeadershipProof.PATIENCE_MS);
        assertEquals(3, answers.size(), "each is told once");
        assertEquals(1, metadata.asked().size());
    }

    @Test
    void oneThatWasReplacedIsNotSure() {
        LeadershipProof proof = new LeadershipProof(loop);
        ask(proof, 0);
        ask(proof, 1);
        image = image.apply(List.of(new PartitionsChanged(TOPIC, new TreeMap<>(Map.of(0, LED_ELSEWHERE)))));
        decided(0);
        assertEquals(List.of(false, true), answers);
    }

    @Test
    void whereNobodyDecidesTheAnswerIsNoAndNothingIsLeft() {
        LeadershipProof proof = new LeadershipProof(loop);
        ask(proof, 0);
        loop.advance(LeadershipProof.PATIENCE_MS - 1);
        assertEquals(List.of(), answers);
        loop.advance(1);
        assertEquals(List.of(false), answers);
        ask(proof, 1);
        assertEquals(List.of(false, false), answers, "one patience for the whole request");
        metadata.unanswered(0);
        loop.advance(60_000);
        assertEquals(1, metadata.asked().size(), "nobody waits any more");
    }

    @Test
    void nobodyElseCouldLeadWhatHasOneReplica() {
        ask(new LeadershipProof(loop), ALONE);
        assertEquals(List.of(true), answers);
        assertEquals(0, metadata.asked().size());
    }
}

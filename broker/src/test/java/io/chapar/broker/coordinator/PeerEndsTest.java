package io.chapar.broker.coordinator;

import io.chapar.broker.metadata.ClusterImage;
import io.chapar.broker.metadata.MetadataRecord;
import io.chapar.broker.metadata.PartitionImage;
import io.chapar.broker.metrics.MeasuredThings;
import io.chapar.broker.metrics.Totals;
import io.chapar.broker.peer.Peers;
import io.chapar.broker.runtime.ManualLoop;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.message.ListOffsetsRequest;
import io.chapar.protocol.message.ListOffsetsResponse;
import io.chapar.protocol.message.ListOffsetsResponse.ListOffsetsPartitionResponse;
import io.chapar.protocol.message.ListOffsetsResponse.ListOffsetsTopicResponse;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.IntStream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

class PeerEndsTest {
    private static final int PARTITIONS = 900;

    private final ManualLoop loop = new ManualLoop();
    private final Totals totals = new Totals();
    private final List<String> asked = new ArrayList<>();
    private boolean done;

    /// Partition n is led by broker n modulo 3, this one being 0.
    private static ClusterImage cluster() {
        return cluster(3);
    }

    private static ClusterImage cluster(int brokers) {
        return ClusterImage.EMPTY.apply(List.of(new MetadataRecord.TopicCreated(new UUID(1, 1), "t",
                IntStream.range(0, PARTITIONS).mapToObj(i -> PartitionImage.born(List.of(i % brokers))).toList(),
                Collections.emptySortedMap())));
    }

    private void ask(Peers peers) {
        new PeerEnds(new ClusterPlacement(0, PeerEndsTest::cluster), peers).ask(loop,
                IntStream.range(0, PARTITIONS).mapToObj(i -> new TopicPartition("t", i)).toList(), totals,
                () -> done = true);
        loop.runAll();
        assertTrue(done);
    }

    private static ListOffsetsResponse answer(ListOffsetsRequest request) {
        return ListOffsetsResponse.builder().topics(request.topics().stream().map(topic ->
                new ListOffsetsTopicResponse(topic.name(), topic.partitions().stream().map(one ->
                        new ListOffsetsPartitionResponse(one.partitionIndex(), one.partitionIndex() == 1
                                ? ErrorCode.NOT_LEADER_OR_FOLLOWER.code() : 0, -1,
                                request.isolationLevel() == 0 ? 100 : 90, 0)).toList())).toList()).build();
    }

    @Test
    void leadersAreAskedForWhatTheyLeadAFewAtATime() {
        ask((node, request, _, caller, _, answered) -> {
            ListOffsetsRequest question = (ListOffsetsRequest) request;
            int partitions = question.topics().stream().mapToInt(topic -> topic.partitions().size()).sum();
            asked.add(node + " " + question.isolationLevel() + " " + partitions);
            caller.execute(() -> answered.accept(new Peers.Answered(answer(question))));
        });
        assertEquals(List.of("1 0 250", "1 1 250", "1 0 50", "1 1 50", "2 0 250", "2 1 250", "2 0 50", "2 1 50"),
                asked);
        Map<TopicPartition, Totals.Ends> ends = MeasuredThings.endsElsewhere(totals);
        assertEquals(2 * PARTITIONS / 3 - 1, ends.size(), "without the one that is led by another by now");
        assertEquals(new Totals.Ends(100, 90), ends.get(new TopicPartition("t", 2)));
    }

    @Test
    void whoDoesNotAnswerIsAskedNothingMore() {
        ask((node, request, _, caller, _, answered) -> {
            asked.add(node + " " + ((ListOffsetsRequest) request).isolationLevel());
            caller.execute(() -> answered.accept(node == 1 ? new Peers.Lost("it is silent")
                    : new Peers.Answered(answer((ListOffsetsRequest) request))));
        });
        assertEquals(List.of("1 0", "2 0", "2 1", "2 0", "2 1"), asked);
        assertEquals(PARTITIONS / 3, MeasuredThings.endsElsewhere(totals).size());
    }

    /// Whoever looks has other things to show.
    @Test
    void manyThatAreSilentDoNotHoldUpALook() {
        Peers silent = (node, _, _, caller, deadlineMs, answered) -> {
            asked.add("" + node);
            caller.schedule(deadlineMs - caller.nowMs(), () -> answered.accept(new Peers.Lost("it is silent")));
        };
        new PeerEnds(new ClusterPlacement(0, () -> cluster(30)), silent).ask(loop,
                IntStream.range(0, PARTITIONS).mapToObj(i -> new TopicPartition("t", i)).toList(), totals,
                () -> done = true);
        loop.advance(PeerEnds.MOST_MS);
        assertTrue(done);
        assertEquals(List.of("1", "2"), asked);
    }
}

package io.chapar.broker.cluster;

import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.CreateTopicsRequest;
import io.chapar.protocol.message.CreateTopicsRequest.CreatableTopic;
import io.chapar.protocol.message.ElectLeadersRequest;
import io.chapar.protocol.message.ElectLeadersRequest.TopicPartitions;
import io.chapar.protocol.message.ElectLeadersResponse;
import io.chapar.protocol.message.ElectLeadersResponse.PartitionResult;
import org.junit.jupiter.api.Test;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

/// Any broker is asked for other leaders.
class ElectLeadersScenarios {
    private static final byte PREFERRED = 0;
    private static final byte UNCLEAN = 1;

    private final ClusterFixture cluster = new ClusterFixture(3, 1, 5, Map.of(
            "default.replication.factor", "3", "replica.lag.time.max.ms", "2000"));

    private ElectLeadersResponse ask(int broker, ElectLeadersRequest request) {
        ElectLeadersResponse answer = (ElectLeadersResponse) cluster.ask(broker, request, 2);
        cluster.settle();
        return answer;
    }

    private static Map<String, ErrorCode> errors(ElectLeadersResponse answer) {
        assertEquals(ErrorCode.NONE.code(), answer.errorCode());
        Map<String, ErrorCode> errors = new TreeMap<>();
        answer.replicaElectionResults().forEach(topic -> {
            for (PartitionResult partition : topic.partitionResult()) {
                errors.put(topic.topic() + "-" + partition.partitionId(), ErrorCode.of(partition.errorCode()));
            }
        });
        return errors;
    }

    private static ElectLeadersRequest all(byte kind) {
        return new ElectLeadersRequest(kind, null, 5_000);
    }

    private void createTopic(int partitions) {
        cluster.ask(1, CreateTopicsRequest.builder().timeoutMs(5_000).topics(List.of(CreatableTopic.builder()
                .name("t").numPartitions(partitions).replicationFactor((short) 3).build())).build(), 7);
        cluster.settle();
    }

    private List<Integer> preferredBy(int broker, int partitions) {
        return IntStream.range(0, partitions).filter(i ->
                cluster.image().topic("t").partition(i).replicas().getFirst() == broker).boxed().toList();
    }

    @Test
    void afterARestartTheFirstReplicasLeadAgain() {
        createTopic(6);
        List<Integer> own = preferredBy(2, 6);
        cluster.fence(2);
        assertEquals(ErrorCode.PREFERRED_LEADER_NOT_AVAILABLE, errors(ask(1, new ElectLeadersRequest(PREFERRED,
                List.of(new TopicPartitions("t", own)), 5_000))).get("t-" + own.getFirst()));
        cluster.unfence(2);
        cluster.advance(2_000);
        own.forEach(partition -> assertNotEquals(2, cluster.leader("t", partition)));
        Map<String, ErrorCode> errors = errors(ask(3, all(PREFERRED)));
        assertEquals(own.size(), errors.size(), "those alone that needed it");
        errors.forEach((partition, error) -> assertEquals(ErrorCode.NONE, error, partition));
        own.forEach(partition -> assertEquals(2, cluster.leader("t", partition)));
        assertEquals(Map.of(), errors(ask(1, all(PREFERRED))));
        assertEquals(Map.of(), errors(ask(1, all(UNCLEAN))));
    }

    @Test
    void whatIsNotThereOrMakesNoSenseIsRefused() {
        createTopic(1);
        Map<String, ErrorCode> errors = errors(ask(2, new ElectLeadersRequest(UNCLEAN, List.of(
                new TopicPartitions("t", List.of(0, 1)), new TopicPartitions("not/a name", List.of(0))), 5_000)));
        assertEquals(new TreeMap<>(Map.of("t-0", ErrorCode.ELECTION_NOT_NEEDED,
                "t-1", ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
                "not/a name-0", ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)), errors);
        assertEquals(ErrorCode.INVALID_REQUEST.code(), ask(1, all((byte) 2)).errorCode());
    }
}

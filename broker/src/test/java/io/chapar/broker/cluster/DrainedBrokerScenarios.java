package io.chapar.broker.cluster;

import io.chapar.broker.metadata.TopicImage;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.CreatePartitionsRequest;
import io.chapar.protocol.message.CreatePartitionsResponse;
import io.chapar.protocol.message.CreateTopicsRequest;
import io.chapar.protocol.message.CreateTopicsRequest.CreatableReplicaAssignment;
import io.chapar.protocol.message.CreateTopicsRequest.CreatableTopic;
import io.chapar.protocol.message.CreateTopicsResponse;
import io.chapar.protocol.message.CreateTopicsResponse.CreatableTopicResult;
import io.chapar.protocol.message.DescribeLogDirsRequest;
import io.chapar.protocol.message.DescribeLogDirsResponse;
import io.chapar.protocol.message.IncrementalAlterConfigsRequest;
import io.chapar.protocol.message.IncrementalAlterConfigsRequest.AlterConfigsResource;
import io.chapar.protocol.message.IncrementalAlterConfigsRequest.AlterableConfig;
import io.chapar.protocol.message.IncrementalAlterConfigsResponse;
import io.chapar.protocol.message.IncrementalAlterConfigsResponse.AlterConfigsResourceResponse;
import io.chapar.protocol.message.UnregisterBrokerRequest;
import io.chapar.protocol.message.UnregisterBrokerResponse;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import java.util.List;
import java.util.Map;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Three brokers, of which broker 3 is drained: it keeps what it has, and gets no new replicas but by name.
class DrainedBrokerScenarios {
    private static final byte BROKER_KIND = 4;
    private static final byte SET = 0;
    private static final byte UNSET = 1;
    private static final int DRAINED = 3;
    private static final String CORDONED = "cordoned.log.dirs";

    private final ClusterFixture cluster =
            new ClusterFixture(3, 1, 5, Map.of("default.replication.factor", "3"));

    private AlterConfigsResourceResponse cordon(int at, String broker, byte how, @Nullable String value) {
        IncrementalAlterConfigsResponse answer = (IncrementalAlterConfigsResponse) cluster.ask(at,
                IncrementalAlterConfigsRequest.builder().resources(List.of(new AlterConfigsResource(
                        BROKER_KIND, broker, List.of(new AlterableConfig(CORDONED, how, value))))).build(), 1);
        cluster.settle();
        return answer.responses().getFirst();
    }

    private void drain() {
        assertEquals(ErrorCode.NONE.code(), cordon(1, "3", SET, "*").errorCode());
    }

    private CreatableTopicResult create(CreatableTopic.Builder topic) {
        CreateTopicsResponse answer = (CreateTopicsResponse) cluster.ask(1,
                CreateTopicsRequest.builder().timeoutMs(5_000).topics(List.of(topic.build())).build(), 7);
        cluster.settle();
        return answer.topics().getFirst();
    }

    private CreatableTopicResult create(String name, int partitions, int factor) {
        return create(CreatableTopic.builder().name(name).numPartitions(partitions)
                .replicationFactor((short) factor));
    }

    private CreatePartitionsResponse extend(String name, int total) {
        CreatePartitionsResponse answer = (CreatePartitionsResponse) cluster.ask(2,
                new CreatePartitionsRequest(List.of(
                        new CreatePartitionsRequest.CreatePartitionsTopic(name, total, null)), 5_000, false), 3);
        cluster.settle();
        return answer;
    }

    private long replicasAtDrained(String topic) {
        TopicImage image = cluster.image().topic(topic);
        return image.all().stream().filter(each -> each.replicas().contains(DRAINED)).count();
    }

    private boolean isCordoned(int broker) {
        DescribeLogDirsResponse answer = (DescribeLogDirsResponse) cluster.ask(
                broker, new DescribeLogDirsRequest(List.of()), 5);
        return answer.results().getFirst().isCordoned();
    }

    @Test
    void newReplicasGoToTheOthers() {
        create("before", 6, 2);
        long before = replicasAtDrained("before");
        assertTrue(before > 0);
        drain();
        assertEquals(before, replicasAtDrained("before"), "what it has stays");
        assertEquals(ErrorCode.NONE.code(), create("after", 12, 2).errorCode());
        assertEquals(0, replicasAtDrained("after"));
        assertEquals(ErrorCode.NONE.code(), extend("before", 12).results().getFirst().errorCode());
        assertEquals(before, replicasAtDrained("before"));
        assertTrue(isCordoned(DRAINED));
        assertFalse(isCordoned(1));
    }

    @Test
    void whoAsksForMoreReplicasThanTheOthersCanHaveHearsWhy() {
        drain();
        CreatableTopicResult refused = create("t", 1, 3);
        assertEquals(ErrorCode.INVALID_REPLICATION_FACTOR.code(), refused.errorCode());
        assertEquals("Replication factor 3 cannot be reached because the cluster has 3 brokers, of which 1 is drained.",
                refused.errorMessage());
        assertEquals(ErrorCode.NONE.code(), create("t", 4, -1).errorCode());
        assertEquals(2, cluster.image().topic("t").partition(0).replicas().size(), "as many as there can be");
        assertEquals(0, replicasAtDrained("t"));
    }

    @Test
    void whatIsAssignedByNameIsTaken() {
        drain();
        assertEquals(ErrorCode.NONE.code(), create(CreatableTopic.builder().name("t").numPartitions(-1)
                .replicationFactor((short) -1)
                .assignments(List.of(new CreatableReplicaAssignment(0, List.of(DRAINED, 1))))).errorCode());
        assertEquals(1, replicasAtDrained("t"));
        assertEquals(DRAINED, cluster.leader("t", 0));
    }

    @Test
    void itStaysSoThroughANewLifeUntilItIsTakenBack() {
        drain();
        cluster.kill(DRAINED);
        cluster.fence(DRAINED);
        cluster.start(DRAINED);
        assertTrue(isCordoned(DRAINED));
        create("a", 6, 2);
        assertEquals(0, replicasAtDrained("a"));
        assertEquals(ErrorCode.NONE.code(), cordon(2, "3", UNSET, null).errorCode());
        assertFalse(isCordoned(DRAINED));
        create("b", 6, 3);
        assertEquals(6, replicasAtDrained("b"));
    }

    @Test
    void anotherBrokerOfItsNumberIsNotDrained() {
        drain();
        cluster.kill(DRAINED);
        cluster.fence(DRAINED);
        UnregisterBrokerResponse answer =
                (UnregisterBrokerResponse) cluster.ask(1, new UnregisterBrokerRequest(DRAINED), 0);
        assertEquals(ErrorCode.NONE.code(), answer.errorCode());
        cluster.settle();
        cluster.start(DRAINED);
        assertFalse(isCordoned(DRAINED));
    }

    @Test
    void whatMakesNoSenseIsRefused() {
        assertEquals(ErrorCode.INVALID_REQUEST.code(), cordon(1, "", SET, "*").errorCode());
        AlterConfigsResourceResponse refused = cordon(1, "3", SET, "/elsewhere");
        assertEquals(ErrorCode.INVALID_REQUEST.code(), refused.errorCode());
        assertEquals("cordoned.log.dirs is to be *, or empty: a broker has one folder.", refused.errorMessage());
        assertEquals(ErrorCode.NONE.code(), cordon(1, "3", SET, "").errorCode());
        assertFalse(isCordoned(DRAINED));
    }
}

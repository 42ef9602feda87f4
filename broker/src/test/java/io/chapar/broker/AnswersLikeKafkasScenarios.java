package io.chapar.broker;

import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.ConsumerGroupHeartbeatRequest;
import io.chapar.protocol.message.ConsumerGroupHeartbeatRequest.TopicPartitions;
import io.chapar.protocol.message.ConsumerGroupHeartbeatResponse;
import io.chapar.protocol.message.CreateTopicsRequest;
import io.chapar.protocol.message.CreateTopicsResponse;
import io.chapar.protocol.message.DescribeClusterRequest;
import io.chapar.protocol.message.DescribeClusterResponse;
import io.chapar.protocol.message.DescribeConfigsRequest;
import io.chapar.protocol.message.DescribeConfigsRequest.DescribeConfigsResource;
import io.chapar.protocol.message.DescribeConfigsResponse;
import io.chapar.protocol.message.DescribeConfigsResponse.DescribeConfigsResourceResult;
import io.chapar.protocol.message.DescribeGroupsRequest;
import io.chapar.protocol.message.DescribeGroupsResponse;
import io.chapar.protocol.message.DescribeUserScramCredentialsRequest;
import io.chapar.protocol.message.DescribeUserScramCredentialsRequest.UserName;
import io.chapar.protocol.message.DescribeUserScramCredentialsResponse;
import io.chapar.protocol.message.MetadataRequest;
import io.chapar.protocol.message.MetadataRequest.MetadataRequestTopic;
import io.chapar.protocol.message.MetadataResponse;
import io.chapar.protocol.message.StreamsGroupHeartbeatRequest;
import io.chapar.protocol.message.StreamsGroupHeartbeatRequest.TaskIds;
import io.chapar.protocol.message.StreamsGroupHeartbeatRequest.TaskOffset;
import io.chapar.protocol.message.StreamsGroupHeartbeatResponse;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.IntStream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// What Kafka's administration clients show of an answer beside its error: as a broker of Kafka 4.4 without an
/// authorizer fills it in.
final class AnswersLikeKafkasScenarios {
    private static final int ALL_OF_A_TOPIC = 3576;
    private static final int ALL_OF_A_GROUP = 3400;
    private static final int ALL_OF_THE_CLUSTER = 8096;
    private static final int UNASKED = Integer.MIN_VALUE;

    private final BrokerFixture broker = BrokerFixture.onOneLoop(Map.of());

    private MetadataResponse metadata(boolean ask) {
        return (MetadataResponse) broker.ask(MetadataRequest.builder()
                .topics(List.of(new MetadataRequestTopic(new UUID(0, 0), "t")))
                .includeTopicAuthorizedOperations(ask)
                .includeClusterAuthorizedOperations(ask)
                .build(), 10);
    }

    @Test
    void operationsAreToldToWhoAsks() {
        broker.createTopic("t", 1);
        broker.createCoordinators();
        assertEquals(ALL_OF_A_TOPIC, metadata(true).topics().getFirst().topicAuthorizedOperations());
        assertEquals(ALL_OF_THE_CLUSTER, metadata(true).clusterAuthorizedOperations());
        assertEquals(UNASKED, metadata(false).topics().getFirst().topicAuthorizedOperations());
        assertEquals(UNASKED, metadata(false).clusterAuthorizedOperations());
        for (boolean ask : List.of(true, false)) {
            DescribeClusterResponse cluster = (DescribeClusterResponse) broker.ask(
                    DescribeClusterRequest.builder().includeClusterAuthorizedOperations(ask).endpointType((byte) 1)
                            .build(), 1);
            assertEquals(ask ? ALL_OF_THE_CLUSTER : UNASKED, cluster.clusterAuthorizedOperations());
            DescribeGroupsResponse groups = (DescribeGroupsResponse) broker.ask(
                    DescribeGroupsRequest.builder().groups(List.of("g")).includeAuthorizedOperations(ask).build(), 5);
            assertEquals(ask ? ALL_OF_A_GROUP : UNASKED, groups.groups().getFirst().authorizedOperations());
        }
    }

    /// Kafka's tool for quotas of users asks for these, too.
    @Test
    void nobodyHasScramCredentials() {
        DescribeUserScramCredentialsResponse all = (DescribeUserScramCredentialsResponse) broker.ask(
                new DescribeUserScramCredentialsRequest(null), 0);
        assertEquals(ErrorCode.NONE.code(), all.errorCode());
        assertEquals(List.of(), all.results());
        DescribeUserScramCredentialsResponse some = (DescribeUserScramCredentialsResponse) broker.ask(
                new DescribeUserScramCredentialsRequest(
                        List.of(new UserName("a"), new UserName("b"), new UserName("a"))), 0);
        assertEquals(List.of("a " + ErrorCode.DUPLICATE_RESOURCE, "b " + ErrorCode.RESOURCE_NOT_FOUND),
                some.results().stream().map(one -> one.user() + " " + ErrorCode.of(one.errorCode())).toList());
    }

    @Test
    void nobodyCreatesTheTopicOfKafkasController() {
        CreateTopicsResponse created = (CreateTopicsResponse) broker.ask(CreateTopicsRequest.builder()
                .topics(List.of(CreateTopicsRequest.CreatableTopic.builder()
                        .name("__cluster_metadata").numPartitions(1).replicationFactor((short) 1).build()))
                .build(), 7);
        assertEquals(ErrorCode.INVALID_REQUEST.code(), created.topics().getFirst().errorCode());
    }

    @Test
    void messagesOfSuccess() {
        CreateTopicsResponse created = (CreateTopicsResponse) broker.ask(CreateTopicsRequest.builder()
                .topics(List.of(CreateTopicsRequest.CreatableTopic.builder()
                        .name("t").numPartitions(1).replicationFactor((short) 1).build()))
                .build(), 7);
        assertEquals(ErrorCode.NONE.code(), created.topics().getFirst().errorCode());
        assertNull(created.topics().getFirst().errorMessage());
        DescribeConfigsResponse described = (DescribeConfigsResponse) broker.ask(DescribeConfigsRequest.builder()
                .resources(List.of(
                        new DescribeConfigsResource((byte) 2, "t", null),
                        new DescribeConfigsResource((byte) 4, "1", null)))
                .includeSynonyms(true)
                .build(), 4);
        described.results().forEach(result -> assertEquals("", result.errorMessage()));
        for (DescribeConfigsResourceResult setting : described.results().getFirst().configs()) {
            setting.synonyms().forEach(synonym -> assertTrue(
                    !synonym.name().equals(setting.name()) || setting.name().startsWith("compression.")
                            || setting.name().equals("min.insync.replicas")
                            || setting.name().equals("unclean.leader.election.enable"),
                    "a broker has no setting of the name " + synonym.name()));
        }
    }

    /// Of 20,000 topics with a partition each: the bound is of what is kept of a member.
    @Test
    void aMemberMaySayHowManyPartitionsItHas() {
        broker.createCoordinators();
        List<TopicPartitions> owned = new ArrayList<>();
        for (int i = 0; i < 20_000; i++) {
            owned.add(new TopicPartitions(new UUID(1, i), List.of(0)));
        }
        ConsumerGroupHeartbeatResponse answer = (ConsumerGroupHeartbeatResponse) broker.ask(
                ConsumerGroupHeartbeatRequest.builder().groupId("g").memberId("m").memberEpoch(1)
                        .topicPartitions(owned).build(), 1);
        assertEquals(ErrorCode.GROUP_ID_NOT_FOUND, ErrorCode.of(answer.errorCode()), answer.errorMessage());
    }

    /// All that a group may have: of a topic with 62,500 partitions.
    @Test
    void aMemberMaySayHowManyTasksItHas() {
        broker.createCoordinators();
        List<Integer> partitions = IntStream.range(0, 62_500).boxed().toList();
        List<TaskOffset> offsets = partitions.stream().map(each -> new TaskOffset("0", each, 7)).toList();
        StreamsGroupHeartbeatResponse answer = (StreamsGroupHeartbeatResponse) broker.ask(
                StreamsGroupHeartbeatRequest.builder().groupId("g").memberId("m").memberEpoch(1)
                        .activeTasks(List.of(new TaskIds("0", partitions))).standbyTasks(List.of())
                        .warmupTasks(List.of()).taskOffsets(offsets).taskEndOffsets(offsets).build(), 0);
        assertEquals(ErrorCode.GROUP_ID_NOT_FOUND, ErrorCode.of(answer.errorCode()), answer.errorMessage());
    }
}

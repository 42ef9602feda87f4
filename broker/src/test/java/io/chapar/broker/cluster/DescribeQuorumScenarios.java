package io.chapar.broker.cluster;

import io.chapar.broker.BrokerFixture;
import io.chapar.broker.config.HostPort;
import io.chapar.broker.metadata.MetadataQuorum;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.DescribeClusterRequest;
import io.chapar.protocol.message.DescribeClusterResponse;
import io.chapar.protocol.message.DescribeQuorumRequest;
import io.chapar.protocol.message.DescribeQuorumRequest.PartitionData;
import io.chapar.protocol.message.DescribeQuorumRequest.TopicData;
import io.chapar.protocol.message.DescribeQuorumResponse;
import io.chapar.protocol.message.DescribeQuorumResponse.Listener;
import io.chapar.protocol.message.DescribeQuorumResponse.Node;
import io.chapar.protocol.message.DescribeQuorumResponse.ReplicaState;
import io.chapar.protocol.message.MetadataRequest;
import io.chapar.protocol.message.MetadataResponse;
import org.junit.jupiter.api.Test;

import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.IntStream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Who votes on the metadata, and who decides, as clients are told.
class DescribeQuorumScenarios {
    private static final DescribeQuorumRequest ASKED = asked("__cluster_metadata", 0);

    private final ClusterFixture cluster = new ClusterFixture(3, 1, 5, Map.of());

    private static DescribeQuorumRequest asked(String topic, int... partitions) {
        return new DescribeQuorumRequest(List.of(new TopicData(
                topic, IntStream.of(partitions).mapToObj(PartitionData::new).toList())));
    }

    private static MetadataQuorum ledBy(int leader) {
        return new MetadataQuorum(leader, 7, 40, List.of(
                new MetadataQuorum.Voter(1, new UUID(0, 1), new HostPort("a", 9093), 41, 0, 0),
                new MetadataQuorum.Voter(2, new UUID(0, 2), new HostPort("b", 9093), 41, 120, 120),
                new MetadataQuorum.Voter(3, new UUID(0, 3), new HostPort("c", 9093), 20, 9_000, -1)));
    }

    private DescribeQuorumResponse describe(int broker) {
        return (DescribeQuorumResponse) cluster.ask(broker, ASKED, 2);
    }

    @Test
    void whoeverLeadsTellsHowFarTheVotersAre() {
        cluster.quorum(ledBy(1));
        DescribeQuorumResponse answer = describe(1);
        assertEquals(ErrorCode.NONE.code(), answer.errorCode());
        DescribeQuorumResponse.PartitionData quorum = answer.topics().getFirst().partitions().getFirst();
        assertEquals(1, quorum.leaderId());
        assertEquals(7, quorum.leaderEpoch());
        assertEquals(40, quorum.highWatermark());
        assertEquals(List.of(), quorum.observers());
        assertEquals(List.of(41L, 41L, 20L), quorum.currentVoters().stream().map(ReplicaState::logEndOffset).toList());
        ReplicaState leader = quorum.currentVoters().get(0);
        ReplicaState follower = quorum.currentVoters().get(1);
        ReplicaState late = quorum.currentVoters().get(2);
        assertEquals(new UUID(0, 2), follower.replicaDirectoryId());
        assertEquals(leader.lastFetchTimestamp() - 120, follower.lastFetchTimestamp());
        assertEquals(leader.lastCaughtUpTimestamp() - 120, follower.lastCaughtUpTimestamp());
        assertEquals(leader.lastFetchTimestamp() - 9_000, late.lastFetchTimestamp());
        assertEquals(-1, late.lastCaughtUpTimestamp());
        assertEquals(new Node(3, List.of(new Listener("QUORUM", "c", 9093))), answer.nodes().getLast());
        for (int version = 0; version < 2; version++) {
            assertEquals(1, ((DescribeQuorumResponse) cluster.ask(1, ASKED, version)).topics().getFirst()
                    .partitions().getFirst().leaderId());
        }
    }

    @Test
    void anotherBrokerAsksWhoeverLeads() {
        cluster.quorum(ledBy(1));
        int before = cluster.asked();
        assertEquals(describe(1).topics().getFirst().partitions().getFirst().highWatermark(),
                describe(2).topics().getFirst().partitions().getFirst().highWatermark());
        assertEquals(before + 1, cluster.asked());
    }

    @Test
    void whoCannotBeAskedIsSaidAndTheClientComesAgain() {
        cluster.quorum(ledBy(1));
        cluster.kill(1);
        DescribeQuorumResponse answer = describe(2);
        assertEquals(ErrorCode.LEADER_NOT_AVAILABLE.code(), answer.errorCode());
        assertEquals("Broker 1, which leads the metadata quorum, was asked in vain: nobody listens at broker 1.",
                answer.errorMessage());
        cluster.quorum(ledBy(MetadataQuorum.NOBODY));
        assertEquals("No majority of the metadata quorum agrees on a leader at present.", describe(2).errorMessage());
        cluster.quorum(null);
        for (int version = 0; version < 2; version++) {
            assertEquals(ErrorCode.LEADER_NOT_AVAILABLE.code(),
                    ((DescribeQuorumResponse) cluster.ask(2, ASKED, version)).errorCode());
        }
    }

    @Test
    void brokersThatEachTakeTheOtherForTheLeaderDoNotAskForEver() {
        cluster.quorum(ledBy(1));
        DescribeQuorumResponse answer = (DescribeQuorumResponse) cluster.askAsBroker(1, 2, ASKED, 2);
        assertEquals(ErrorCode.LEADER_NOT_AVAILABLE.code(), answer.errorCode());
        assertEquals("Broker 2 was asked, and does not lead the metadata quorum.", answer.errorMessage());
    }

    @Test
    void nothingElseHasAQuorum() {
        cluster.quorum(ledBy(1));
        for (DescribeQuorumRequest other : List.of(asked("t", 0, 1), asked("__cluster_metadata", 1),
                asked("__cluster_metadata", 0, 0), new DescribeQuorumRequest(List.of()))) {
            DescribeQuorumResponse answer = (DescribeQuorumResponse) cluster.ask(1, other, 2);
            assertEquals(ErrorCode.NONE.code(), answer.errorCode());
            assertEquals(other.topics().stream().mapToInt(topic -> topic.partitions().size()).sum(),
                    answer.topics().stream().mapToInt(topic -> topic.partitions().size()).sum());
            assertTrue(answer.topics().stream().flatMap(topic -> topic.partitions().stream()).allMatch(
                    partition -> partition.errorCode() == ErrorCode.UNKNOWN_TOPIC_OR_PARTITION.code()));
        }
    }

    @Test
    void aBrokerThatHasNoOthersIsTheOnlyVoter() {
        BrokerFixture alone = BrokerFixture.onOneLoop(Map.of());
        DescribeQuorumResponse answer = (DescribeQuorumResponse) alone.ask(ASKED, 2);
        DescribeQuorumResponse.PartitionData quorum = answer.topics().getFirst().partitions().getFirst();
        assertEquals(1, quorum.leaderId());
        assertEquals(1, quorum.currentVoters().size());
        assertEquals(quorum.highWatermark(), quorum.currentVoters().getFirst().logEndOffset());
        assertEquals(List.of(new Node(1, List.of())), answer.nodes());
    }

    @Test
    void theControllerIsWhoeverDecidesAsFarAsClientsReachIt() {
        cluster.quorum(ledBy(3));
        assertEquals(List.of(3, 3), controllers(1));
        cluster.fence(3);
        assertEquals(List.of(1, 1), controllers(1), "it is told of no broker that is fenced");
        cluster.quorum(null);
        assertEquals(List.of(2, 2), controllers(2));
    }

    private List<Integer> controllers(int asked) {
        return List.of(
                ((MetadataResponse) cluster.ask(asked, MetadataRequest.DEFAULT, 10)).controllerId(),
                ((DescribeClusterResponse) cluster.ask(asked, DescribeClusterRequest.builder()
                        .endpointType((byte) 1).build(), 1)).controllerId());
    }
}

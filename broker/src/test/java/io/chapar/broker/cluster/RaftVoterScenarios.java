package io.chapar.broker.cluster;

import io.chapar.broker.BrokerFixture;
import io.chapar.broker.metadata.MetadataQuorum;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.AddRaftVoterRequest;
import io.chapar.protocol.message.AddRaftVoterRequest.Listener;
import io.chapar.protocol.message.AddRaftVoterResponse;
import io.chapar.protocol.message.RemoveRaftVoterRequest;
import io.chapar.protocol.message.RemoveRaftVoterResponse;
import org.junit.jupiter.api.Test;

import java.util.List;
import java.util.Map;
import java.util.UUID;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Who may vote is changed by whoever leads the quorum, whichever broker is asked.
class RaftVoterScenarios {
    private static final UUID FOLDER = new UUID(0, 4);

    private final ClusterFixture cluster = new ClusterFixture(2, 1, 5, Map.of());

    private static AddRaftVoterRequest add(String clusterId, Listener... at) {
        return new AddRaftVoterRequest(clusterId, 10_000, 4, FOLDER, List.of(at), true);
    }

    private AddRaftVoterResponse ask(int broker, AddRaftVoterRequest request) {
        return (AddRaftVoterResponse) cluster.ask(broker, request, 1);
    }

    @Test
    void whoLeadsIsAskedAndItsWordHandedOn() {
        cluster.quorum(new MetadataQuorum(1, 7, 40, List.of()));
        for (int broker = 1; broker <= 2; broker++) {
            AddRaftVoterResponse added = ask(broker, add(null, new Listener("QUORUM", "a", 9)));
            assertEquals(ErrorCode.INVALID_REQUEST.code(), added.errorCode());
            assertTrue(added.errorMessage().startsWith("This broker has no others"), added.errorMessage());
            RemoveRaftVoterResponse removed = (RemoveRaftVoterResponse) cluster.ask(
                    broker, new RemoveRaftVoterRequest(null, 4, FOLDER), 0);
            assertEquals(ErrorCode.INVALID_REQUEST.code(), removed.errorCode());
        }
    }

    @Test
    void whatCannotBeAskedIsRefusedWithTheReason() {
        cluster.quorum(new MetadataQuorum(1, 7, 40, List.of()));
        assertEquals("A voter needs an address, and none is named.", ask(2, add(null)).errorMessage());
        Listener at = new Listener("QUORUM", "a", 9);
        assertEquals(ErrorCode.INCONSISTENT_CLUSTER_ID.code(), ask(2, add("another", at)).errorCode());
        AddRaftVoterResponse circle = (AddRaftVoterResponse) cluster.askAsBroker(1, 2, add(null, at), 1);
        assertEquals("Broker 2 was asked, and does not lead the metadata quorum.", circle.errorMessage());
        cluster.quorum(new MetadataQuorum(MetadataQuorum.NOBODY, 7, 40, List.of()));
        assertEquals(ErrorCode.NOT_LEADER_OR_FOLLOWER.code(), ask(2, add(null, at)).errorCode());
        cluster.quorum(new MetadataQuorum(1, 7, 40, List.of()));
        cluster.kill(1);
        AddRaftVoterResponse gone = ask(2, add(null, at));
        assertEquals(ErrorCode.NOT_LEADER_OR_FOLLOWER.code(), gone.errorCode());
        assertTrue(gone.errorMessage().contains("was asked in vain"), gone.errorMessage());
    }

    @Test
    void aBrokerThatHasNoOthersLetsNobodyVote() {
        RemoveRaftVoterResponse answer = (RemoveRaftVoterResponse) BrokerFixture.onOneLoop(Map.of()).ask(
                new RemoveRaftVoterRequest(null, 1, FOLDER), 0);
        assertEquals(ErrorCode.INVALID_REQUEST.code(), answer.errorCode());
    }
}

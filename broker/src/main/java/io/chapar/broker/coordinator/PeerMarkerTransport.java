package io.chapar.broker.coordinator;

import io.chapar.broker.partition.MarkerAppend;
import io.chapar.broker.peer.Peers;
import io.chapar.broker.runtime.Loop;
import io.chapar.broker.runtime.Slices;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.message.Response;
import io.chapar.protocol.message.WriteTxnMarkersRequest;
import io.chapar.protocol.message.WriteTxnMarkersRequest.WritableTxnMarker;
import io.chapar.protocol.message.WriteTxnMarkersRequest.WritableTxnMarkerTopic;
import io.chapar.protocol.message.WriteTxnMarkersResponse;
import io.chapar.protocol.message.WriteTxnMarkersResponse.WritableTxnMarkerPartitionResult;
import io.chapar.protocol.message.WriteTxnMarkersResponse.WritableTxnMarkerResult;
import io.chapar.protocol.message.WriteTxnMarkersResponse.WritableTxnMarkerTopicResult;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// Markers for partitions anywhere in the cluster: those of one turn for one broker are one request, or, where they are
/// very many, some. What does not get
/// through in time comes back as something to be tried again, by then perhaps of another broker.
public final class PeerMarkerTransport implements MarkerTransport {
    private static final short VERSION = 2;
    /// How long one attempt waits for replication at the other broker before its coordinator tries again.
    private static final long ATTEMPT_MS = 12_000;
    /// In one request, so that it is never longer than links take.
    static final int MARKERS_AT_ONCE = 2_000;

    private final MarkerTransport local;
    private final ClusterPlacement placement;
    private final Peers peers;

    public PeerMarkerTransport(MarkerTransport local, ClusterPlacement placement, Peers peers) {
        this.local = local;
        this.placement = placement;
        this.peers = peers;
    }

    @Override
    public void send(List<Addressed> markers, Loop caller, Answers answers) {
        if (markers.stream().allMatch(one -> placement.leaderOrHere(one.partition()) == placement.here())) {
            local.send(markers, caller, answers);
            return;
        }
        Map<Integer, List<Integer>> byLeader = new TreeMap<>();
        for (int index = 0; index < markers.size(); index++) {
            int leader = placement.leaderOrHere(markers.get(index).partition());
            byLeader.computeIfAbsent(leader, _ -> new ArrayList<>()).add(index);
        }
        byLeader.forEach((leader, indexes) -> {
            if (leader == placement.here()) {
                local.send(indexes.stream().map(markers::get).toList(), caller, (place, error, exists) ->
                        answers.answered(indexes.get(place), error, exists));
            } else {
                Slices.chunks(indexes, MARKERS_AT_ONCE)
                        .forEach(some -> ask(leader, new Errand(markers, some), caller, answers));
            }
        });
    }

    private void ask(int leader, Errand errand, Loop caller, Answers answers) {
        peers.ask(leader, errand.request(), VERSION, caller, caller.nowMs() + ATTEMPT_MS, asked -> {
            List<ErrorCode> errors = asked instanceof Peers.Answered(Response response)
                    ? errand.errors((WriteTxnMarkersResponse) response) : errand.all(ErrorCode.NOT_LEADER_OR_FOLLOWER);
            for (int place = 0; place < errors.size(); place++) {
                int index = errand.indexes().get(place);
                boolean exists = placement.exists(errand.markers().get(index).partition());
                answers.answered(index, errors.get(place), exists);
            }
        });
    }

    /// Some of the markers, on their way to one broker. A marker of the request stands for one or more of them.
    ///
    /// @param indexes of the markers, in the order of the request
    private record Errand(List<Addressed> markers, List<Integer> indexes) {
        Errand {
            Map<MarkerAppend, List<Integer>> byMarker = new LinkedHashMap<>();
            for (int index : indexes) {
                byMarker.computeIfAbsent(markers.get(index).marker(), _ -> new ArrayList<>()).add(index);
            }
            indexes = byMarker.values().stream().flatMap(List::stream).toList();
        }

        WriteTxnMarkersRequest request() {
            List<WritableTxnMarker> asked = new ArrayList<>();
            for (int from = 0; from < indexes.size(); ) {
                MarkerAppend marker = markers.get(indexes.get(from)).marker();
                List<WritableTxnMarkerTopic> topics = new ArrayList<>();
                int to = from;
                while (to < indexes.size() && markers.get(indexes.get(to)).marker().equals(marker)) {
                    TopicPartition partition = markers.get(indexes.get(to)).partition();
                    topics.add(new WritableTxnMarkerTopic(partition.topic(), List.of(partition.partition())));
                    to++;
                }
                asked.add(new WritableTxnMarker(marker.producerId(), marker.producerEpoch(), marker.commit(), topics,
                        marker.coordinatorEpoch(), (byte) marker.transactionVersion()));
                from = to;
            }
            return WriteTxnMarkersRequest.builder().markers(asked).build();
        }

        /// By place in [#indexes]; what the answer does not tell is to be tried again.
        List<ErrorCode> errors(WriteTxnMarkersResponse response) {
            List<ErrorCode> errors = new ArrayList<>();
            for (WritableTxnMarkerResult marker : response.markers()) {
                for (WritableTxnMarkerTopicResult topic : marker.topics()) {
                    for (WritableTxnMarkerPartitionResult partition : topic.partitions()) {
                        errors.add(ErrorCode.of(partition.errorCode()));
                    }
                }
            }
            return errors.size() == indexes.size() ? errors : all(ErrorCode.UNKNOWN_SERVER_ERROR);
        }

        List<ErrorCode> all(ErrorCode error) {
            return indexes.stream().map(_ -> error).toList();
        }
    }
}

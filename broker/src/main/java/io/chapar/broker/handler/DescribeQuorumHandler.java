package io.chapar.broker.handler;

import io.chapar.broker.coordinator.Caller;
import io.chapar.broker.metadata.MetadataQuorum;
import io.chapar.broker.peer.Peers;
import io.chapar.broker.request.RequestContext;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.WireReader;
import io.chapar.protocol.message.DescribeQuorumRequest;
import io.chapar.protocol.message.DescribeQuorumResponse;
import io.chapar.protocol.message.DescribeQuorumResponse.Listener;
import io.chapar.protocol.message.DescribeQuorumResponse.Node;
import io.chapar.protocol.message.DescribeQuorumResponse.PartitionData;
import io.chapar.protocol.message.DescribeQuorumResponse.ReplicaState;
import io.chapar.protocol.message.DescribeQuorumResponse.TopicData;

import java.util.List;

/// Who votes on the cluster's metadata, and how far each is. Versions 0-2.
///
/// v1 tells when each was heard of and had everything, v2 where each is reached, its folder, and errors in words.
///
/// How far others are only whoever leads knows: another broker asks it. Offsets are indexes of the quorum's log, or of
/// a broker that has no others the version of its metadata. Brokers that do not vote observe; they have no such log, so
/// nothing is told of how far they are.
final class DescribeQuorumHandler {
    static final String TOPIC = "__cluster_metadata";
    private static final String LISTENER = "QUORUM";
    private static final int FIRST_WITH_FOLDERS = 2;
    private static final long WAIT_MS = 2_000;

    private final LocalBroker node;
    private final Peers peers;

    DescribeQuorumHandler(LocalBroker node, Peers peers) {
        this.node = node;
        this.peers = peers;
    }

    void handle(DescribeQuorumRequest request, RequestContext context) {
        if (!isOfTheMetadata(request)) {
            context.reply(unknown(request));
            return;
        }
        MetadataQuorum quorum = node.metadata().quorum();
        if (quorum != null && quorum.isLedBy(node.id())) {
            context.reply(answer(quorum, observers(quorum), context.apiVersion(), context.loop().wallClockMs()));
        } else if (quorum == null || quorum.leader() == MetadataQuorum.NOBODY) {
            context.reply(refusal("No majority of the metadata quorum agrees on a leader at present."));
        } else if (context.principal().equals(Caller.BROKER)) {
            context.reply(refusal("Broker " + node.id() + " was asked, and does not lead the metadata quorum."));
        } else {
            ask(quorum.leader(), request, context);
        }
    }

    /// As in Kafka: nothing else has a quorum.
    private static boolean isOfTheMetadata(DescribeQuorumRequest request) {
        return request.topics().size() == 1 && request.topics().getFirst().topicName().equals(TOPIC)
                && request.topics().getFirst().partitions().size() == 1
                && request.topics().getFirst().partitions().getFirst().partitionIndex() == 0;
    }

    private void ask(int leader, DescribeQuorumRequest request, RequestContext context) {
        peers.ask(leader, request, context.apiVersion(), context.loop(), context.nowMs() + WAIT_MS, how -> {
            String who = "Broker " + leader + ", which leads the metadata quorum, was asked in vain: ";
            context.reply(switch (how) {
                case Peers.Answered(DescribeQuorumResponse response) -> response;
                case Peers.Answered(var other) -> refusal(who + "it said " + other.getClass().getSimpleName() + ".");
                case Peers.Unsent(String why) -> refusal(who + why + ".");
                case Peers.Lost(String why) -> refusal(who + why + ".");
            });
        });
    }

    /// Whoever is told comes again.
    private static DescribeQuorumResponse refusal(String why) {
        return DescribeQuorumResponse.builder()
                .errorCode(ErrorCode.LEADER_NOT_AVAILABLE.code()).errorMessage(why).build();
    }

    private static DescribeQuorumResponse unknown(DescribeQuorumRequest request) {
        return DescribeQuorumResponse.builder().topics(request.topics().stream()
                .map(topic -> new TopicData(topic.topicName(), topic.partitions().stream()
                        .map(partition -> new PartitionData(partition.partitionIndex(),
                                ErrorCode.UNKNOWN_TOPIC_OR_PARTITION.code(), null, 0, 0, 0, List.of(), List.of()))
                        .toList()))
                .toList()).build();
    }

    private List<ReplicaState> observers(MetadataQuorum quorum) {
        return node.image().brokers().keySet().stream()
                .filter(broker -> quorum.voters().stream().noneMatch(voter -> voter.node() == broker))
                .map(broker -> new ReplicaState(broker, WireReader.ZERO_UUID, MetadataQuorum.NOT_KNOWN,
                        MetadataQuorum.NOT_KNOWN, MetadataQuorum.NOT_KNOWN)).toList();
    }

    private static DescribeQuorumResponse answer(
            MetadataQuorum quorum, List<ReplicaState> observers, short version, long nowMs) {
        boolean isNamed = version >= FIRST_WITH_FOLDERS;
        List<ReplicaState> voters = quorum.voters().stream().map(voter -> new ReplicaState(voter.node(),
                isNamed ? voter.folder() : WireReader.ZERO_UUID, voter.logEnd(),
                before(nowMs, voter.silentMs()), before(nowMs, voter.behindMs()))).toList();
        List<Node> nodes = !isNamed ? List.of() : quorum.voters().stream().map(
                voter -> new Node(voter.node(), voter.at() == null ? List.of()
                        : List.of(new Listener(LISTENER, voter.at().host(), voter.at().port())))).toList();
        return DescribeQuorumResponse.builder()
                .topics(List.of(new TopicData(TOPIC, List.of(new PartitionData(0, ErrorCode.NONE.code(), null,
                        quorum.leader(), (int) Math.min(quorum.term(), Integer.MAX_VALUE), quorum.highWatermark(),
                        voters, observers)))))
                .nodes(nodes)
                .build();
    }

    /// -1 where it is not known.
    private static long before(long nowMs, long elapsedMs) {
        return elapsedMs < 0 ? -1 : nowMs - elapsedMs;
    }
}

package io.chapar.simulator;

import io.chapar.broker.metadata.TopicImage;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.message.Request;
import io.chapar.protocol.message.Response;
import io.chapar.protocol.message.ShareGroupHeartbeatRequest;
import io.chapar.protocol.message.ShareGroupHeartbeatResponse;
import io.chapar.protocol.message.ShareGroupHeartbeatResponse.Assignment;
import org.jspecify.annotations.Nullable;

import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/// A member of a share group (KIP-932): of what it is given of the partitions that it has, it accepts most, gives some
/// back, rejects some, keeps some for longer, and says nothing at all of some.
final class ShareGroupMember extends HeartbeatMember {
    private static final int LEADER_OF_OLD_IN_ONE_OF = 6;

    private final List<String> topics;
    /// By node.
    private final Map<Integer, ShareReading> sessions = new TreeMap<>();
    private boolean ended;

    ShareGroupMember(
            SimulatedClient client, SimulatedCluster cluster, Swarm swarm, ModernGroup group, List<String> topics) {
        super(client, cluster, swarm, group, null);
        this.topics = topics;
    }

    @Override
    Request heartbeat(int with, boolean all, @Nullable SortedSet<TopicPartition> has) {
        return ShareGroupHeartbeatRequest.builder().groupId(ModernGroup.ID).memberId(memberId()).memberEpoch(with)
                .subscribedTopicNames(all ? topics : null).build();
    }

    @Override
    Beat read(Response response) {
        ShareGroupHeartbeatResponse answer = (ShareGroupHeartbeatResponse) response;
        Assignment assignment = answer.assignment();
        if (assignment == null) {
            return new Beat(answer.errorCode(), answer.memberEpoch(), null);
        }
        SortedSet<TopicPartition> assigned = new TreeSet<>();
        assignment.topicPartitions().forEach(topic ->
                assigned.addAll(TopicNames.named(cluster(), topic.topicId(), topic.partitions())));
        return new Beat(answer.errorCode(), answer.memberEpoch(), assigned);
    }

    @Override
    void begin() {
        sessions.clear();
        ended = false;
        look(calls());
    }

    /// Who leads what it has may change at any time.
    private void look(GroupCalls with) {
        if (ended || with != calls()) {
            return;
        }
        Map<Integer, SortedSet<TopicPartition>> byLeader = new TreeMap<>();
        owned().forEach(one -> byLeader.computeIfAbsent(leader(one), _ -> new TreeSet<>()).add(one));
        byLeader.keySet().forEach(node -> cluster().brokers().stream().filter(one -> one.nodeId() == node)
                .forEach(broker -> sessions.computeIfAbsent(node,
                        _ -> new ShareReading(this, with, GroupCalls.node(broker)))));
        sessions.forEach((node, session) -> session.reads(byLeader.getOrDefault(node, new TreeSet<>())));
        later(20, 200, () -> look(with));
    }

    /// As what is decided says, or now and then as some broker knows.
    private int leader(TopicPartition partition) {
        List<SimulatedBroker> brokers = cluster().brokers();
        SimulatedBroker any = brokers.get(random().nextInt(brokers.size()));
        boolean old = random().nextInt(LEADER_OF_OLD_IN_ONE_OF) == 0 && any.isListening();
        TopicImage topic = (old ? any.image() : cluster().image()).topic(partition.topic());
        return topic == null || !topic.hasPartition(partition.partition())
                ? -1 : topic.partition(partition.partition()).leader();
    }

    boolean hasEnded(GroupCalls with) {
        return ended || with != calls();
    }

    @Override
    void gained(SortedSet<TopicPartition> more) {}

    @Override
    void givesUp(SortedSet<TopicPartition> gone, Runnable done) {
        done.run();
    }

    @Override
    void lost() {}

    @Override
    void end(Runnable done) {
        ended = true;
        sessions.values().forEach(ShareReading::end);
        done.run();
    }
}

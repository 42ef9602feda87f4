package io.chapar.simulator;

import io.chapar.broker.coordinator.CoordinatorKeys;
import io.chapar.broker.group.GroupRecord;
import io.chapar.broker.group.GroupRecordCodec;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.WireReader;
import io.chapar.protocol.message.ConsumerProtocolAssignment;
import io.chapar.protocol.message.HeartbeatRequest;
import io.chapar.protocol.message.HeartbeatResponse;
import io.chapar.protocol.message.JoinGroupRequest;
import io.chapar.protocol.message.JoinGroupResponse;
import io.chapar.protocol.message.Response;
import io.chapar.protocol.message.SyncGroupRequest;
import io.chapar.protocol.message.SyncGroupResponse;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;

/// Generations of a group rise. Those who are told of one are told the same leader; each gets the part that the log
/// has for it, and no partition is part of two. Nobody who is of a generation gone by is told that all is well.
final class GenerationsAgree extends Promise {
    private static final class Known {
        /// As the log has it; null before there is one.
        private GroupRecord.@Nullable GroupStored stored;
        private final Map<Integer, String> leaders = new TreeMap<>();
    }

    private final Map<String, Known> groups = new TreeMap<>();

    GenerationsAgree() {
        super("Members of a generation agree who leads and who reads what");
    }

    private static String key(SimulatedCluster cluster, String group) {
        return cluster.name() + "/" + group;
    }

    private Known of(SimulatedCluster cluster, String group) {
        return groups.computeIfAbsent(key(cluster, group), _ -> new Known());
    }

    // ---- the log

    @Override
    void folded(GhostLog log, SeenBatch batch) {
        if (!log.id().topic().equals(CoordinatorKeys.CONSUMER_OFFSETS) || !batch.isData()) {
            return;
        }
        for (SeenBatch.SeenRecord record : batch.records()) {
            switch (GroupRecordCodec.read(record.key(), record.value())) {
                case GroupRecord.GroupStored stored -> store(log, stored);
                case GroupRecord.GroupForgotten gone -> groups.remove(key(log.cluster(), gone.groupId()));
                case null, default -> { }
            }
        }
    }

    private void store(GhostLog log, GroupRecord.GroupStored stored) {
        Known known = of(log.cluster(), stored.groupId());
        GroupRecord.GroupStored before = known.stored;
        known.stored = stored;
        if (before != null && stored.generation() <= before.generation() && !ghosts().isLossy()) {
            breach(stored.groupId() + " at " + log.cluster().name() + " went from generation " + before.generation()
                    + " to " + stored.generation());
        }
        Map<ConsumerProtocolAssignment.TopicPartition, String> owners = new LinkedHashMap<>();
        for (GroupRecord.StoredMember member : stored.members()) {
            for (ConsumerProtocolAssignment.TopicPartition topic : assigned(member.assignment())) {
                for (int partition : topic.partitions()) {
                    String other = owners.put(new ConsumerProtocolAssignment.TopicPartition(
                            topic.topic(), List.of(partition)), member.memberId());
                    if (other != null) {
                        breach(topic.topic() + "-" + partition + " is read by " + other + " and by "
                                + member.memberId() + " in generation " + stored.generation() + " of "
                                + stored.groupId());
                    }
                }
            }
        }
    }

    private static List<ConsumerProtocolAssignment.TopicPartition> assigned(ByteBuffer bytes) {
        if (!bytes.hasRemaining()) {
            return List.of();
        }
        WireReader in = new WireReader(bytes.duplicate());
        return ConsumerProtocolAssignment.read(in, in.int16()).assignedPartitions();
    }

    // ---- answers

    @Override
    void asked(SimulatedBroker broker, ServerConnection.Exchange exchange) {
        if (exchange.request() instanceof HeartbeatRequest request) {
            exchange.memo(of(broker.cluster(), request.groupId()).stored);
        }
    }

    @Override
    void answered(SimulatedBroker broker, ServerConnection.Exchange exchange, Response response) {
        if (ghosts().isLossy()) {
            return;
        }
        switch (exchange.request()) {
            case JoinGroupRequest request when isOld(broker, request.groupId()) -> { }
            case SyncGroupRequest request when isOld(broker, request.groupId()) -> { }
            case HeartbeatRequest request when isOld(broker, request.groupId()) -> { }
            case JoinGroupRequest request when response instanceof JoinGroupResponse answer
                    && answer.errorCode() == ErrorCode.NONE.code() -> joined(broker, request, answer);
            case SyncGroupRequest request when response instanceof SyncGroupResponse answer
                    && answer.errorCode() == ErrorCode.NONE.code() -> synced(broker, request, answer);
            case HeartbeatRequest request when response instanceof HeartbeatResponse answer
                    && answer.errorCode() == ErrorCode.NONE.code()
                    && exchange.memo() instanceof GroupRecord.GroupStored then
                    && then.generation() > request.generationId() ->
                breach(broker.name() + " told " + request.memberId() + " of generation " + request.generationId()
                        + " that all is well, and " + request.groupId() + " was at " + then.generation());
            default -> { }
        }
    }

    /// Who does not know that somebody else coordinates the group tells what was.
    private boolean isOld(SimulatedBroker broker, String group) {
        return ghosts().isDeposed(broker, ghosts().groupLog(broker, group));
    }

    private void joined(SimulatedBroker broker, JoinGroupRequest request, JoinGroupResponse answer) {
        Known known = of(broker.cluster(), request.groupId());
        String leader = known.leaders.putIfAbsent(answer.generationId(), answer.leader());
        if (leader != null && !leader.equals(answer.leader())) {
            breach(broker.name() + " told " + answer.memberId() + " that " + answer.leader() + " leads generation "
                    + answer.generationId() + " of " + request.groupId() + ", and others that " + leader + " does");
        }
    }

    private void synced(SimulatedBroker broker, SyncGroupRequest request, SyncGroupResponse answer) {
        GroupRecord.GroupStored stored = of(broker.cluster(), request.groupId()).stored;
        boolean right = stored != null && (stored.generation() > request.generationId()
                || (stored.generation() == request.generationId() && stored.members().stream().anyMatch(member ->
                        member.memberId().equals(request.memberId())
                                && member.assignment().equals(answer.assignment()))));
        if (!right) {
            breach(broker.name() + " gave " + request.memberId() + " a part in generation " + request.generationId()
                    + " of " + request.groupId() + " that is not in the log");
        }
    }

    /// A generation that nobody wrote down may come again, and be led by somebody else.
    @Override
    void stopped(SimulatedBroker broker) {
        forgetUnwritten(broker, log -> log == null || log.broker() == broker);
    }

    /// As when the broker has stopped.
    @Override
    void wentOffline(SimulatedBroker broker, TopicPartition partition) {
        if (partition.topic().equals(CoordinatorKeys.CONSUMER_OFFSETS)) {
            forgetUnwritten(broker, log -> log == null || log.id().equals(partition));
        }
    }

    /// As when the broker has stopped.
    @Override
    void ledAnew(GhostLog log) {
        if (log.id().topic().equals(CoordinatorKeys.CONSUMER_OFFSETS)) {
            forgetUnwritten(log.broker(), one -> one == log);
        }
    }

    /// @param coordinates whether a group's partition is one of those; null stands for one that nobody has seen
    private void forgetUnwritten(SimulatedBroker broker, Predicate<@Nullable GhostLog> coordinates) {
        String prefix = key(broker.cluster(), "");
        int count = ghosts().swarm().count("offsets.topic.num.partitions");
        groups.forEach((key, known) -> {
            if (key.startsWith(prefix)) {
                int partition = CoordinatorKeys.partitionOf(key.substring(prefix.length()), count);
                TopicPartition id = new TopicPartition(CoordinatorKeys.CONSUMER_OFFSETS, partition);
                if (coordinates.test(ghosts().log(broker.cluster(), id))) {
                    known.leaders.clear();
                }
            }
        });
    }

    @Override
    void startedOver(GhostLog log) {
        if (log.id().topic().equals(CoordinatorKeys.CONSUMER_OFFSETS)) {
            groups.clear();
        }
    }
}

package io.chapar.broker.group.streams;

import io.chapar.broker.group.consumer.Standing.Phase;
import io.chapar.broker.group.streams.StreamsGroupRecord.EpochForgotten;
import io.chapar.broker.group.streams.StreamsGroupRecord.EpochSet;
import io.chapar.broker.group.streams.StreamsGroupRecord.MemberForgotten;
import io.chapar.broker.group.streams.StreamsGroupRecord.MemberSet;
import io.chapar.broker.group.streams.StreamsGroupRecord.StandingForgotten;
import io.chapar.broker.group.streams.StreamsGroupRecord.StandingSet;
import io.chapar.broker.group.streams.StreamsGroupRecord.TargetEpochForgotten;
import io.chapar.broker.group.streams.StreamsGroupRecord.TargetEpochSet;
import io.chapar.broker.group.streams.StreamsGroupRecord.TargetForgotten;
import io.chapar.broker.group.streams.StreamsGroupRecord.TargetSet;
import io.chapar.broker.group.streams.StreamsGroupRecord.TopologyForgotten;
import io.chapar.broker.group.streams.StreamsGroupRecord.TopologySet;
import io.chapar.broker.group.streams.StreamsMember.Endpoint;
import io.chapar.protocol.Prefixed;
import io.chapar.protocol.WireReader;
import io.chapar.protocol.coordinator.StreamsGroupCurrentMemberAssignmentKey;
import io.chapar.protocol.coordinator.StreamsGroupCurrentMemberAssignmentValue;
import io.chapar.protocol.coordinator.StreamsGroupCurrentMemberAssignmentValue.TaskIds;
import io.chapar.protocol.coordinator.StreamsGroupMemberMetadataKey;
import io.chapar.protocol.coordinator.StreamsGroupMemberMetadataValue;
import io.chapar.protocol.coordinator.StreamsGroupMemberMetadataValue.KeyValue;
import io.chapar.protocol.coordinator.StreamsGroupMetadataKey;
import io.chapar.protocol.coordinator.StreamsGroupMetadataValue;
import io.chapar.protocol.coordinator.StreamsGroupMetadataValue.LastAssignmentConfig;
import io.chapar.protocol.coordinator.StreamsGroupTargetAssignmentMemberKey;
import io.chapar.protocol.coordinator.StreamsGroupTargetAssignmentMemberValue;
import io.chapar.protocol.coordinator.StreamsGroupTargetAssignmentMetadataKey;
import io.chapar.protocol.coordinator.StreamsGroupTargetAssignmentMetadataValue;
import io.chapar.protocol.coordinator.StreamsGroupTopologyKey;
import io.chapar.protocol.coordinator.StreamsGroupTopologyValue;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/// The bytes of a [StreamsGroupRecord], in Kafka's own form: key and value each begin with an i16, the key with its
/// type (17, 19 to 23), the value with its version, which is 0 in all of them.
public final class StreamsGroupRecordCodec {
    private static final short VERSION = 0;
    /// Kafka counts the phases of a member of a streams group from 1.
    private static final int FIRST_PHASE = 1;

    private StreamsGroupRecordCodec() {}

    // ---- write

    public static ByteBuffer key(StreamsGroupRecord record) {
        String group = record.groupId();
        return switch (record) {
            case EpochSet _, EpochForgotten _ ->
                Prefixed.key(StreamsGroupMetadataKey.RECORD_TYPE, new StreamsGroupMetadataKey(group));
            case TopologySet _, TopologyForgotten _ ->
                Prefixed.key(StreamsGroupTopologyKey.RECORD_TYPE, new StreamsGroupTopologyKey(group));
            case MemberSet r -> memberKey(group, r.member().id());
            case MemberForgotten r -> memberKey(group, r.memberId());
            case TargetEpochSet _, TargetEpochForgotten _ -> Prefixed.key(
                    StreamsGroupTargetAssignmentMetadataKey.RECORD_TYPE,
                    new StreamsGroupTargetAssignmentMetadataKey(group));
            case TargetSet r -> targetKey(group, r.memberId());
            case TargetForgotten r -> targetKey(group, r.memberId());
            case StandingSet r -> standingKey(group, r.memberId());
            case StandingForgotten r -> standingKey(group, r.memberId());
        };
    }

    private static ByteBuffer memberKey(String group, String member) {
        return Prefixed.key(
                StreamsGroupMemberMetadataKey.RECORD_TYPE, new StreamsGroupMemberMetadataKey(group, member));
    }

    private static ByteBuffer targetKey(String group, String member) {
        return Prefixed.key(StreamsGroupTargetAssignmentMemberKey.RECORD_TYPE,
                new StreamsGroupTargetAssignmentMemberKey(group, member));
    }

    private static ByteBuffer standingKey(String group, String member) {
        return Prefixed.key(StreamsGroupCurrentMemberAssignmentKey.RECORD_TYPE,
                new StreamsGroupCurrentMemberAssignmentKey(group, member));
    }

    /// Null for a tombstone.
    public static @Nullable ByteBuffer value(StreamsGroupRecord record) {
        return switch (record) {
            case EpochSet r -> Prefixed.value(VERSION, StreamsGroupMetadataValue.DEFAULT.toBuilder()
                    .epoch(r.epoch())
                    .metadataHash(r.metadataHash())
                    .validatedTopologyEpoch(r.validatedTopologyEpoch())
                    .lastAssignmentConfigs(r.config().entrySet().stream()
                            .map(one -> new LastAssignmentConfig(one.getKey(), one.getValue())).toList())
                    .build());
            case TopologySet r -> Prefixed.value(VERSION, TopologyCodec.value(r.topology()));
            case MemberSet r -> Prefixed.value(VERSION, memberValue(r.member()));
            case TargetEpochSet r ->
                Prefixed.value(VERSION, new StreamsGroupTargetAssignmentMetadataValue(r.epoch(), r.atMs()));
            case TargetSet r -> Prefixed.value(VERSION, targetValue(r.target()));
            case StandingSet r -> Prefixed.value(VERSION, standingValue(r.standing()));
            case EpochForgotten _, TopologyForgotten _, MemberForgotten _, TargetEpochForgotten _,
                    TargetForgotten _, StandingForgotten _ -> null;
        };
    }

    private static StreamsGroupMemberMetadataValue memberValue(StreamsMember member) {
        Endpoint endpoint = member.endpoint();
        return new StreamsGroupMemberMetadataValue(
                member.instanceId(), member.rackId(), member.clientId(), member.clientHost(),
                member.rebalanceTimeoutMs(), member.topologyEpoch(), member.processId(),
                endpoint == null ? null
                        : new StreamsGroupMemberMetadataValue.Endpoint(endpoint.host(), endpoint.port()),
                member.tags().entrySet().stream().map(one -> new KeyValue(one.getKey(), one.getValue())).toList());
    }

    private static StreamsGroupTargetAssignmentMemberValue targetValue(Tasks target) {
        return new StreamsGroupTargetAssignmentMemberValue(
                ids(target.active().keySet()), ids(target.standby()), ids(target.warmup()));
    }

    private static List<StreamsGroupTargetAssignmentMemberValue.TaskIds> ids(Iterable<TaskId> tasks) {
        List<StreamsGroupTargetAssignmentMemberValue.TaskIds> all = new ArrayList<>();
        partitions(tasks).forEach((subtopology, partitions) ->
                all.add(new StreamsGroupTargetAssignmentMemberValue.TaskIds(subtopology, partitions)));
        return all;
    }

    /// By subtopology, in order.
    public static SortedMap<String, List<Integer>> partitions(Iterable<TaskId> tasks) {
        SortedMap<String, List<Integer>> all = new TreeMap<>();
        tasks.forEach(task -> all.computeIfAbsent(task.subtopology(), _ -> new ArrayList<>()).add(task.partition()));
        return all;
    }

    private static StreamsGroupCurrentMemberAssignmentValue standingValue(TaskStanding standing) {
        return new StreamsGroupCurrentMemberAssignmentValue(
                standing.epoch(), standing.previousEpoch(), (byte) (standing.phase().code() + FIRST_PHASE),
                run(standing.assigned().active()), held(standing.assigned().standby()),
                held(standing.assigned().warmup()),
                run(standing.revoking().active()), held(standing.revoking().standby()),
                held(standing.revoking().warmup()));
    }

    private static List<TaskIds> run(SortedMap<TaskId, Integer> tasks) {
        List<TaskIds> all = new ArrayList<>();
        partitions(tasks.keySet()).forEach((subtopology, partitions) -> all.add(new TaskIds(
                subtopology, partitions,
                partitions.stream().map(one -> tasks.getOrDefault(new TaskId(subtopology, one), 0)).toList())));
        return all;
    }

    private static List<TaskIds> held(Iterable<TaskId> tasks) {
        List<TaskIds> all = new ArrayList<>();
        partitions(tasks).forEach((subtopology, partitions) -> all.add(new TaskIds(subtopology, partitions, null)));
        return all;
    }

    // ---- read

    /// Null for a record of another kind.
    ///
    /// @param type of the key
    /// @param key what follows the type
    /// @param value null for a tombstone
    public static @Nullable StreamsGroupRecord read(short type, WireReader key, @Nullable ByteBuffer value) {
        return switch (type) {
            case StreamsGroupMetadataKey.RECORD_TYPE -> {
                String group = StreamsGroupMetadataKey.read(key, VERSION).groupId();
                yield value == null ? new EpochForgotten(group) : epoch(group, value);
            }
            case StreamsGroupTopologyKey.RECORD_TYPE -> {
                String group = StreamsGroupTopologyKey.read(key, VERSION).groupId();
                yield value == null ? new TopologyForgotten(group)
                        : new TopologySet(group, TopologyCodec.topology(
                                Prefixed.read(value, VERSION, StreamsGroupTopologyValue::read)));
            }
            case StreamsGroupMemberMetadataKey.RECORD_TYPE -> {
                StreamsGroupMemberMetadataKey name = StreamsGroupMemberMetadataKey.read(key, VERSION);
                yield value == null
                        ? new MemberForgotten(name.groupId(), name.memberId())
                        : new MemberSet(name.groupId(), member(name.memberId(), value));
            }
            case StreamsGroupTargetAssignmentMetadataKey.RECORD_TYPE -> {
                String group = StreamsGroupTargetAssignmentMetadataKey.read(key, VERSION).groupId();
                yield value == null ? new TargetEpochForgotten(group) : targetEpoch(group, value);
            }
            case StreamsGroupTargetAssignmentMemberKey.RECORD_TYPE -> {
                StreamsGroupTargetAssignmentMemberKey name = StreamsGroupTargetAssignmentMemberKey.read(key, VERSION);
                yield value == null
                        ? new TargetForgotten(name.groupId(), name.memberId())
                        : new TargetSet(name.groupId(), name.memberId(), target(value));
            }
            case StreamsGroupCurrentMemberAssignmentKey.RECORD_TYPE -> {
                StreamsGroupCurrentMemberAssignmentKey name = StreamsGroupCurrentMemberAssignmentKey.read(key, VERSION);
                yield value == null
                        ? new StandingForgotten(name.groupId(), name.memberId())
                        : new StandingSet(name.groupId(), name.memberId(), standing(value));
            }
            default -> null;
        };
    }

    private static EpochSet epoch(String group, ByteBuffer bytes) {
        StreamsGroupMetadataValue value = Prefixed.read(bytes, VERSION, StreamsGroupMetadataValue::read);
        SortedMap<String, String> config = new TreeMap<>();
        if (value.lastAssignmentConfigs() != null) {
            value.lastAssignmentConfigs().forEach(one -> config.put(one.key(), one.value()));
        }
        return new EpochSet(group, value.epoch(), value.metadataHash(), value.validatedTopologyEpoch(), config);
    }

    private static TargetEpochSet targetEpoch(String group, ByteBuffer bytes) {
        StreamsGroupTargetAssignmentMetadataValue value =
                Prefixed.read(bytes, VERSION, StreamsGroupTargetAssignmentMetadataValue::read);
        return new TargetEpochSet(group, value.assignmentEpoch(), value.assignmentTimestamp());
    }

    private static StreamsMember member(String id, ByteBuffer bytes) {
        StreamsGroupMemberMetadataValue value = Prefixed.read(bytes, VERSION, StreamsGroupMemberMetadataValue::read);
        SortedMap<String, String> tags = new TreeMap<>();
        value.clientTags().forEach(one -> tags.put(one.key(), one.value()));
        StreamsGroupMemberMetadataValue.Endpoint endpoint = value.userEndpoint();
        return new StreamsMember(
                id, value.instanceId(), value.rackId(), value.clientId(), value.clientHost(),
                value.rebalanceTimeoutMs(), value.topologyEpoch(), value.processId(),
                endpoint == null ? null : new Endpoint(endpoint.host(), endpoint.port()), tags);
    }

    private static Tasks target(ByteBuffer bytes) {
        StreamsGroupTargetAssignmentMemberValue value =
                Prefixed.read(bytes, VERSION, StreamsGroupTargetAssignmentMemberValue::read);
        Tasks.Builder all = new Tasks.Builder();
        value.activeTasks().forEach(ids ->
                ids.partitions().forEach(one -> all.active(new TaskId(ids.subtopologyId(), one), 0)));
        value.standbyTasks().forEach(ids ->
                ids.partitions().forEach(one -> all.standby(new TaskId(ids.subtopologyId(), one))));
        value.warmupTasks().forEach(ids ->
                ids.partitions().forEach(one -> all.warmup(new TaskId(ids.subtopologyId(), one))));
        return all.build();
    }

    /// A phase of a later version is gone through anew.
    private static TaskStanding standing(ByteBuffer bytes) {
        StreamsGroupCurrentMemberAssignmentValue value =
                Prefixed.read(bytes, VERSION, StreamsGroupCurrentMemberAssignmentValue::read);
        return new TaskStanding(
                value.memberEpoch(), value.previousMemberEpoch(), Phase.of((byte) (value.state() - FIRST_PHASE)),
                tasks(value.activeTasks(), value.standbyTasks(), value.warmupTasks(), value.memberEpoch()),
                tasks(value.activeTasksPendingRevocation(), value.standbyTasksPendingRevocation(),
                        value.warmupTasksPendingRevocation(), value.memberEpoch()));
    }

    /// Without epochs a task counts as got in the member's epoch.
    private static Tasks tasks(List<TaskIds> active, List<TaskIds> standby, List<TaskIds> warmup, int memberEpoch) {
        Tasks.Builder all = new Tasks.Builder();
        for (TaskIds ids : active) {
            List<Integer> epochs = ids.assignmentEpochs();
            for (int i = 0; i < ids.partitions().size(); i++) {
                int since = epochs == null || i >= epochs.size() ? memberEpoch : epochs.get(i);
                all.active(new TaskId(ids.subtopologyId(), ids.partitions().get(i)), since);
            }
        }
        standby.forEach(ids -> ids.partitions().forEach(one -> all.standby(new TaskId(ids.subtopologyId(), one))));
        warmup.forEach(ids -> ids.partitions().forEach(one -> all.warmup(new TaskId(ids.subtopologyId(), one))));
        return all.build();
    }
}

package io.chapar.simulator;

import io.chapar.broker.coordinator.CoordinatorKeys;
import io.chapar.broker.group.GroupRecord;
import io.chapar.broker.group.GroupRecordCodec;
import io.chapar.broker.group.consumer.ConsumerGroupRecord;
import io.chapar.broker.group.consumer.Standing;
import io.chapar.broker.group.streams.StreamsGroupRecord;
import io.chapar.broker.group.streams.TaskStanding;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.Response;
import org.jspecify.annotations.Nullable;

import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/// In a group whose coordinator shares out partitions, or tasks that run, each belongs to one member at a time: in the
/// log, and in what members were told and have neither given up since nor been fenced for. What a member is told stands
/// in the log, and epochs of groups rise.
final class PartsHaveOneOwner extends Promise {
    /// What a member has, or has to give up and still has, each with the epoch since which it has it. Parts are named
    /// by the id of a topic, or a subtopology, and a number.
    ///
    /// @param epoch of the member
    record Held(int epoch, SortedMap<String, Integer> since) {}

    private static final class Group {
        private final Map<String, Held> members = new TreeMap<>();
        private final Map<String, SortedSet<String>> told = new TreeMap<>();
        private int epoch;
    }

    private final LateMembers late;
    private final Map<String, Group> groups = new TreeMap<>();

    PartsHaveOneOwner(LateMembers late) {
        super("A partition or a task is one member's at a time");
        this.late = late;
    }

    private Group of(SimulatedCluster cluster, String group) {
        return groups.computeIfAbsent(cluster.name() + "/" + group, _ -> new Group());
    }

    static String part(Object topic, int partition) {
        return topic + "-" + partition;
    }

    /// What the member has as the log says; null when it is no member, and where there are none.
    @Nullable Held held(SimulatedCluster cluster, String group, String memberId) {
        return of(cluster, group).members.get(memberId);
    }

    boolean hasMembers(SimulatedCluster cluster, String group) {
        return !of(cluster, group).members.isEmpty();
    }

    // ---- the log

    @Override
    void folded(GhostLog log, SeenBatch batch) {
        if (!log.id().topic().equals(CoordinatorKeys.CONSUMER_OFFSETS) || !batch.isData()) {
            return;
        }
        SortedSet<String> changed = new TreeSet<>();
        for (SeenBatch.SeenRecord record : batch.records()) {
            boolean known = switch (GroupRecordCodec.read(record.key(), record.value())) {
                case GroupRecord.OfConsumers(ConsumerGroupRecord one) -> take(log, one);
                case GroupRecord.OfStreams(StreamsGroupRecord one) -> take(log, one);
                case null, default -> false;
            };
            if (known) {
                changed.add(requireGroup(record));
            }
        }
        changed.forEach(group -> check(log.cluster(), group));
    }

    private static String requireGroup(SeenBatch.SeenRecord record) {
        GroupRecord read = GroupRecordCodec.read(record.key(), record.value());
        return read == null ? "" : read.groupId();
    }

    private boolean take(GhostLog log, ConsumerGroupRecord record) {
        switch (record) {
            case ConsumerGroupRecord.EpochSet set -> rise(log, set.groupId(), set.epoch());
            case ConsumerGroupRecord.EpochForgotten gone -> of(log.cluster(), gone.groupId()).epoch = 0;
            case ConsumerGroupRecord.StandingSet set -> put(log, set.groupId(), set.memberId(), held(set.standing()));
            case ConsumerGroupRecord.StandingForgotten gone -> remove(log, gone.groupId(), gone.memberId());
            default -> {
                return false;
            }
        }
        return true;
    }

    private boolean take(GhostLog log, StreamsGroupRecord record) {
        switch (record) {
            case StreamsGroupRecord.EpochSet set -> rise(log, set.groupId(), set.epoch());
            case StreamsGroupRecord.EpochForgotten gone -> of(log.cluster(), gone.groupId()).epoch = 0;
            case StreamsGroupRecord.StandingSet set -> put(log, set.groupId(), set.memberId(), held(set.standing()));
            case StreamsGroupRecord.StandingForgotten gone -> remove(log, gone.groupId(), gone.memberId());
            default -> {
                return false;
            }
        }
        return true;
    }

    private static Held held(Standing standing) {
        SortedMap<String, Integer> since = new TreeMap<>();
        standing.assigned().each((topic, partition, epoch) -> since.put(part(topic, partition), epoch));
        standing.revoking().each((topic, partition, epoch) -> since.put(part(topic, partition), epoch));
        return new Held(standing.epoch(), since);
    }

    private static Held held(TaskStanding standing) {
        SortedMap<String, Integer> since = new TreeMap<>();
        standing.assigned().active().forEach((task, epoch) ->
                since.put(part(task.subtopology(), task.partition()), epoch));
        standing.revoking().active().forEach((task, epoch) ->
                since.put(part(task.subtopology(), task.partition()), epoch));
        return new Held(standing.epoch(), since);
    }

    private void put(GhostLog log, String groupId, String memberId, Held held) {
        of(log.cluster(), groupId).members.put(memberId, held);
    }

    private void remove(GhostLog log, String groupId, String memberId) {
        Group group = of(log.cluster(), groupId);
        group.members.remove(memberId);
        group.told.remove(memberId);
        late.gone(log.broker(), groupId, memberId);
    }

    private void rise(GhostLog log, String groupId, int epoch) {
        Group group = of(log.cluster(), groupId);
        if (epoch <= group.epoch && !ghosts().isLossy()) {
            breach(groupId + " went from epoch " + group.epoch + " to " + epoch);
        }
        group.epoch = epoch;
    }

    private void check(SimulatedCluster cluster, String groupId) {
        Map<String, String> owners = new TreeMap<>();
        of(cluster, groupId).members.forEach((member, held) -> held.since().keySet().forEach(part -> {
            String other = owners.put(part, member);
            if (other != null && !ghosts().isLossy()) {
                breach("in the log " + part + " of " + groupId + " is " + other + "'s and " + member + "'s");
            }
        }));
    }

    // ---- requests and answers

    /// Whatever the answer: what a member does not name it has given up.
    @Override
    void asked(SimulatedBroker broker, ServerConnection.Exchange exchange) {
        GroupBeat beat = GroupBeat.of(exchange.request());
        if (beat == null) {
            return;
        }
        Group group = of(broker.cluster(), beat.groupId());
        if (beat.memberEpoch() <= 0) {
            group.told.remove(beat.memberId());
        } else if (beat.has() != null) {
            SortedSet<String> has = beat.has();
            group.told.computeIfPresent(beat.memberId(), (_, told) -> {
                told.retainAll(has);
                return told;
            });
        }
    }

    @Override
    void answered(SimulatedBroker broker, ServerConnection.Exchange exchange, Response response) {
        GroupBeat beat = GroupBeat.of(exchange.request());
        GroupBeat.Answer answer = GroupBeat.answer(response);
        if (beat == null || answer == null) {
            return;
        }
        Group group = of(broker.cluster(), beat.groupId());
        switch (ErrorCode.of(answer.error())) {
            case UNKNOWN_MEMBER_ID, FENCED_MEMBER_EPOCH -> group.told.remove(beat.memberId());
            case NONE -> {
                boolean deposed = ghosts().isDeposed(broker, ghosts().groupLog(broker, beat.groupId()));
                SortedSet<String> assigned = answer.assigned();
                if (beat.memberEpoch() >= 0 && assigned != null && !deposed && !ghosts().isLossy()) {
                    told(broker, group, beat.memberId(), answer.epoch(), assigned);
                }
            }
            default -> { }
        }
    }

    private void told(SimulatedBroker broker, Group group, String member, int epoch, SortedSet<String> assigned) {
        Held held = group.members.get(member);
        if (held == null) {
            // It is no member any more, and the answer was on its way.
            return;
        }
        boolean written = held.epoch() > epoch
                || (held.epoch() == epoch && held.since().keySet().containsAll(assigned));
        if (!written && held.epoch() >= 0) {
            breach(broker.name() + " told " + member + " in epoch " + epoch + " to have " + assigned
                    + ", and the log has " + held);
        }
        group.told.forEach((other, parts) -> assigned.stream()
                .filter(part -> !other.equals(member) && parts.contains(part)).forEach(part ->
                        breach(broker.name() + " told " + member + " to have " + part + ", and " + other
                                + " was told so and has not given it up")));
        group.told.computeIfAbsent(member, _ -> new TreeSet<>()).addAll(assigned);
    }

    @Override
    void startedOver(GhostLog log) {
        if (log.id().topic().equals(CoordinatorKeys.CONSUMER_OFFSETS)) {
            groups.clear();
        }
    }
}

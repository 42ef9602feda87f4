package io.chapar.broker.group.streams;

import io.chapar.broker.group.modern.ModernGroup;
import io.chapar.broker.group.modern.Roll;
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
import org.jspecify.annotations.Nullable;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;

import static java.util.Objects.requireNonNull;

/// A streams group (KIP-1071), as the log has it. [#apply] alone changes it, live and at replay.
public final class StreamsGroup implements ModernGroup<StreamsMember, Tasks, TaskStanding> {
    private final String id;
    private final Roll.Changes<StreamsMember, Tasks, TaskStanding> changes = new Roll.Changes<>(
            Tasks.NONE, TaskStanding.NEW, StreamsSizes::of, StreamsSizes::of, StreamsSizes::of);
    private int validatedTopologyEpoch = -1;
    private SortedMap<String, String> config = Collections.emptySortedMap();
    private @Nullable StreamsTopology topology;
    private SortedSet<String> required = Collections.emptySortedSet();
    /// The subtopology that reads a topic.
    private Map<String, String> readers = Map.of();
    private final TaskOwners owners = new TaskOwners(this::processOf);
    private int endpoints = 0;
    private long topologyBytes = 0;

    public StreamsGroup(String id) {
        this.id = id;
    }

    // ---- ask

    @Override
    public String id() {
        return id;
    }

    @Override
    public Roll<StreamsMember, Tasks, TaskStanding> roll() {
        return changes.roll();
    }

    /// Of the topology whose topics were all there when the group looked; else -1.
    public int validatedTopologyEpoch() {
        return validatedTopologyEpoch;
    }

    /// How tasks were to be shared out when the group looked.
    public SortedMap<String, String> config() {
        return config;
    }

    /// Null while no member has said it.
    public @Nullable StreamsTopology topology() {
        return topology;
    }

    /// Topics that the topology needs.
    @Override
    public SortedSet<String> topics() {
        return required;
    }

    /// Members that can be asked for their state.
    public int endpoints() {
        return endpoints;
    }

    @Override
    public String state() {
        if (isEmpty()) {
            return "Empty";
        }
        if (topology == null || validatedTopologyEpoch != topology.epoch()) {
            return "NotReady";
        }
        if (needsTarget()) {
            return "Assigning";
        }
        for (StreamsMember member : members()) {
            if (!standing(member.id()).isAt(targetEpoch())) {
                return "Reconciling";
            }
        }
        return "Stable";
    }

    /// Where the member stands after its next step towards its target.
    ///
    /// @param owned what it says it owns; null when it does not say
    public TaskStanding next(StreamsMember member, @Nullable Tasks owned) {
        return new TaskReconciliation(member.id(), target(member.id()), targetEpoch(), owners)
                .next(standing(member.id()), owned);
    }

    /// Whether the member who speaks of this epoch has run the partition's task then, and still has it.
    public boolean ranIn(String memberId, int saidEpoch, String topic, int partition) {
        String subtopology = readers.get(topic);
        return subtopology != null && standing(memberId).ranIn(saidEpoch, new TaskId(subtopology, partition));
    }

    private String processOf(String memberId) {
        StreamsMember member = member(memberId);
        return member == null ? "" : member.processId();
    }

    // ---- apply

    public void apply(StreamsGroupRecord record) {
        switch (record) {
            case EpochSet r -> {
                changes.setEpoch(r.epoch(), r.metadataHash());
                validatedTopologyEpoch = r.validatedTopologyEpoch();
                config = r.config();
            }
            case EpochForgotten _ -> {
                changes.forgetEpoch();
                validatedTopologyEpoch = -1;
                config = Collections.emptySortedMap();
            }
            case TopologySet r -> become(r.topology());
            case TopologyForgotten _ -> become(null);
            case MemberSet r -> endpoints += endpoint(r.member()) - endpoint(changes.put(r.member()));
            case MemberForgotten r -> endpoints -= endpoint(changes.remove(r.memberId()));
            case TargetEpochSet r -> changes.setTargetEpoch(r.epoch(), r.atMs());
            case TargetEpochForgotten _ -> changes.setTargetEpoch(0, 0);
            case TargetSet r -> changes.setTarget(r.memberId(), r.target());
            case TargetForgotten r -> changes.setTarget(r.memberId(), null);
            case StandingSet r -> stand(r.memberId(), r.standing());
            case StandingForgotten r -> stand(r.memberId(), null);
        }
    }

    private void become(@Nullable StreamsTopology now) {
        topology = now;
        topologyBytes = StreamsSizes.of(now);
        required = now == null ? Collections.emptySortedSet() : now.required();
        readers = now == null ? Map.of() : now.readers();
    }

    private static int endpoint(@Nullable StreamsMember member) {
        return member == null || member.endpoint() == null ? 0 : 1;
    }

    private void stand(String memberId, @Nullable TaskStanding standing) {
        TaskStanding before = changes.stand(memberId, standing);
        if (before != null) {
            owners.release(memberId, before.assigned());
            owners.release(memberId, before.revoking());
        }
        if (standing != null) {
            owners.take(memberId, standing.assigned());
            owners.take(memberId, standing.revoking());
        }
    }

    @Override
    public boolean isVoid() {
        return roll().isVoid() && topology == null;
    }

    /// Tombstones of all that the log has.
    public List<StreamsGroupRecord> forget() {
        List<StreamsGroupRecord> all = roll().forget(
                member -> new StandingForgotten(id, member), member -> new TargetForgotten(id, member),
                new TargetEpochForgotten(id), member -> new MemberForgotten(id, member));
        all.add(new TopologyForgotten(id));
        all.add(new EpochForgotten(id));
        return all;
    }

    /// Tombstones of a member.
    public List<StreamsGroupRecord> forget(String memberId) {
        requireNonNull(member(memberId), "a member that goes is here");
        return List.of(
                new StandingForgotten(id, memberId), new TargetForgotten(id, memberId),
                new MemberForgotten(id, memberId));
    }

    @Override
    public long bytes() {
        return roll().bytes() + topologyBytes;
    }

    /// Breaks down what is known, for comparing what is live with what is replayed.
    @Override
    public String toString() {
        return "StreamsGroup[" + id + " " + roll() + "\n validated " + validatedTopologyEpoch + " config " + config
                + "\n topology " + topology + "\n owned " + owners.size() + " bytes " + bytes() + "]";
    }
}

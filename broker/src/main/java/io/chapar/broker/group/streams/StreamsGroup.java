package io.chapar.broker.group.streams;

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

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;

import static java.util.Objects.requireNonNull;

/// A streams group (KIP-1071), as the log has it. [#apply] alone changes it, live and at replay.
///
/// Three epochs: the group's grows with whatever may change who has what; the target's is that of the group when tasks
/// were last shared out; a member's is that of the target it has come to.
public final class StreamsGroup {
    private final String id;
    private int epoch = 0;
    private long metadataHash = 0;
    private int validatedTopologyEpoch = -1;
    private SortedMap<String, String> config = Collections.emptySortedMap();
    private int targetEpoch = 0;
    private long targetAtMs = 0;
    private boolean isStored = false;
    private @Nullable StreamsTopology topology;
    private SortedSet<String> required = Collections.emptySortedSet();
    /// The subtopology that reads a topic.
    private Map<String, String> readers = Map.of();
    private final NavigableMap<String, StreamsMember> members = new TreeMap<>();
    private final Map<String, String> memberOfInstance = new LinkedHashMap<>();
    private final Map<String, Tasks> targets = new LinkedHashMap<>();
    private final Map<String, TaskStanding> standings = new LinkedHashMap<>();
    private final TaskOwners owners = new TaskOwners(this::processOf);
    private long memberBytes = 0;
    private int endpoints = 0;
    /// Of the topology, targets and standings.
    private long bytes = 0;

    public StreamsGroup(String id) {
        this.id = id;
    }

    // ---- ask

    public String id() {
        return id;
    }

    public int epoch() {
        return epoch;
    }

    public long metadataHash() {
        return metadataHash;
    }

    /// Of the topology whose topics were all there when the group looked; else -1.
    public int validatedTopologyEpoch() {
        return validatedTopologyEpoch;
    }

    /// How tasks were to be shared out when the group looked.
    public SortedMap<String, String> config() {
        return config;
    }

    public int targetEpoch() {
        return targetEpoch;
    }

    /// When tasks were last shared out.
    public long targetAtMs() {
        return targetAtMs;
    }

    /// Null while no member has said it.
    public @Nullable StreamsTopology topology() {
        return topology;
    }

    /// Topics that the topology needs.
    public SortedSet<String> topics() {
        return required;
    }

    public boolean isEmpty() {
        return members.isEmpty();
    }

    public int size() {
        return members.size();
    }

    /// Members that can be asked for their state.
    public int endpoints() {
        return endpoints;
    }

    /// By name.
    public Collection<StreamsMember> members() {
        return Collections.unmodifiableCollection(members.values());
    }

    public @Nullable StreamsMember member(String memberId) {
        return members.get(memberId);
    }

    /// Null when nobody is in under this instance.
    public @Nullable StreamsMember instance(String instanceId) {
        String memberId = memberOfInstance.get(instanceId);
        return memberId == null ? null : members.get(memberId);
    }

    public TaskStanding standing(String memberId) {
        return standings.getOrDefault(memberId, TaskStanding.NEW);
    }

    public Tasks target(String memberId) {
        return targets.getOrDefault(memberId, Tasks.NONE);
    }

    /// Nobody's part is what it should be while the target is of an earlier epoch.
    public boolean needsTarget() {
        return !members.isEmpty() && epoch > targetEpoch;
    }

    /// As Kafka names it.
    public String state() {
        if (members.isEmpty()) {
            return "Empty";
        }
        if (topology == null || validatedTopologyEpoch != topology.epoch()) {
            return "NotReady";
        }
        if (needsTarget()) {
            return "Assigning";
        }
        for (String member : members.keySet()) {
            if (!standing(member).isAt(targetEpoch)) {
                return "Reconciling";
            }
        }
        return "Stable";
    }

    /// Where the member stands after its next step towards its target.
    ///
    /// @param owned what it says it owns; null when it does not say
    public TaskStanding next(StreamsMember member, @Nullable Tasks owned) {
        return new TaskReconciliation(member.id(), target(member.id()), targetEpoch, owners)
                .next(standing(member.id()), owned);
    }

    /// Whether the member who speaks of this epoch has run the partition's task then, and still has it.
    public boolean ranIn(String memberId, int saidEpoch, String topic, int partition) {
        String subtopology = readers.get(topic);
        return subtopology != null && standing(memberId).ranIn(saidEpoch, new TaskId(subtopology, partition));
    }

    private String processOf(String memberId) {
        StreamsMember member = members.get(memberId);
        return member == null ? "" : member.processId();
    }

    // ---- apply

    public void apply(StreamsGroupRecord record) {
        switch (record) {
            case EpochSet r -> {
                epoch = r.epoch();
                metadataHash = r.metadataHash();
                validatedTopologyEpoch = r.validatedTopologyEpoch();
                config = r.config();
                isStored = true;
            }
            case EpochForgotten _ -> {
                epoch = 0;
                metadataHash = 0;
                validatedTopologyEpoch = -1;
                config = Collections.emptySortedMap();
                isStored = false;
            }
            case TopologySet r -> become(r.topology());
            case TopologyForgotten _ -> become(null);
            case MemberSet r -> set(r.member());
            case MemberForgotten r -> {
                StreamsMember gone = members.remove(r.memberId());
                if (gone != null) {
                    uncount(gone);
                }
            }
            case TargetEpochSet r -> {
                targetEpoch = r.epoch();
                targetAtMs = r.atMs();
            }
            case TargetEpochForgotten _ -> {
                targetEpoch = 0;
                targetAtMs = 0;
            }
            case TargetSet r -> bytes += StreamsSizes.of(r.target())
                    - StreamsSizes.of(targets.put(r.memberId(), r.target()));
            case TargetForgotten r -> bytes -= StreamsSizes.of(targets.remove(r.memberId()));
            case StandingSet r -> stand(r.memberId(), r.standing());
            case StandingForgotten r -> stand(r.memberId(), null);
        }
    }

    private void become(@Nullable StreamsTopology now) {
        bytes += StreamsSizes.of(now) - StreamsSizes.of(topology);
        topology = now;
        required = now == null ? Collections.emptySortedSet() : now.required();
        readers = now == null ? Map.of() : now.readers();
    }

    private void set(StreamsMember member) {
        StreamsMember before = members.put(member.id(), member);
        if (before != null) {
            uncount(before);
        }
        memberBytes += StreamsSizes.of(member);
        endpoints += member.endpoint() == null ? 0 : 1;
        if (member.instanceId() != null) {
            memberOfInstance.put(member.instanceId(), member.id());
        }
    }

    private void uncount(StreamsMember member) {
        memberBytes -= StreamsSizes.of(member);
        endpoints -= member.endpoint() == null ? 0 : 1;
        if (member.instanceId() != null) {
            memberOfInstance.remove(member.instanceId(), member.id());
        }
    }

    private void stand(String memberId, @Nullable TaskStanding standing) {
        TaskStanding before = standing == null ? standings.remove(memberId) : standings.put(memberId, standing);
        if (before != null) {
            owners.release(memberId, before.assigned());
            owners.release(memberId, before.revoking());
        }
        if (standing != null) {
            owners.take(memberId, standing.assigned());
            owners.take(memberId, standing.revoking());
        }
        bytes += StreamsSizes.of(standing) - StreamsSizes.of(before);
    }

    /// Whether the log has nothing of it.
    public boolean isVoid() {
        return !isStored && members.isEmpty() && targets.isEmpty() && standings.isEmpty() && topology == null
                && targetEpoch == 0;
    }

    /// Tombstones of all that the log has.
    public List<StreamsGroupRecord> forget() {
        List<StreamsGroupRecord> all = new ArrayList<>();
        standings.keySet().forEach(member -> all.add(new StandingForgotten(id, member)));
        targets.keySet().forEach(member -> all.add(new TargetForgotten(id, member)));
        all.add(new TargetEpochForgotten(id));
        members.keySet().forEach(member -> all.add(new MemberForgotten(id, member)));
        all.add(new TopologyForgotten(id));
        all.add(new EpochForgotten(id));
        return all;
    }

    /// Tombstones of a member.
    public List<StreamsGroupRecord> forget(String memberId) {
        requireNonNull(members.get(memberId), "a member that goes is here");
        return List.of(
                new StandingForgotten(id, memberId), new TargetForgotten(id, memberId),
                new MemberForgotten(id, memberId));
    }

    // ---- size

    /// Of what members say about themselves.
    public long memberBytes() {
        return memberBytes;
    }

    /// Of what members say about themselves, what they have, and what they shall have.
    public long bytes() {
        return memberBytes + bytes;
    }

    /// Breaks down what is known, for comparing what is live with what is replayed.
    @Override
    public String toString() {
        return "StreamsGroup[" + id + " epoch " + epoch + " hash " + metadataHash + " validated "
                + validatedTopologyEpoch + " config " + config + " target " + targetEpoch + " at " + targetAtMs
                + "\n topology " + topology + "\n members " + members + "\n targets " + new TreeMap<>(targets)
                + "\n standings " + new TreeMap<>(standings)
                + "\n owned " + owners.size() + " bytes " + bytes() + "]";
    }
}

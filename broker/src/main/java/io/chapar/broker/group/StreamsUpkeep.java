package io.chapar.broker.group;

import io.chapar.broker.group.GroupOutlook.OfStreamsGroup;
import io.chapar.broker.group.GroupRecord.OfStreams;
import io.chapar.broker.group.consumer.Targets;
import io.chapar.broker.group.consumer.TopicDirectory;
import io.chapar.broker.group.streams.ConfiguredTopology;
import io.chapar.broker.group.streams.ConfiguredTopology.Problem;
import io.chapar.broker.group.streams.StatusCode;
import io.chapar.broker.group.streams.StreamsGroup;
import io.chapar.broker.group.streams.StreamsGroupRecord;
import io.chapar.broker.group.streams.StreamsGroupRecord.EpochSet;
import io.chapar.broker.group.streams.StreamsGroupRecord.TargetEpochSet;
import io.chapar.broker.group.streams.StreamsGroupRecord.TargetSet;
import io.chapar.broker.group.streams.StreamsMember;
import io.chapar.broker.group.streams.StreamsSizes;
import io.chapar.broker.group.streams.StreamsTopology;
import io.chapar.broker.group.streams.TaskAssignor;
import io.chapar.broker.group.streams.TaskConfig;
import io.chapar.broker.group.streams.TaskProgress;
import io.chapar.broker.group.streams.TaskStanding;
import io.chapar.broker.group.streams.Tasks;
import io.chapar.broker.group.streams.TopicPlan;
import io.chapar.broker.group.streams.TopologyFault;
import io.chapar.protocol.ErrorCode;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/// What becomes of streams groups with time: members are lost, topics and settings change, state has been warmed up,
/// and what everybody is to have is worked out anew.
final class StreamsUpkeep implements Upkeep<StreamsSide> {
    private final GroupLimits limits;
    private final GroupWriter writer;
    private GroupOutlook cluster = GroupOutlook.EMPTY;

    StreamsUpkeep(GroupLimits limits, GroupWriter writer) {
        this.limits = limits;
        this.writer = writer;
    }

    TopicDirectory directory() {
        return cluster.topics();
    }

    OfStreamsGroup settings(String groupId) {
        return cluster.streams().of(groupId);
    }

    @Override
    public void see(GroupOutlook now) {
        cluster = now;
    }

    @Override
    public void tell(StreamsSide side, Set<String> topics) {
        if (topics.isEmpty()) {
            side.set(settings(side.group().id()));
            side.becomeStale();
        } else if (ModernSide.meet(side.group().topics(), topics)) {
            side.becomeStale();
        }
    }

    // ---- topology

    ConfiguredTopology configure(@Nullable StreamsTopology topology) throws TopologyFault {
        return topology == null ? ConfiguredTopology.NONE
                : TopicPlan.of(topology, directory(), new TopicPlan.Most(
                        limits.size().maxGroupBytes() / StreamsSizes.task(), limits.streams().maxInternalPartitions()));
    }

    /// What the group's topology comes to with the topics that there are.
    ConfiguredTopology configured(StreamsSide side) {
        ConfiguredTopology known = side.configured();
        if (known != null) {
            return known;
        }
        ConfiguredTopology now;
        try {
            now = configure(side.group().topology());
        } catch (TopologyFault e) {
            // The log of another broker may have what is refused here.
            now = new ConfiguredTopology(side.group().topology(), Collections.emptySortedMap(),
                    Collections.emptySortedMap(), List.of(),
                    new Problem(StatusCode.INCORRECTLY_PARTITIONED_TOPICS, e.reason()));
        }
        side.setConfigured(now);
        return now;
    }

    // ---- write

    static List<GroupRecord> wrapped(List<? extends StreamsGroupRecord> records) {
        List<GroupRecord> all = new ArrayList<>(records.size());
        records.forEach(record -> all.add(new OfStreams(record)));
        return all;
    }

    @Override
    public GroupWriter writer() {
        return writer;
    }

    @Override
    public Shares shares(StreamsSide side, long nowMs) {
        StreamsGroup known = side.group();
        ConfiguredTopology configured = configured(side);
        TaskConfig config = side.settings().tasks();
        Map<String, TaskProgress> progress = new TreeMap<>(side.progress());
        long tasks = configured.tasks().values().stream().mapToLong(Integer::longValue).sum();
        return new Shares((1 + tasks) * known.size(), () -> wrapped(
                targets(known, TaskAssignor.assign(known, configured, config, progress), nowMs)));
    }

    private static List<StreamsGroupRecord> targets(StreamsGroup known, Map<String, Tasks> targets, long nowMs) {
        List<StreamsGroupRecord> records = new ArrayList<>();
        targets.forEach((member, target) -> {
            if (!target.equals(known.target(member))) {
                records.add(new TargetSet(known.id(), member, target));
            }
        });
        records.add(new TargetEpochSet(known.id(), known.epoch(), nowMs));
        return records;
    }

    /// Members that are no more; the others share anew.
    List<StreamsGroupRecord> gone(StreamsGroup known, List<StreamsMember> members) {
        List<StreamsGroupRecord> records = new ArrayList<>();
        members.forEach(member -> records.addAll(known.forget(member.id())));
        records.add(new EpochSet(known.id(), known.epoch() + 1, known.metadataHash(), known.validatedTopologyEpoch(),
                known.config()));
        return records;
    }

    // ---- time

    @Override
    public void begin(StreamsSide side, long nowMs) {
        StreamsGroup known = side.group();
        side.pace().begin(nowMs);
        side.set(settings(known.id()));
        for (StreamsMember member : known.members()) {
            side.deadlines().renewSession(member.id(), nowMs + side.settings().times().sessionMs());
            TaskStanding standing = known.standing(member.id());
            side.watch(member.id(), standing, standing, nowMs + member.rebalanceTimeoutMs());
        }
        side.becomeStale();
    }

    @Override
    public void drop(Group group, StreamsSide side, List<String> lost, Step step, GroupWriter.Settled settled) {
        List<StreamsMember> members = side.group().members(lost);
        if (!members.isEmpty()) {
            write(group, wrapped(gone(side.group(), members)), 0, step, settled);
        }
    }

    /// Whether tasks have to be shared out otherwise with the topics and settings that there are, and with what has
    /// been warmed up.
    @Override
    public void look(Group group, StreamsSide side, Step step) {
        StreamsGroup known = side.group();
        boolean isWarm = side.isWarm();
        side.endLooking();
        if (known.isEmpty()) {
            return;
        }
        int validated = configured(side).validatedEpoch();
        long hash = Targets.metadataHash(known.topics(), directory());
        SortedMap<String, String> config = side.settings().tasks().stored();
        if (!isWarm && hash == known.metadataHash() && validated == known.validatedTopologyEpoch()
                && config.equals(known.config())) {
            return;
        }
        EpochSet next = new EpochSet(group.id(), known.epoch() + 1, hash, validated, config);
        write(group, wrapped(List.of(next)), 0, step, (error, then) -> {
            if (error != ErrorCode.NONE) {
                side.lookLater(then.nowMs());
            }
        });
    }
}

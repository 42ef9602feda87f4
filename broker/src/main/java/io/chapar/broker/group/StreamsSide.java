package io.chapar.broker.group;

import io.chapar.broker.group.GroupCommand.Offset;
import io.chapar.broker.group.GroupOutlook.OfStreamsGroup;
import io.chapar.broker.group.streams.ConfiguredTopology;
import io.chapar.broker.group.streams.StreamsGroup;
import io.chapar.broker.group.streams.StreamsGroupRecord;
import io.chapar.broker.group.streams.StreamsGroupRecord.MemberForgotten;
import io.chapar.broker.group.streams.StreamsGroupRecord.MemberSet;
import io.chapar.broker.group.streams.StreamsGroupRecord.StandingForgotten;
import io.chapar.broker.group.streams.StreamsGroupRecord.StandingSet;
import io.chapar.broker.group.streams.StreamsGroupRecord.TopologyForgotten;
import io.chapar.broker.group.streams.StreamsGroupRecord.TopologySet;
import io.chapar.broker.group.streams.StreamsSizes;
import io.chapar.broker.group.streams.StreamsTopology.InternalTopic;
import io.chapar.broker.group.streams.TaskId;
import io.chapar.broker.group.streams.TaskProgress;
import io.chapar.broker.group.streams.TaskStanding;
import io.chapar.broker.metadata.ControllerCore;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/// A streams [Group]: what the log says of it, and what is known of it only while this coordinator leads: when members
/// are to be taken for lost, what its topology comes to, and how far its members' tasks are.
final class StreamsSide implements ModernSide {
    /// Topics are not asked to be made more often, so that members who wait for them together ask once.
    static final int CREATE_PAUSE_MS = 1_000;
    /// That are asked for at a time, with no more partitions together than one command may create; one topic may have
    /// more.
    static final int MOST_TOPICS_AT_ONCE = 100;
    private static final int MOST_PARTITIONS_AT_ONCE = ControllerCore.MAX_PARTITIONS_PER_COMMAND;

    private final StreamsGroup group;
    private final MemberDeadlines deadlines = new MemberDeadlines();
    private final SortedMap<String, TaskProgress> progress = new TreeMap<>();
    private long progressBytes = 0;
    private OfStreamsGroup settings = OfStreamsGroup.DEFAULTS;
    /// Null when it is to be worked out.
    private @Nullable ConfiguredTopology configured;
    /// Topics or settings may have changed since the group looked.
    private boolean stale = false;
    /// A task can move to where its state now is.
    private boolean warm = false;
    private final TargetPace pace;
    private long createNotBeforeMs = 0;
    /// The last topic that was asked for, so that those that cannot be made keep nobody from making others.
    private String askedTo = "";
    private @Nullable String shutdownBy;
    private int endpointEpoch = 0;
    private final StreamsEndpoints endpoints = new StreamsEndpoints();

    StreamsSide(String groupId) {
        this.group = new StreamsGroup(groupId);
        this.pace = new TargetPace(group);
    }

    @Override
    public StreamsGroup group() {
        return group;
    }

    @Override
    public MemberDeadlines deadlines() {
        return deadlines;
    }

    @Override
    public TargetPace pace() {
        return pace;
    }

    void apply(StreamsGroupRecord record) {
        group.apply(record);
        switch (record) {
            case MemberForgotten gone -> {
                deadlines.forget(gone.memberId());
                report(gone.memberId(), null);
                endpointEpoch++;
                if (group.isEmpty()) {
                    shutdownBy = null;
                }
            }
            case TopologySet _, TopologyForgotten _ -> configured = null;
            case MemberSet _, StandingSet _, StandingForgotten _ -> endpointEpoch++;
            case StreamsGroupRecord.EpochSet _, StreamsGroupRecord.EpochForgotten _,
                    StreamsGroupRecord.TargetEpochSet _, StreamsGroupRecord.TargetEpochForgotten _,
                    StreamsGroupRecord.TargetSet _, StreamsGroupRecord.TargetForgotten _ -> { }
        }
    }

    /// Until when a member may take to give tasks up.
    void watch(String memberId, TaskStanding before, TaskStanding now, long untilMs) {
        deadlines.watch(memberId, before.phase(), now.phase(), before.epoch() == now.epoch(), untilMs);
    }

    // ---- topics

    /// Null when it is to be worked out.
    @Nullable ConfiguredTopology configured() {
        return configured;
    }

    void setConfigured(ConfiguredTopology now) {
        configured = now;
        endpointEpoch++;
    }

    /// Topics or settings may have changed.
    @Override
    public void becomeStale() {
        stale = true;
        configured = null;
    }

    @Override
    public boolean hasToLook(long nowMs) {
        return stale || warm;
    }

    void endLooking() {
        stale = false;
        warm = false;
    }

    /// Those of the missing topics that are to be asked for now: some at a time, all in turn.
    ///
    /// @param missing by name
    List<InternalTopic> toCreate(List<InternalTopic> missing, long nowMs) {
        if (missing.isEmpty() || nowMs < createNotBeforeMs) {
            return List.of();
        }
        createNotBeforeMs = nowMs + CREATE_PAUSE_MS;
        int begin = 0;
        while (begin < missing.size() && missing.get(begin).name().compareTo(askedTo) <= 0) {
            begin++;
        }
        List<InternalTopic> some = new ArrayList<>();
        long partitions = 0;
        for (int i = 0; i < missing.size() && some.size() < MOST_TOPICS_AT_ONCE; i++) {
            InternalTopic next = missing.get((begin + i) % missing.size());
            partitions += next.partitions();
            if (partitions > MOST_PARTITIONS_AT_ONCE && !some.isEmpty()) {
                break;
            }
            some.add(next);
        }
        askedTo = some.getLast().name();
        return some;
    }

    // ---- tasks

    /// By member.
    Map<String, TaskProgress> progress() {
        return Collections.unmodifiableMap(progress);
    }

    TaskProgress progress(String memberId) {
        return progress.getOrDefault(memberId, TaskProgress.NONE);
    }

    /// @param now null when nothing is known of the member any more
    void report(String memberId, @Nullable TaskProgress now) {
        TaskProgress before = now == null ? progress.remove(memberId) : progress.put(memberId, now);
        progressBytes += (now == null ? 0 : StreamsSizes.of(now)) - (before == null ? 0 : StreamsSizes.of(before));
        if (now == null) {
            return;
        }
        for (TaskId task : group.target(memberId).warmup()) {
            warm |= group.standing(memberId).assigned().warmup().contains(task)
                    && now.isCaughtUp(task, settings.tasks().acceptableLag());
        }
    }

    boolean isWarm() {
        return warm;
    }

    // ---- members

    /// Null unless a member wants the whole application to end.
    @Nullable String shutdownBy() {
        return shutdownBy;
    }

    void shutDown(String memberId) {
        if (shutdownBy == null) {
            shutdownBy = memberId;
        }
    }

    /// Changes with what members have, where they can be asked for it, and the topics that it is made of.
    /// Never 0, which members begin with.
    int endpointEpoch() {
        return endpointEpoch;
    }

    /// What members are told of it.
    StreamsEndpoints endpoints() {
        return endpoints;
    }

    // ---- time

    OfStreamsGroup settings() {
        return settings;
    }

    void set(OfStreamsGroup now) {
        settings = now;
        pace.set(now.times().assignmentMs());
    }

    /// Why members are to wait for what they are to have, in Kafka's words.
    String whyDelayed() {
        return "Assignment delayed due to the configured "
                + (pace.isHeldBack() ? "initial rebalance delay." : "assignment interval.");
    }

    @Override
    public long nextDeadlineMs() {
        return deadlines.nextMs(stale || warm ? 0 : pace.dueMs());
    }

    // ---- as all such groups

    @Override
    public GroupType type() {
        return GroupType.STREAMS;
    }

    @Override
    public List<GroupRecord> forget() {
        return StreamsUpkeep.wrapped(group.forget());
    }

    @Override
    public long bytes() {
        return group.bytes() + progressBytes + endpoints.bytes();
    }

    @Override
    public @Nullable Integer epochOf(String memberId) {
        return group.member(memberId) == null ? null : group.standing(memberId).epoch();
    }

    @Override
    public boolean heldIn(String memberId, int saidEpoch, Offset offset) {
        return group.ranIn(memberId, saidEpoch, offset.partition().topic(), offset.partition().partition());
    }

    @Override
    public boolean isClassic(String memberId) {
        return false;
    }

    @Override
    public String toString() {
        return group.toString();
    }
}

package io.chapar.broker.group;

import io.chapar.broker.group.GroupCommand.StreamsHeartbeat;
import io.chapar.broker.group.GroupCommand.StreamsSaid;
import io.chapar.broker.group.GroupReply.StreamsBeat;
import io.chapar.broker.group.consumer.Standing;
import io.chapar.broker.group.consumer.Targets;
import io.chapar.broker.group.modern.Sender;
import io.chapar.broker.group.modern.Sender.Fenced;
import io.chapar.broker.group.modern.Sender.Known;
import io.chapar.broker.group.modern.Sender.Newcomer;
import io.chapar.broker.group.modern.Sender.Successor;
import io.chapar.broker.group.modern.Sender.Unknown;
import io.chapar.broker.group.streams.ConfiguredTopology;
import io.chapar.broker.group.streams.StreamsGroup;
import io.chapar.broker.group.streams.StreamsGroupRecord;
import io.chapar.broker.group.streams.StreamsGroupRecord.EpochSet;
import io.chapar.broker.group.streams.StreamsGroupRecord.MemberSet;
import io.chapar.broker.group.streams.StreamsGroupRecord.StandingSet;
import io.chapar.broker.group.streams.StreamsGroupRecord.TargetEpochSet;
import io.chapar.broker.group.streams.StreamsGroupRecord.TargetSet;
import io.chapar.broker.group.streams.StreamsGroupRecord.TopologySet;
import io.chapar.broker.group.streams.StreamsMember;
import io.chapar.broker.group.streams.StreamsSizes;
import io.chapar.broker.group.streams.StreamsTopology;
import io.chapar.broker.group.streams.TopologyFault;
import io.chapar.protocol.ErrorCode;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

import static java.util.Objects.requireNonNull;
import static java.util.Objects.requireNonNullElse;

/// Whether a heartbeat may come from the member of a streams group that it names, and what it says that is new. Changes
/// nothing.
final class StreamsArrivals {
    /// Of the target in which nobody has anything: a member that joins has come to an epoch, also while tasks wait for
    /// others to join. Of epoch 0 it would be taken for one that joins again.
    private static final int FIRST_TARGET = 1;

    private final GroupLimits limits;
    private final StreamsUpkeep upkeep;

    StreamsArrivals(GroupLimits limits, StreamsUpkeep upkeep) {
        this.limits = limits;
        this.upkeep = upkeep;
    }

    sealed interface Judged permits Refused, Accepted {}

    record Refused(ErrorCode error, @Nullable String message) implements Judged {
        private static Refused as(ErrorCode error) {
            return new Refused(error, null);
        }
    }

    /// @param records to be written before anything is decided on what the member says
    record Accepted(String memberId, List<StreamsGroupRecord> records) implements Judged {}

    /// @param planned what the group's topology comes to; null where that is to be worked out
    Judged judge(StreamsGroup known, @Nullable ConfiguredTopology planned, StreamsHeartbeat beat) {
        return switch (Sender.of(known, beat.memberId(), beat.instanceId(), beat.isJoin())) {
            case Unknown<StreamsMember> _ -> Refused.as(ErrorCode.UNKNOWN_MEMBER_ID);
            case Fenced<StreamsMember> _ -> Refused.as(ErrorCode.FENCED_INSTANCE_ID);
            case Newcomer<StreamsMember> _ when known.size() >= limits.streams().maxMembers() ->
                new Refused(ErrorCode.GROUP_MAX_SIZE_REACHED,
                        "The group has as many members as it may have (group.streams.max.size).");
            case Newcomer<StreamsMember> _ -> accept(known, planned, beat, null, null);
            case Known<StreamsMember>(StreamsMember member)
                    when !beat.isJoin() && !known.standing(member.id()).admits(beat.memberEpoch(), beat.owned()) ->
                new Refused(ErrorCode.FENCED_MEMBER_EPOCH, "The member speaks of epoch " + beat.memberEpoch()
                        + ", and is in epoch " + known.standing(member.id()).epoch()
                        + ". It must give up its tasks and join again.");
            case Known<StreamsMember>(StreamsMember member) -> accept(known, planned, beat, member, null);
            case Successor<StreamsMember>(StreamsMember holder) when !known.standing(holder.id()).isAway() ->
                new Refused(ErrorCode.UNRELEASED_INSTANCE_ID, "The instance " + beat.instanceId()
                        + " is that of member " + holder.id() + ", which has not left.");
            case Successor<StreamsMember>(StreamsMember holder) -> accept(known, planned, beat, null, holder);
        };
    }

    /// @param before as it is known; null for a new one
    /// @param replaced the static member in whose place it comes; null for none
    private Judged accept(
            StreamsGroup known, @Nullable ConfiguredTopology planned, StreamsHeartbeat beat,
            @Nullable StreamsMember before, @Nullable StreamsMember replaced) {
        StreamsMember old = replaced != null ? replaced : before;
        StreamsTopology said = beat.said().topology();
        StreamsTopology topology = known.topology();
        boolean isNew = said != null && !said.equals(topology)
                && (topology == null || known.isEmpty() || said.epoch() >= topology.epoch());
        if (isNew && topology != null && !known.isEmpty()) {
            return new Refused(ErrorCode.INVALID_REQUEST, "Topology updates are not supported yet.");
        }
        StreamsMember member = updated(beat, old);
        long growth = StreamsSizes.of(member) - (old == null ? 0 : StreamsSizes.of(old));
        if (growth > 0 && known.memberBytes() + growth > limits.size().maxGroupBytes()) {
            return new Refused(ErrorCode.GROUP_MAX_SIZE_REACHED,
                    "The group's members say more about themselves than they may together (group.max.bytes).");
        }
        List<StreamsGroupRecord> records = new ArrayList<>();
        String group = known.id();
        if (replaced != null) {
            records.addAll(known.forget(replaced.id()));
        }
        if (!member.equals(before)) {
            records.add(new MemberSet(group, member));
        }
        if (replaced != null) {
            records.add(new TargetSet(group, member.id(), known.target(replaced.id())));
            records.add(new StandingSet(group, member.id(), known.standing(replaced.id()).back()));
        }
        if (isNew && said != null) {
            records.add(new TopologySet(group, said));
        }
        if (known.targetEpoch() == 0) {
            records.add(new TargetEpochSet(group, FIRST_TARGET, 0));
        }
        if (!isNew && old != null && member.sharesAs(old) && known.epoch() > 0) {
            return new Accepted(member.id(), records);
        }
        try {
            StreamsTopology next = isNew ? requireNonNull(said, "a new one") : topology;
            records.add(nextEpoch(known, next, isNew || planned == null ? upkeep.configure(next) : planned));
        } catch (TopologyFault e) {
            return new Refused(ErrorCode.STREAMS_INVALID_TOPOLOGY, e.reason());
        }
        return new Accepted(member.id(), records);
    }

    private EpochSet nextEpoch(
            StreamsGroup known, @Nullable StreamsTopology topology, ConfiguredTopology configured) {
        long hash = Targets.metadataHash(
                topology == null ? Collections.emptySortedSet() : topology.required(), upkeep.directory());
        return new EpochSet(known.id(), Math.max(FIRST_TARGET, known.epoch()) + 1, hash, configured.validatedEpoch(),
                upkeep.settings(known.id()).tasks().stored());
    }

    private static StreamsMember updated(StreamsHeartbeat beat, @Nullable StreamsMember old) {
        StreamsSaid said = beat.said();
        StreamsTopology topology = said.topology();
        return new StreamsMember(
                beat.memberId(),
                beat.instanceId() != null || old == null ? beat.instanceId() : old.instanceId(),
                said.rackId() != null || old == null ? said.rackId() : old.rackId(),
                beat.clientId(),
                beat.clientHost(),
                said.rebalanceTimeoutMs() >= 0 || old == null ? said.rebalanceTimeoutMs() : old.rebalanceTimeoutMs(),
                topology != null ? topology.epoch() : old == null ? 0 : old.topologyEpoch(),
                requireNonNullElse(said.processId(), old == null ? "" : old.processId()),
                said.endpoint() != null || old == null ? said.endpoint() : old.endpoint(),
                requireNonNullElse(said.tags(), old == null ? Collections.emptySortedMap() : old.tags()));
    }

    /// Without a look at anything but the member, and no longer than the heartbeat is.
    static boolean saysNothingNew(StreamsMember member, StreamsHeartbeat beat) {
        return beat.progress() == null && !beat.shutdown() && updated(beat, member).equals(member);
    }

    /// Why the heartbeat cannot be meant for any group; null when it can.
    static @Nullable StreamsBeat precheck(StreamsHeartbeat beat, GroupLimits limits) {
        String problem = null;
        if (beat.groupId().isEmpty()) {
            problem = "The group must be named.";
        } else if ("".equals(beat.instanceId()) || "".equals(beat.said().rackId())) {
            problem = "An instance or a rack that is given must have a name.";
        } else if (beat.memberId().isEmpty()) {
            problem = "The member must be named.";
        } else if (beat.memberEpoch() < Standing.AWAY) {
            problem = "There is no member epoch " + beat.memberEpoch() + ".";
        } else if (beat.memberEpoch() == Standing.AWAY && beat.instanceId() == null) {
            problem = "A member that leaves to come back must name its instance.";
        } else if (beat.isJoin()) {
            problem = problemOfJoin(beat);
        } else if (beat.said().topology() != null) {
            problem = "Topology can only be provided when (re-)joining.";
        }
        if (problem == null && ofItself(beat) > limits.size().maxMemberBytes()) {
            problem = "The member says more about itself than it may (group.member.max.bytes).";
        }
        // It says what it was given, and how far it is with each: one that has all tasks of a group may say so.
        if (problem == null && Math.max(ofOwned(beat), ofProgress(beat)) > limits.size().maxGroupBytes()) {
            problem = "The member has more tasks than it may say (group.max.bytes).";
        }
        return problem == null ? null : StreamsBeat.refused(ErrorCode.INVALID_REQUEST, problem);
    }

    private static @Nullable String problemOfJoin(StreamsHeartbeat beat) {
        StreamsSaid said = beat.said();
        if (said.rebalanceTimeoutMs() < 0) {
            return "A member that joins must say its rebalance timeout.";
        }
        if (beat.owned() == null || !beat.owned().isEmpty()) {
            return "A member that joins must own no tasks.";
        }
        if (said.processId() == null || said.processId().isEmpty()) {
            return "A member that joins must say of which process it is.";
        }
        return said.topology() == null ? "Topology must be non-null when (re-)joining." : null;
    }

    /// By how much more is kept once the member has said this; less than 0 where it says less than before. What it owns
    /// is not kept.
    static long growth(@Nullable StreamsSide side, StreamsHeartbeat beat) {
        StreamsGroup known = side == null ? null : side.group();
        StreamsMember named = known == null ? null : known.member(beat.memberId());
        StreamsMember before = named == null && known != null && beat.instanceId() != null
                ? known.instance(beat.instanceId()) : named;
        long growth = StreamsSizes.of(updated(beat, before)) - (before == null ? 0 : StreamsSizes.of(before));
        if (beat.progress() != null) {
            growth += StreamsSizes.of(beat.progress())
                    - (side == null ? 0 : StreamsSizes.of(side.progress(beat.memberId())));
        }
        StreamsTopology topology = beat.said().topology();
        if (topology != null && (known == null || !topology.equals(known.topology()))) {
            growth += StreamsSizes.of(topology);
        }
        return growth;
    }

    /// About as many bytes as it keeps while it waits.
    static long said(StreamsHeartbeat beat) {
        return ofItself(beat) + ofOwned(beat) + ofProgress(beat);
    }

    private static long ofItself(StreamsHeartbeat beat) {
        return StreamsSizes.of(updated(beat, null)) + StreamsSizes.of(beat.said().topology());
    }

    private static long ofOwned(StreamsHeartbeat beat) {
        return StreamsSizes.said(beat.owned());
    }

    private static long ofProgress(StreamsHeartbeat beat) {
        return beat.progress() == null ? 0 : StreamsSizes.of(beat.progress());
    }
}

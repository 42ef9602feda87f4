package io.chapar.broker.group;

import io.chapar.broker.group.GroupCommand.ConsumerHeartbeat;
import io.chapar.broker.group.consumer.ConsumerGroup;
import io.chapar.broker.group.consumer.ConsumerGroupRecord;
import io.chapar.broker.group.consumer.ConsumerGroupRecord.EpochSet;
import io.chapar.broker.group.consumer.ConsumerGroupRecord.MemberSet;
import io.chapar.broker.group.consumer.ConsumerGroupRecord.RegexForgotten;
import io.chapar.broker.group.consumer.ConsumerGroupRecord.RegexSet;
import io.chapar.broker.group.consumer.ConsumerGroupRecord.StandingSet;
import io.chapar.broker.group.consumer.ConsumerGroupRecord.TargetSet;
import io.chapar.broker.group.consumer.ConsumerMember;
import io.chapar.broker.group.consumer.ConsumerSizes;
import io.chapar.broker.group.consumer.RegexSearch;
import io.chapar.broker.group.consumer.Standing;
import io.chapar.broker.group.consumer.Subscription;
import io.chapar.broker.group.modern.Sender;
import io.chapar.broker.group.modern.Sender.Fenced;
import io.chapar.broker.group.modern.Sender.Known;
import io.chapar.broker.group.modern.Sender.Newcomer;
import io.chapar.broker.group.modern.Sender.Successor;
import io.chapar.broker.group.modern.Sender.Unknown;
import io.chapar.broker.pattern.PatternFault;
import io.chapar.protocol.ErrorCode;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

import static java.util.Objects.requireNonNull;
import static java.util.Objects.requireNonNullElse;

/// Whether a heartbeat may come from the member that it names, and what it says that is new. Changes nothing.
final class ConsumerArrivals {
    private final GroupLimits limits;
    private final ConsumerUpkeep upkeep;

    ConsumerArrivals(GroupLimits limits, ConsumerUpkeep upkeep) {
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
    /// @param isUnresolved the group is to look what its member's expression matches
    record Accepted(String memberId, List<ConsumerGroupRecord> records, boolean isUnresolved) implements Judged {}

    Judged judge(ConsumerGroup known, ConsumerHeartbeat beat, long nowMs) {
        return switch (Sender.of(known, beat.memberId(), beat.instanceId(), beat.isJoin())) {
            case Unknown<ConsumerMember> _ -> Refused.as(ErrorCode.UNKNOWN_MEMBER_ID);
            case Fenced<ConsumerMember> _ -> Refused.as(ErrorCode.FENCED_INSTANCE_ID);
            case Newcomer<ConsumerMember> _ when known.size() >= limits.consumer().maxMembers() ->
                new Refused(ErrorCode.GROUP_MAX_SIZE_REACHED,
                        "The group has as many members as it may have (group.consumer.max.size).");
            case Newcomer<ConsumerMember> _ -> accept(known, beat, null, null, nowMs);
            case Known<ConsumerMember>(ConsumerMember member)
                    when !beat.isJoin() && !known.standing(member.id()).admits(beat.memberEpoch(), beat.owned()) ->
                new Refused(ErrorCode.FENCED_MEMBER_EPOCH, "The member speaks of epoch " + beat.memberEpoch()
                        + ", and is in epoch " + known.standing(member.id()).epoch()
                        + ". It must give up its partitions and join again.");
            case Known<ConsumerMember>(ConsumerMember member) -> accept(known, beat, member, null, nowMs);
            case Successor<ConsumerMember>(ConsumerMember holder)
                    when holder.classic() == null && !known.standing(holder.id()).isAway() ->
                new Refused(ErrorCode.UNRELEASED_INSTANCE_ID, "The instance " + beat.instanceId()
                        + " is that of member " + holder.id() + ", which has not left.");
            case Successor<ConsumerMember>(ConsumerMember holder) -> accept(known, beat, null, holder, nowMs);
        };
    }

    /// @param before as it is known; null for a new one
    /// @param replaced the static member in whose place it comes; null for none
    private Judged accept(
            ConsumerGroup known, ConsumerHeartbeat beat, @Nullable ConsumerMember before,
            @Nullable ConsumerMember replaced, long nowMs) {
        return accept(known, updated(beat, replaced != null ? replaced : before), before, replaced, nowMs);
    }

    /// @param member as it is from now on
    /// @param before as it is known; null for a new one
    /// @param replaced the static member in whose place it comes; null for none
    Judged accept(
            ConsumerGroup known, ConsumerMember member, @Nullable ConsumerMember before,
            @Nullable ConsumerMember replaced, long nowMs) {
        ConsumerMember old = replaced != null ? replaced : before;
        long growth = ConsumerSizes.of(member) - (old == null ? 0 : ConsumerSizes.of(old));
        if (growth > 0 && known.memberBytes() + growth > limits.size().maxGroupBytes()) {
            return new Refused(ErrorCode.GROUP_MAX_SIZE_REACHED,
                    "The group's members say more about themselves than they may together (group.max.bytes).");
        }
        if (member.equals(before)) {
            return new Accepted(member.id(), List.of(), false);
        }
        List<ConsumerGroupRecord> records = new ArrayList<>();
        String group = known.id();
        if (replaced != null) {
            records.addAll(known.forget(replaced.id()));
        }
        records.add(new MemberSet(group, member));
        if (replaced != null) {
            records.add(new TargetSet(group, member.id(), known.target(replaced.id())));
            records.add(new StandingSet(group, member.id(), known.standing(replaced.id()).back()));
        }
        boolean changed = !member.subscription().equals(old == null ? Subscription.NOTHING : old.subscription());
        if (!changed && known.epoch() > 0) {
            return new Accepted(member.id(), records, false);
        }
        return resubscribed(known, member, old, records, nowMs);
    }

    /// What the member subscribes to changes what everybody is to have.
    private Judged resubscribed(
            ConsumerGroup known, ConsumerMember member, @Nullable ConsumerMember old,
            List<ConsumerGroupRecord> records, long nowMs) {
        Map<String, RegexSet> fresh = new TreeMap<>();
        boolean unresolved = false;
        String regex = member.subscription().regex();
        if (regex != null && known.regex(regex) == null) {
            try {
                RegexSearch search = new RegexSearch(regex, upkeep.directory());
                search.look(ConsumerUpkeep.STEPS_PER_TURN);
                unresolved = !search.isDone();
                if (!unresolved) {
                    fresh.put(regex, search.result(known.id(), nowMs));
                    if (!upkeep.takesRoom(null, fresh.get(regex))) {
                        return Refused.as(ErrorCode.COORDINATOR_NOT_AVAILABLE);
                    }
                }
            } catch (PatternFault e) {
                return new Refused(ErrorCode.INVALID_REGULAR_EXPRESSION,
                        "The subscribed expression is not one of RE2: " + e.getMessage());
            }
        }
        records.addAll(fresh.values());
        List<ConsumerMember> gone = old == null ? List.of() : List.of(old);
        for (String unused : known.regexesOnlyOf(gone)) {
            if (!unused.equals(regex)) {
                records.add(new RegexForgotten(known.id(), unused));
            }
        }
        long hash = known.hashAfter(known.metadataHash(), gone, member, fresh, upkeep.directory());
        records.add(new EpochSet(known.id(), known.epoch() + 1, hash));
        return new Accepted(member.id(), records, unresolved);
    }

    private static ConsumerMember updated(ConsumerHeartbeat beat, @Nullable ConsumerMember old) {
        Subscription said = old == null ? Subscription.NOTHING : old.subscription();
        return new ConsumerMember(
                beat.memberId(),
                beat.instanceId() != null || old == null ? beat.instanceId() : old.instanceId(),
                beat.rackId() != null || old == null ? beat.rackId() : old.rackId(),
                beat.clientId(),
                beat.clientHost(),
                new Subscription(
                        requireNonNullElse(beat.topicNames(), said.names()),
                        beat.topicRegex() == null ? said.regex() : beat.topicRegex()),
                beat.rebalanceTimeoutMs() >= 0 || old == null ? beat.rebalanceTimeoutMs() : old.rebalanceTimeoutMs(),
                beat.assignor() != null || old == null ? beat.assignor() : old.assignor(),
                null);
    }

    /// Without a look at anything but the member, and no longer than the heartbeat is.
    static boolean saysNothingNew(ConsumerMember member, ConsumerHeartbeat beat) {
        Subscription wish = member.subscription();
        String regex = beat.topicRegex();
        return member.classic() == null
                && isSame(beat.instanceId(), member.instanceId())
                && isSame(beat.rackId(), member.rackId())
                && isSame(beat.assignor(), member.assignor())
                && (beat.rebalanceTimeoutMs() < 0 || beat.rebalanceTimeoutMs() == member.rebalanceTimeoutMs())
                && (beat.topicNames() == null || beat.topicNames().equals(wish.names()))
                && (regex == null || regex.equals(requireNonNullElse(wish.regex(), "")))
                && beat.clientId().equals(member.clientId())
                && beat.clientHost().equals(member.clientHost());
    }

    private static boolean isSame(@Nullable String said, @Nullable String known) {
        return said == null || said.equals(known);
    }

    /// NONE, or why the heartbeat cannot be meant for any group.
    static Refused precheck(ConsumerHeartbeat beat, GroupLimits limits) {
        String problem = null;
        if (beat.groupId().isEmpty()) {
            problem = "The group must be named.";
        } else if ("".equals(beat.instanceId()) || "".equals(beat.rackId())) {
            problem = "An instance or a rack that is given must have a name.";
        } else if (beat.memberId().isEmpty()) {
            problem = "The member must be named.";
        } else if (beat.memberEpoch() < Standing.AWAY) {
            problem = "There is no member epoch " + beat.memberEpoch() + ".";
        } else if (beat.memberEpoch() == Standing.AWAY && beat.instanceId() == null) {
            problem = "A member that leaves to come back must name its instance.";
        } else if (beat.isJoin()) {
            problem = problemOfJoin(beat);
        }
        if (problem == null && ConsumerSizes.of(updated(beat, null)) > limits.size().maxMemberBytes()) {
            problem = "The member says more about itself than it may (group.member.max.bytes).";
        }
        // It says what it was given, of which nothing is kept for longer than the heartbeat waits.
        if (problem == null && beat.owned() != null
                && ConsumerSizes.of(beat.owned()) > limits.size().maxGroupBytes()) {
            problem = "The member has more partitions than it may say (group.max.bytes).";
        }
        String assignor = beat.assignor();
        if (problem == null && assignor != null && !limits.consumer().assignors().offers(assignor)) {
            return new Refused(ErrorCode.UNSUPPORTED_ASSIGNOR, "There is no assignor " + assignor
                    + " here, but " + String.join(", ", limits.consumer().assignors().names()) + ".");
        }
        return problem == null ? Refused.as(ErrorCode.NONE) : new Refused(ErrorCode.INVALID_REQUEST, problem);
    }

    private static @Nullable String problemOfJoin(ConsumerHeartbeat beat) {
        if (beat.rebalanceTimeoutMs() < 0) {
            return "A member that joins must say its rebalance timeout.";
        }
        if (beat.owned() == null || !requireNonNull(beat.owned(), "it was looked at").isEmpty()) {
            return "A member that joins must own no partitions.";
        }
        return beat.topicNames() == null && beat.topicRegex() == null
                ? "A member that joins must say what it subscribes to." : null;
    }

    /// By how much more is kept of the member once it has said this; less than 0 where it says less than before.
    static long growth(@Nullable ConsumerGroup known, ConsumerHeartbeat beat) {
        ConsumerMember named = known == null ? null : known.member(beat.memberId());
        ConsumerMember before = named == null && known != null && beat.instanceId() != null
                ? known.instance(beat.instanceId()) : named;
        return ConsumerSizes.of(updated(beat, before)) - (before == null ? 0 : ConsumerSizes.of(before));
    }

    /// About as many bytes as it keeps while it waits.
    static long said(ConsumerHeartbeat beat) {
        return ConsumerSizes.of(updated(beat, null)) + (beat.owned() == null ? 0 : ConsumerSizes.of(beat.owned()));
    }
}

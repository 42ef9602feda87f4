package io.chapar.broker.group;

import io.chapar.broker.group.EmbeddedProtocol.Said;
import io.chapar.broker.group.GroupCommand.Join;
import io.chapar.broker.group.GroupCommand.Protocol;
import io.chapar.broker.group.GroupRecord.GroupStored;
import io.chapar.broker.group.GroupRecord.StoredMember;
import io.chapar.broker.group.consumer.ConsumerGroup;
import io.chapar.broker.group.consumer.ConsumerGroupRecord;
import io.chapar.broker.group.consumer.ConsumerGroupRecord.EpochSet;
import io.chapar.broker.group.consumer.ConsumerGroupRecord.MemberSet;
import io.chapar.broker.group.consumer.ConsumerGroupRecord.StandingSet;
import io.chapar.broker.group.consumer.ConsumerGroupRecord.TargetEpochSet;
import io.chapar.broker.group.consumer.ConsumerGroupRecord.TargetSet;
import io.chapar.broker.group.consumer.ConsumerMember;
import io.chapar.broker.group.consumer.ConsumerMember.ClassicProtocol;
import io.chapar.broker.group.consumer.ConsumerMember.ClassicSide;
import io.chapar.broker.group.consumer.HeldPartitions;
import io.chapar.broker.group.consumer.Standing;
import io.chapar.broker.group.consumer.Standing.Phase;
import io.chapar.broker.group.consumer.Subscription;
import io.chapar.broker.group.consumer.Targets;
import io.chapar.broker.group.consumer.TopicDirectory;
import io.chapar.protocol.ErrorCode;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/// A group with members changes its protocol (KIP-848): to that of consumers when the first such member comes, and back
/// when the last has gone. It is one append, so that the log never has half of it. What members have been handed out
/// stays theirs in both directions: nobody else gets it before they have given it up.
final class Migration {
    /// Of one group; one with more members keeps its protocol.
    private static final int MAX_MEMBERS = 2_000;
    /// That one append may take, about.
    private static final long MAX_BYTES = 2L * GroupLimits.Size.MOST_GROUP_BYTES;

    private final GroupLimits limits;
    private final GroupWriter writer;
    private final Rebalance rebalance;

    Migration(GroupLimits limits, GroupWriter writer) {
        this.limits = limits;
        this.writer = writer;
        this.rebalance = new Rebalance(limits, writer);
    }

    // ---- from classic to consumer

    /// @param problem why the group stays classic, for people; null where the records make it one of consumers
    record Upgrade(@Nullable String problem, List<ConsumerGroupRecord> records) {
        private static Upgrade refused(String why) {
            return new Upgrade(why, List.of());
        }
    }

    /// Members that do not know their names yet are not taken along: they come again. What has been found of a
    /// generation is not looked for again: anybody may ask at any time.
    Upgrade upgrade(Group group, TopicDirectory directory) {
        if (!limits.consumer().migration().upgrades()) {
            return Upgrade.refused("is of the classic protocol, and has members (group.consumer.migration.policy)");
        }
        if (!Group.CONSUMER.equals(group.protocolType())) {
            return Upgrade.refused("is not one of consumers");
        }
        if (group.size() >= Math.min(MAX_MEMBERS, limits.consumer().maxMembers())) {
            return Upgrade.refused("has more members of the classic protocol than can change to another");
        }
        String known = group.unfitness().of(group.generation());
        Upgrade upgrade = known == null ? records(group, directory) : Upgrade.refused(known);
        if (upgrade.problem() != null) {
            group.unfitness().set(group.generation(), upgrade.problem());
        }
        return upgrade;
    }

    /// Reads no more of what members said than goes into one append.
    private Upgrade records(Group group, TopicDirectory directory) {
        int epoch = Math.max(1, group.generation());
        Map<String, ByteBuffer> parts = new LinkedHashMap<>();
        GroupStored stored = group.stored();
        if (stored != null) {
            stored.members().forEach(member -> parts.put(member.memberId(), member.assignment()));
        }
        List<ConsumerGroupRecord> records = new ArrayList<>();
        long bytes = 0;
        Set<String> topics = new TreeSet<>();
        Set<Object> taken = new LinkedHashSet<>();
        for (Member one : group.members()) {
            if (one.isNewcomer()) {
                continue;
            }
            ConsumerMember member = consumer(one, directory);
            HeldPartitions held = EmbeddedProtocol.held(
                    parts.getOrDefault(one.id(), GroupReply.NOTHING), epoch, directory);
            if (member == null || held == null) {
                return Upgrade.refused(
                        "has a member that does not say what consumers say, or an assignor that says more to members");
            }
            List<ConsumerGroupRecord> ofMember = List.of(
                    new MemberSet(group.id(), member),
                    new TargetSet(group.id(), one.id(), held.partitions()),
                    new StandingSet(group.id(), one.id(),
                            new Standing(epoch, epoch, Phase.STABLE, held, HeldPartitions.NONE)));
            bytes += written(ConsumerUpkeep.wrapped(ofMember));
            if (bytes > MAX_BYTES) {
                return Upgrade.refused("is too large to change to another protocol");
            }
            boolean[] twice = new boolean[1];
            held.each((topic, partition, _) -> twice[0] |= !taken.add(Map.entry(topic, partition)));
            if (twice[0]) {
                return Upgrade.refused("has a partition that more than one member was given");
            }
            topics.addAll(member.subscription().names());
            records.addAll(ofMember);
        }
        records.add(new TargetEpochSet(group.id(), epoch, 0));
        records.add(new EpochSet(group.id(), epoch, Targets.metadataHash(topics, directory)));
        return new Upgrade(null, records);
    }

    private static @Nullable ConsumerMember consumer(Member member, TopicDirectory directory) {
        List<ClassicProtocol> protocols = protocols(member.protocols());
        Said said = EmbeddedProtocol.read(protocols, directory);
        return said == null ? null : new ConsumerMember(
                member.id(), member.instanceId(), said.rackId(), member.clientId(), member.clientHost(),
                new Subscription(said.topics(), null), member.rebalanceTimeoutMs(), null,
                new ClassicSide(member.sessionTimeoutMs(), protocols));
    }

    static List<ClassicProtocol> protocols(List<Protocol> protocols) {
        return protocols.stream().map(one -> new ClassicProtocol(one.name(), one.metadata())).toList();
    }

    /// Whoever waits for the next classic generation is told to come again; then the group is one of consumers.
    void upgrade(Group group, List<GroupRecord> records, long request, Step step, GroupWriter.Settled settled) {
        for (Member member : group.memberList()) {
            if (member.isNewcomer()) {
                rebalance.remove(group, member, ErrorCode.UNKNOWN_MEMBER_ID, step);
            } else {
                rebalance.answerParked(group, member, ErrorCode.REBALANCE_IN_PROGRESS, step);
            }
        }
        writer.write(group, records, request, step, settled);
    }

    // ---- back

    /// Takes these members out, and lets the group be classic from now on, if all others are, and it may. Nobody has
    /// led the generation that it begins with, so that members share out anew, also where the coordinator is lost
    /// meanwhile.
    ///
    /// @return false when it stays what it is; then nothing has happened
    boolean downgrade(Group group, ConsumerSide side, List<ConsumerMember> gone, TopicDirectory directory,
            long request, Step step, GroupWriter.Settled settled) {
        if (!leavesClassic(side.group(), gone)) {
            return false;
        }
        ConsumerGroup known = side.group();
        Group shape = new Group(group.id());
        for (ConsumerMember one : known.members()) {
            if (!gone.contains(one) && one.classic() != null) {
                shape.add(new Member(one.id(), join(group.id(), one, one.classic())), Group.CONSUMER);
            }
        }
        String protocol = shape.vote();
        List<StoredMember> members = new ArrayList<>();
        for (ConsumerMember one : known.members()) {
            Member member = shape.member(one.id());
            if (member != null && one.classic() != null) {
                members.add(member.stored(protocol, EmbeddedProtocol.assignment(
                        one.classic().protocols(), known.standing(one.id()).all(), directory)));
            }
        }
        List<GroupRecord> records = side.forget();
        records.add(new GroupStored(
                group.id(), Group.CONSUMER, known.epoch(), protocol, null, step.nowMs(), members));
        if (protocol == null || written(records) > MAX_BYTES) {
            return false;
        }
        writer.write(group, records, request, step, (error, then) -> {
            if (error == ErrorCode.NONE) {
                for (Member member : shape.memberList()) {
                    group.adopt(member);
                    group.renewSession(member, then.nowMs());
                }
                rebalance.prepare(group, then);
            }
            settled.now(error, then);
        });
        return true;
    }

    /// Whether the group is to be classic without these.
    boolean leavesClassic(ConsumerGroup known, List<ConsumerMember> gone) {
        int left = known.size() - gone.size();
        int classicLeft = known.classicMembers()
                - Math.toIntExact(gone.stream().filter(member -> member.classic() != null).count());
        return limits.consumer().migration().downgrades() && left > 0 && classicLeft == left
                && left <= Math.min(MAX_MEMBERS, limits.maxMembers());
    }

    private static Join join(String groupId, ConsumerMember member, ClassicSide classic) {
        return new Join(groupId, member.id(), member.instanceId(), member.clientId(), member.clientHost(),
                classic.sessionTimeoutMs(), member.rebalanceTimeoutMs(), Group.CONSUMER,
                classic.protocols().stream().map(one -> new Protocol(one.name(), one.metadata())).toList(), true, true);
    }

    private static long written(List<GroupRecord> records) {
        long bytes = 0;
        for (GroupRecord record : records) {
            bytes += GroupSizes.written(record);
        }
        return bytes;
    }
}

package io.chapar.broker.group;

import io.chapar.broker.group.GroupCommand.Protocol;
import io.chapar.broker.group.GroupRecord.GroupStored;
import io.chapar.broker.group.GroupRecord.OfModern;
import io.chapar.broker.group.GroupRecord.StoredMember;
import io.chapar.broker.group.GroupState.CompletingRebalance;
import io.chapar.broker.group.GroupState.PreparingRebalance;
import io.chapar.broker.group.GroupState.Stable;
import io.chapar.protocol.ErrorCode;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;

import static java.util.Objects.requireNonNull;

/// One group: who is in it, and where it stands. Offsets are in [OffsetTable].
///
/// Membership between two generations lives here alone and is lost with the coordinator; [#stored] is what the log
/// says, and what a successor begins with.
final class Group {
    /// The protocol type of consumers, whose metadata the coordinator can read.
    static final String CONSUMER = "consumer";

    private final String id;
    private final Roster roster = new Roster();
    private final Promises promised = new Promises();
    private final Unfitness unfitness = new Unfitness();
    private GroupState state = new GroupState.Empty();
    private long stateSinceMs = -1;
    private int generation = 0;
    private @Nullable String protocolType;
    private @Nullable String protocol;
    private @Nullable String leader;
    /// Null when it cannot be known.
    private @Nullable SortedSet<String> topics;
    private @Nullable GroupStored stored;
    private long storedBytes = 0;
    /// Null in a classic group; else there are no members of the classic protocol.
    private @Nullable ModernSide side;

    /// The append that changes this group and is not decided yet, or 0; nothing else may change it until then.
    private long writing = 0;
    /// Null unless members are being answered.
    private @Nullable Answers answers;
    /// Appends of offsets that are not decided yet.
    private int commitsInFlight = 0;
    /// Commands that came meanwhile, in order.
    private final Deque<GroupCoordinator.Asked> waiting = new ArrayDeque<>();
    private long waitingBytes = 0;
    /// What was counted of this group when it was last looked at.
    private long chargedBytes = 0;
    /// The deadline that is armed for this group.
    private long armedAtMs = Long.MAX_VALUE;

    Group(String id) {
        this.id = id;
    }

    String id() {
        return id;
    }

    GroupState state() {
        return state;
    }

    void become(GroupState next, long nowMs) {
        if (!next.getClass().equals(state.getClass())) {
            stateSinceMs = nowMs;
        }
        state = next;
    }

    boolean isEmpty() {
        return side != null ? side.isEmpty() : state instanceof GroupState.Empty;
    }

    /// Null in a classic group.
    @Nullable ModernSide side() {
        return side;
    }

    /// Null unless it is of the consumer protocol.
    @Nullable ConsumerSide consumers() {
        return side instanceof ConsumerSide of ? of : null;
    }

    /// Null unless it is a streams group.
    @Nullable StreamsSide streams() {
        return side instanceof StreamsSide of ? of : null;
    }

    /// Null unless it is a share group.
    @Nullable ShareSide shares() {
        return side instanceof ShareSide of ? of : null;
    }

    GroupType type() {
        return side == null ? GroupType.CLASSIC : side.type();
    }

    boolean isDead() {
        return state instanceof GroupState.Dead;
    }

    /// As Kafka names it.
    String stateName() {
        return side != null && !isDead() ? side.state() : state.kafkaName();
    }

    /// -1 when unknown.
    long stateSinceMs() {
        return stateSinceMs;
    }

    int generation() {
        return generation;
    }

    /// Null in a group that never had members.
    @Nullable String protocolType() {
        return side != null ? side.type().kafkaName() : protocolType;
    }

    @Nullable String protocol() {
        return protocol;
    }

    @Nullable String leader() {
        return leader;
    }

    boolean isLeader(String memberId) {
        return memberId.equals(leader);
    }

    /// Null while the log has nothing of the group.
    @Nullable GroupStored stored() {
        return stored;
    }

    /// Whether the log has a classic generation, or members were told of one that could not be written. It does not
    /// come again before the group is forgotten in the log.
    boolean hasGeneration() {
        return stored != null || generation > 0;
    }

    // ---- members

    Iterable<Member> members() {
        return roster.all();
    }

    List<Member> memberList() {
        return new ArrayList<>(roster.all());
    }

    int size() {
        return roster.size();
    }

    /// A member that was checked to be here, or that the group's own state names.
    Member known(String memberId) {
        return requireNonNull(roster.find(memberId), "a member that is asked about is here");
    }

    @Nullable Member member(String memberId) {
        return roster.find(memberId);
    }

    /// The member under this instance, or null.
    @Nullable Member instance(@Nullable String instanceId) {
        String memberId = instanceId == null ? null : roster.memberOf(instanceId);
        return memberId == null ? null : roster.find(memberId);
    }

    /// The member that a join is of, or takes the place of; null when it is of a new one.
    @Nullable Member before(GroupCommand.Join join) {
        return join.memberId().isEmpty() ? instance(join.instanceId()) : member(join.memberId());
    }

    Unfitness unfitness() {
        return unfitness;
    }

    Promises promised() {
        return promised;
    }

    void add(Member member, String type) {
        if (roster.size() == 0) {
            protocolType = type;
        }
        if (leader == null) {
            leader = member.id();
        }
        roster.add(member);
    }

    void remove(Member member) {
        roster.remove(member);
        if (isLeader(member.id())) {
            Member first = roster.first();
            leader = first == null ? null : first.id();
        }
    }

    /// The new member stands in the old one's place, also as the leader.
    void replace(Member old, Member by) {
        by.assign(old.assignment());
        roster.replace(old, by);
        if (isLeader(old.id())) {
            leader = by.id();
        }
    }

    /// What the member says about itself now.
    void update(Member member, GroupCommand.Join join) {
        roster.update(member, join);
    }

    void assign(Member member, ByteBuffer part) {
        roster.assign(member, part);
    }

    /// The member was heard of.
    void renewSession(Member member, long nowMs) {
        roster.renew(member, nowMs);
    }

    void admit(Member member, long nowMs) {
        roster.admit(member, nowMs);
    }

    /// As [Roster#takeSilent].
    List<Member> takeSilent(long nowMs, int most) {
        return roster.takeSilent(nowMs, most);
    }

    /// NONE if the member is in under this name; else who it is taken for.
    ErrorCode check(String memberId, @Nullable String instanceId) {
        if (instanceId != null) {
            String current = roster.memberOf(instanceId);
            if (current == null) {
                return ErrorCode.UNKNOWN_MEMBER_ID;
            }
            if (!current.equals(memberId)) {
                return ErrorCode.FENCED_INSTANCE_ID;
            }
        }
        return roster.has(memberId) ? ErrorCode.NONE : ErrorCode.UNKNOWN_MEMBER_ID;
    }

    /// The longest of the members' timeouts.
    int rebalanceTimeoutMs() {
        return roster.rebalanceTimeoutMs();
    }

    // ---- protocols

    boolean accepts(String type, List<Protocol> protocols) {
        if (type.isEmpty() || protocols.isEmpty()) {
            return false;
        }
        return roster.size() == 0
                || (type.equals(protocolType) && protocols.stream().anyMatch(one -> roster.allHave(one.name())));
    }

    /// As [Roster#vote].
    @Nullable String vote() {
        return roster.vote();
    }

    /// Whether some member consumes the topic, as far as that can be known.
    boolean subscribes(String topic) {
        if (side != null) {
            return side.subscribes(topic);
        }
        if (!CONSUMER.equals(protocolType)) {
            return false;
        }
        return topics == null || topics.contains(topic);
    }

    boolean knowsTopics() {
        return topics != null;
    }

    // ---- generations

    /// Leader and protocol of the next generation, from who is in now. The leader must have joined.
    void beginGeneration(@Nullable String nextLeader) {
        generation = generation == Integer.MAX_VALUE ? 1 : generation + 1;
        leader = nextLeader;
        protocol = roster.size() == 0 ? null : vote();
        topics = Subscriptions.topics(this);
    }

    /// The generation as the leader has shared it out.
    GroupStored snapshot(Map<String, ByteBuffer> assignments, long sinceMs) {
        List<StoredMember> all = new ArrayList<>();
        for (Member member : roster.all()) {
            all.add(member.stored(protocol, assignments.getOrDefault(member.id(), GroupReply.NOTHING)));
        }
        return new GroupStored(id, protocolType, generation, protocol, leader, sinceMs, all);
    }

    /// The present generation, with one member in another's place.
    GroupStored snapshotWith(Member old, Member by) {
        List<StoredMember> all = new ArrayList<>();
        for (Member member : roster.all()) {
            all.add((member.equals(old) ? by : member).stored(protocol, member.assignment()));
        }
        String led = isLeader(old.id()) ? by.id() : leader;
        return new GroupStored(id, protocolType, generation, protocol, led, stateSinceMs, all);
    }

    /// Puts what is known of a member that [#apply] has made in its place: all its protocols, not the chosen one alone.
    void adopt(Member full) {
        Member known = known(full.id());
        full.assign(known.assignment());
        roster.replace(known, full);
    }

    /// Of members in a log that is replayed nothing is known but what its next record says.
    void forgetMembers() {
        roster.clear();
    }

    /// What the log says has happened: the generation is settled. Members that are here stay as they are but for
    /// their assignment; those that are not come into being; all others are gone.
    void apply(GroupStored record) {
        stored = record;
        storedBytes = GroupSizes.stored(record);
        generation = record.generation();
        String type = record.protocolType();
        protocolType = type == null || type.isEmpty() ? null : type;
        protocol = record.protocol();
        leader = record.leader();
        boolean sameMembers = roster.become(record.members(), protocol);
        if (!sameMembers || topics == null) {
            topics = Subscriptions.topics(this);
        }
        boolean isEmpty = roster.size() == 0;
        state = switch (state) {
            case CompletingRebalance completing when !isEmpty ->
                new Stable(new LinkedHashSet<>(completing.missing()), completing.deadlineMs());
            case Stable stable when !isEmpty -> stable;
            default -> isEmpty
                    ? new GroupState.Empty()
                    : new Stable(new LinkedHashSet<>(), Long.MAX_VALUE);
        };
        stateSinceMs = record.stateSinceMs();
    }

    /// Of another protocol than the classic one, to which the group belongs while the log has anything of it.
    void apply(OfModern record) {
        side = ModernSide.after(record, side);
    }

    /// The log has nothing of the classic protocol any more.
    void forgetClassic() {
        roster.clear();
        stored = null;
        storedBytes = 0;
        generation = 0;
        protocolType = null;
        protocol = null;
        leader = null;
        topics = null;
        unfitness.forget();
        become(new GroupState.Empty(), -1);
    }

    // ---- size

    /// Of what the members say about themselves.
    long memberBytes() {
        return roster.bytes();
    }

    /// Of all that is kept here.
    long bytes() {
        return GroupSizes.group(id) + roster.bytes() + roster.assignedBytes() + storedBytes + waitingBytes
                + promised.bytes() + (side == null ? 0 : side.bytes());
    }

    /// Counts the group anew.
    ///
    /// @return by how much it has grown since it was last counted
    long recount(boolean isKept) {
        long now = isKept ? bytes() : 0;
        long grown = now - chargedBytes;
        chargedBytes = now;
        return grown;
    }

    // ---- pace

    boolean isWriting() {
        return writing != 0;
    }

    /// The append that is not decided yet, or 0.
    long writing() {
        return writing;
    }

    void beginWriting(long append) {
        writing = append;
    }

    void endWriting() {
        writing = 0;
    }

    /// A part of these answers is given now, the others in turns that follow.
    void answer(Answers all, Step step) {
        answers = all;
        goOnAnswering(step);
    }

    void goOnAnswering(Step step) {
        if (answers != null && !answers.giveSome(step)) {
            answers = null;
        }
    }

    boolean isAnswering() {
        return answers != null;
    }

    int commitsInFlight() {
        return commitsInFlight;
    }

    void addCommitsInFlight(int by) {
        commitsInFlight += by;
    }

    void await(GroupCoordinator.Asked asked) {
        waiting.addLast(asked);
        waitingBytes += asked.bytes();
    }

    /// Null when nothing waits.
    GroupCoordinator.Asked firstWaiting() {
        return waiting.peekFirst();
    }

    GroupCoordinator.Asked takeWaiting() {
        GroupCoordinator.Asked first = waiting.removeFirst();
        waitingBytes -= first.bytes();
        return first;
    }

    /// Nothing is under way, so that decisions may rest on what is applied.
    boolean isQuiet() {
        return !isWriting() && !isAnswering() && commitsInFlight == 0 && waiting.isEmpty();
    }

    long armedAtMs() {
        return armedAtMs;
    }

    void setArmedAtMs(long deadlineMs) {
        armedAtMs = deadlineMs;
    }

    /// When this group is to be looked at, which is not after something in it comes due; Long.MAX_VALUE for never.
    long nextDeadlineMs() {
        if (isAnswering()) {
            return 0;
        }
        long next = switch (state) {
            case PreparingRebalance preparing -> preparing.deadlineMs();
            case CompletingRebalance completing ->
                completing.missing().isEmpty() ? Long.MAX_VALUE : completing.deadlineMs();
            case Stable stable -> stable.missing().isEmpty() ? Long.MAX_VALUE : stable.deadlineMs();
            case GroupState.Empty _, GroupState.Dead _ -> Long.MAX_VALUE;
        };
        long ofSide = side == null ? Long.MAX_VALUE : side.nextDeadlineMs();
        return Math.min(Math.min(next, ofSide), Math.min(roster.nextSessionMs(), promised.nextMs()));
    }
}

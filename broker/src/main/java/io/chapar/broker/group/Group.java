package io.chapar.broker.group;

import io.chapar.broker.group.GroupCommand.Protocol;
import io.chapar.broker.group.GroupRecord.GroupStored;
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
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.SortedSet;

import static java.util.Objects.requireNonNull;

/// One group: who is in it, and where it stands. Offsets are in [OffsetTable].
///
/// Membership between two generations lives here alone and is lost with the coordinator; [#stored] is what the log
/// says, and what a successor begins with.
final class Group {
    /// The protocol type of consumers, whose metadata the coordinator can read.
    static final String CONSUMER = "consumer";
    /// Newcomers that were given an id and have not come back with it. Of more, the first are forgotten; one that comes
    /// back after all begins anew.
    static final int MAX_PROMISED = 10_000;

    private final String id;
    private final SequencedMap<String, Member> members = new LinkedHashMap<>();
    private final Map<String, String> memberOfInstance = new LinkedHashMap<>();
    /// Ids that were given to newcomers who have not come back with them, and until when they may.
    private final SequencedMap<String, Long> promised = new LinkedHashMap<>();
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

    /// The append of a record that changes this group is not decided yet; nothing else may change it until then.
    private boolean writing = false;
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
        return state instanceof GroupState.Empty;
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
        return protocolType;
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

    // ---- members

    Iterable<Member> members() {
        return members.values();
    }

    List<Member> memberList() {
        return new ArrayList<>(members.values());
    }

    int size() {
        return members.size();
    }

    /// A member that was checked to be here, or that the group's own state names.
    Member known(String memberId) {
        return requireNonNull(members.get(memberId), "a member that is asked about is here");
    }

    @Nullable Member member(String memberId) {
        return members.get(memberId);
    }

    /// The member under this instance, or null.
    @Nullable Member instance(@Nullable String instanceId) {
        String memberId = instanceId == null ? null : memberOfInstance.get(instanceId);
        return memberId == null ? null : members.get(memberId);
    }

    /// The member that a join is of, or takes the place of; null when it is of a new one.
    @Nullable Member before(GroupCommand.Join join) {
        return join.memberId().isEmpty() ? instance(join.instanceId()) : member(join.memberId());
    }

    SequencedMap<String, Long> promised() {
        return promised;
    }

    void promise(String memberId, long untilMs) {
        promised.put(memberId, untilMs);
        if (promised.size() > MAX_PROMISED) {
            promised.pollFirstEntry();
        }
    }

    void add(Member member, String type) {
        if (members.isEmpty()) {
            protocolType = type;
        }
        if (leader == null) {
            leader = member.id();
        }
        members.put(member.id(), member);
        if (member.isStatic()) {
            memberOfInstance.put(member.instanceId(), member.id());
        }
    }

    void remove(Member member) {
        members.remove(member.id());
        if (member.isStatic()) {
            memberOfInstance.remove(member.instanceId(), member.id());
        }
        if (isLeader(member.id())) {
            leader = members.isEmpty() ? null : members.firstEntry().getKey();
        }
    }

    /// The new member stands in the old one's place, also as the leader.
    void replace(Member old, Member by) {
        boolean led = isLeader(old.id());
        by.assign(old.assignment());
        SequencedMap<String, Member> inOrder = new LinkedHashMap<>();
        members.forEach((key, member) -> {
            Member kept = key.equals(old.id()) ? by : member;
            inOrder.put(kept.id(), kept);
        });
        members.clear();
        members.putAll(inOrder);
        memberOfInstance.put(by.instanceId(), by.id());
        if (led) {
            leader = by.id();
        }
    }

    /// NONE if the member is in under this name; else who it is taken for.
    ErrorCode check(String memberId, @Nullable String instanceId) {
        if (instanceId != null) {
            String current = memberOfInstance.get(instanceId);
            if (current == null) {
                return ErrorCode.UNKNOWN_MEMBER_ID;
            }
            if (!current.equals(memberId)) {
                return ErrorCode.FENCED_INSTANCE_ID;
            }
        }
        return members.containsKey(memberId) ? ErrorCode.NONE : ErrorCode.UNKNOWN_MEMBER_ID;
    }

    /// The longest of the members' timeouts.
    int rebalanceTimeoutMs() {
        int longest = 0;
        for (Member member : members.values()) {
            longest = Math.max(longest, member.rebalanceTimeoutMs());
        }
        return longest;
    }

    // ---- protocols

    boolean accepts(String type, List<Protocol> protocols) {
        if (type.isEmpty() || protocols.isEmpty()) {
            return false;
        }
        if (members.isEmpty()) {
            return true;
        }
        return type.equals(protocolType)
                && protocols.stream().anyMatch(one -> supportedByAll(one.name()));
    }

    private boolean supportedByAll(String name) {
        for (Member member : members.values()) {
            if (!member.supports(name)) {
                return false;
            }
        }
        return true;
    }

    /// Each member votes for the first of its protocols that all have; the one with the most votes wins, and among
    /// equals the one that was voted for first.
    @Nullable String vote() {
        Map<String, Integer> having = new LinkedHashMap<>();
        members.values().forEach(member -> member.names().forEach(name -> having.merge(name, 1, Integer::sum)));
        SequencedMap<String, Integer> votes = new LinkedHashMap<>();
        for (Member member : members.values()) {
            for (String name : member.names()) {
                if (having.getOrDefault(name, 0) == members.size()) {
                    votes.merge(name, 1, Integer::sum);
                    break;
                }
            }
        }
        String winner = null;
        int most = 0;
        for (Map.Entry<String, Integer> entry : votes.entrySet()) {
            if (entry.getValue() > most) {
                winner = entry.getKey();
                most = entry.getValue();
            }
        }
        return winner;
    }

    /// Whether some member consumes the topic, as far as that can be known.
    boolean subscribes(String topic) {
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
        protocol = members.isEmpty() ? null : vote();
        topics = Subscriptions.topics(this);
    }

    /// The generation as the leader has shared it out.
    GroupStored snapshot(Map<String, ByteBuffer> assignments, long sinceMs) {
        List<StoredMember> all = new ArrayList<>();
        for (Member member : members.values()) {
            all.add(member.stored(protocol, assignments.getOrDefault(member.id(), GroupReply.NOTHING)));
        }
        return new GroupStored(id, protocolType, generation, protocol, leader, sinceMs, all);
    }

    /// The present generation, with one member in another's place.
    GroupStored snapshotWith(Member old, Member by) {
        List<StoredMember> all = new ArrayList<>();
        for (Member member : members.values()) {
            all.add((member.equals(old) ? by : member).stored(protocol, member.assignment()));
        }
        String led = isLeader(old.id()) ? by.id() : leader;
        return new GroupStored(id, protocolType, generation, protocol, led, stateSinceMs, all);
    }

    /// Puts what is known of a member that [#apply] has made in its place: all its protocols, not the chosen one alone.
    void adopt(Member full) {
        full.assign(known(full.id()).assignment());
        members.replace(full.id(), full);
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
        SequencedMap<String, Member> before = new LinkedHashMap<>(members);
        members.clear();
        memberOfInstance.clear();
        for (StoredMember one : record.members()) {
            Member known = before.get(one.memberId());
            Member member = known != null ? known : Member.of(one, protocol);
            member.assign(one.assignment());
            members.put(member.id(), member);
            if (member.isStatic()) {
                memberOfInstance.put(member.instanceId(), member.id());
            }
        }
        topics = Subscriptions.topics(this);
        state = switch (state) {
            case CompletingRebalance completing when !members.isEmpty() ->
                new Stable(new LinkedHashSet<>(completing.missing()), completing.deadlineMs());
            case Stable stable when !members.isEmpty() -> stable;
            default -> members.isEmpty()
                    ? new GroupState.Empty()
                    : new Stable(new LinkedHashSet<>(), Long.MAX_VALUE);
        };
        stateSinceMs = record.stateSinceMs();
    }

    /// What members say and were given is told of a group at work alone; of another it may be out of date.
    GroupReply.Described described() {
        boolean stable = state instanceof Stable;
        List<GroupReply.DescribedMember> all = new ArrayList<>();
        for (Member member : members.values()) {
            all.add(new GroupReply.DescribedMember(
                    member.id(),
                    member.instanceId(),
                    member.clientId(),
                    member.clientHost(),
                    stable ? member.metadata(protocol) : GroupReply.NOTHING,
                    stable ? member.assignment() : GroupReply.NOTHING));
        }
        return new GroupReply.Described(
                ErrorCode.NONE,
                state.kafkaName(),
                protocolType == null ? "" : protocolType,
                stable ? protocol : "",
                all);
    }

    // ---- size

    /// Of what the members say about themselves.
    long memberBytes() {
        long bytes = 0;
        for (Member member : members.values()) {
            bytes += member.bytes();
        }
        return bytes;
    }

    /// Of all that is kept here.
    long bytes() {
        long bytes = GroupSizes.group(id) + memberBytes() + storedBytes + waitingBytes;
        for (Member member : members.values()) {
            bytes += member.assignment().remaining();
        }
        for (String one : promised.keySet()) {
            bytes += GroupSizes.promise(one);
        }
        return bytes;
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
        return writing;
    }

    void setWriting(boolean undecided) {
        writing = undecided;
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
        return !writing && commitsInFlight == 0 && waiting.isEmpty();
    }

    long armedAtMs() {
        return armedAtMs;
    }

    void setArmedAtMs(long deadlineMs) {
        armedAtMs = deadlineMs;
    }

    /// When something in this group comes due; Long.MAX_VALUE if nothing does.
    long nextDeadlineMs() {
        long next = switch (state) {
            case PreparingRebalance preparing -> preparing.deadlineMs();
            case CompletingRebalance completing ->
                completing.missing().isEmpty() ? Long.MAX_VALUE : completing.deadlineMs();
            case Stable stable -> stable.missing().isEmpty() ? Long.MAX_VALUE : stable.deadlineMs();
            case GroupState.Empty _, GroupState.Dead _ -> Long.MAX_VALUE;
        };
        for (Member member : members.values()) {
            if (!isWaitingFor(member)) {
                next = Math.min(next, member.sessionDeadlineMs());
            }
        }
        for (long deadline : promised.values()) {
            next = Math.min(next, deadline);
        }
        return next;
    }

    /// Whether a request of the member is parked here: then its silence is our doing, and its session does not run
    /// out. A newcomer's does, since the client may have given up and come again under another id.
    boolean isWaitingFor(Member member) {
        return switch (state) {
            case PreparingRebalance preparing ->
                !member.isNewcomer() && preparing.joined().containsKey(member.id());
            case CompletingRebalance completing -> completing.syncs().containsKey(member.id());
            case Stable _, GroupState.Empty _, GroupState.Dead _ -> false;
        };
    }
}

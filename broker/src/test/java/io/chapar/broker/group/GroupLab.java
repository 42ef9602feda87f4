package io.chapar.broker.group;

import io.chapar.broker.budget.Budget;
import io.chapar.broker.group.GroupCommand.CommitOffsets;
import io.chapar.broker.group.GroupCommand.CommitTxnOffsets;
import io.chapar.broker.group.GroupCommand.FetchOffsets;
import io.chapar.broker.group.GroupCommand.Heartbeat;
import io.chapar.broker.group.GroupCommand.Join;
import io.chapar.broker.group.GroupCommand.Leave;
import io.chapar.broker.group.GroupCommand.Leaver;
import io.chapar.broker.group.GroupCommand.Offset;
import io.chapar.broker.group.GroupCommand.Protocol;
import io.chapar.broker.group.GroupCommand.Sync;
import io.chapar.broker.group.GroupReply.Fetched;
import io.chapar.broker.group.GroupReply.Joined;
import io.chapar.broker.group.GroupReply.Offsets;
import io.chapar.broker.group.GroupReply.PerPartition;
import io.chapar.broker.group.GroupReply.Synced;
import io.chapar.broker.group.consumer.TopicDirectory;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.SplittableRandom;
import java.util.UUID;

/// A coordinator on virtual time over a log in memory, whose appends commit at once or when the test says so.
final class GroupLab {
    static final TopicPartition P0 = new TopicPartition("in", 0);
    static final TopicPartition P1 = new TopicPartition("in", 1);
    static final int SESSION_MS = 10_000;
    static final int REBALANCE_MS = 60_000;
    static final GroupLimits LIMITS =
            new GroupLimits(6_000, 1_800_000, 3_000, 300_000, 3, 10, 86_400_000, 600_000, 2);

    private final GroupLimits limits;
    final Budget memory;
    /// Bytes, so that what is replayed has been through the codec.
    private final List<Entry> log = new ArrayList<>();
    private final Map<Long, GroupReply> replies = new LinkedHashMap<>();
    private final Deque<GroupEffect.Append> held = new ArrayDeque<>();
    final Deque<GroupEffect.WorkOut> works = new ArrayDeque<>();
    boolean holdsWorks = false;
    /// What is asked of whoever keeps the states of share groups, and not answered yet.
    final Deque<GroupEffect.AskShareStates> shareStates = new ArrayDeque<>();
    final List<Long> materialised = new ArrayList<>();
    GroupCoordinator core;
    long nowMs = 1_700_000_000_000L;
    boolean holdsAppends = false;
    private int markers = 0;
    /// Calls that the last start took.
    int starts = 0;
    private long requests = 0;
    private GroupOutlook cluster = GroupOutlook.EMPTY;

    private record Entry(ByteBuffer key, ByteBuffer value, long producerId, Boolean marker) {}

    GroupLab() {
        this(LIMITS);
    }

    GroupLab(GroupLimits limits) {
        this(limits, Budget.unbounded());
    }

    GroupLab(GroupLimits limits, Budget memory) {
        this.limits = limits;
        this.memory = memory;
        core = newCore();
        core.start(nowMs);
    }

    static GroupLimits withoutDelay() {
        return new GroupLimits(6_000, 1_800_000, 0, 300_000, 3, 10, 86_400_000, 600_000, 2);
    }

    /// As the cluster's metadata has them.
    void see(TopicDirectory topics, int assignmentMs, String... changed) {
        GroupOutlook.OfGroup times = new GroupOutlook.OfGroup(45_000, 5_000, assignmentMs);
        cluster = new GroupOutlook(topics, _ -> times);
        core.see(cluster, new LinkedHashSet<>(List.of(changed)), nowMs);
    }

    void see(GroupOutlook now, String... changed) {
        cluster = now;
        core.see(cluster, new LinkedHashSet<>(List.of(changed)), nowMs);
    }

    private GroupCoordinator newCore() {
        return new GroupCoordinator(limits, memory, new SplittableRandom(requests));
    }

    // ---- the log

    void perform(GroupEffect effect) {
        switch (effect) {
            case GroupEffect.Append append -> held.addLast(append);
            case GroupEffect.WorkOut work -> works.addLast(work);
            case GroupEffect.Reply reply -> {
                if (replies.put(reply.request(), reply.reply()) != null) {
                    throw new AssertionError("answered twice: " + reply);
                }
            }
            case GroupEffect.AskShareStates ask -> shareStates.addLast(ask);
            case GroupEffect.Materialised marker -> materialised.add(marker.markerOffset());
        }
    }

    void settle() {
        while (!works.isEmpty() && !holdsWorks) {
            workNext();
        }
        while (!holdsAppends && !held.isEmpty()) {
            commitNext();
        }
    }

    /// What was to be worked out first.
    void workNext() {
        GroupEffect.WorkOut work = works.removeFirst();
        core.workedOut(work.id(), work.work().get(), nowMs, this::perform);
        settle();
    }

    boolean isHolding() {
        return !held.isEmpty();
    }

    /// The oldest append that is held back gets into the log.
    void commitNext() {
        GroupEffect.Append append = held.removeFirst();
        long offset = write(append);
        core.committed(append.id(), offset, nowMs, this::perform);
        settle();
    }

    /// Into the log, and nobody is told yet.
    private long write(GroupEffect.Append append) {
        long offset = log.size();
        for (GroupRecord record : append.records()) {
            log.add(new Entry(
                    GroupRecordCodec.key(record), GroupRecordCodec.value(record), append.producerId(), null));
        }
        return offset;
    }

    /// The oldest append and a marker behind it become visible together, the marker first.
    void commitNextAfterMarker(long producerId, boolean commit) {
        GroupEffect.Append append = held.removeFirst();
        long offset = write(append);
        marker(producerId, commit);
        core.committed(append.id(), offset, nowMs, this::perform);
        settle();
    }

    void failNext(ErrorCode error) {
        core.failed(held.removeFirst().id(), error, nowMs, this::perform);
        settle();
    }

    void releaseAppends() {
        holdsAppends = false;
        settle();
    }

    void marker(long producerId, boolean commit) {
        long offset = log.size();
        log.add(new Entry(null, null, producerId, commit));
        markers++;
        core.marker(offset, producerId, commit, nowMs, this::perform);
        settle();
    }

    GroupCoordinator replay() {
        return replay(memory);
    }

    GroupCoordinator replay(Budget into) {
        GroupCoordinator copy = new GroupCoordinator(limits, into, new SplittableRandom(requests));
        for (int offset = 0; offset < log.size(); offset++) {
            Entry entry = log.get(offset);
            if (entry.marker() != null) {
                copy.replayMarker(entry.producerId(), entry.marker());
            } else {
                copy.replay(GroupRecordCodec.read(entry.key(), entry.value()), offset, entry.producerId());
            }
        }
        return copy;
    }

    /// Everything that is not in the log is lost.
    void restart() {
        held.clear();
        works.clear();
        core.close();
        core = replay();
        core.know(cluster);
        starts = 1;
        while (core.start(nowMs)) {
            starts++;
        }
    }

    /// Whether every marker has been taken in; one waits while the outcome of an append of its transaction is open.
    boolean hasAllMarkers() {
        return materialised.size() == markers;
    }

    int logSize() {
        return log.size();
    }

    // ---- time

    void advance(long ms) {
        long until = nowMs + ms;
        while (core.nextDeadlineMs() <= until) {
            nowMs = Math.max(nowMs, core.nextDeadlineMs());
            core.tick(nowMs, this::perform);
            settle();
        }
        nowMs = until;
    }

    // ---- requests

    long submit(GroupCommand<?> command) {
        long request = ++requests;
        core.submit(request, command, nowMs, this::perform);
        settle();
        return request;
    }

    /// Null while the request is parked.
    GroupReply reply(long request) {
        return replies.get(request);
    }

    Joined joined(long request) {
        return (Joined) replies.get(request);
    }

    Synced synced(long request) {
        return (Synced) replies.get(request);
    }

    ErrorCode error(GroupCommand<?> command) {
        GroupReply reply = reply(submit(command));
        return reply == null ? null : reply.error();
    }

    static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
    }

    static String text(ByteBuffer bytes) {
        return StandardCharsets.UTF_8.decode(bytes.duplicate()).toString();
    }

    static Join join(String memberId, String instanceId, Protocol... protocols) {
        List<Protocol> own = protocols.length == 0 ? List.of(new Protocol("range", bytes("x"))) : List.of(protocols);
        return new Join(
                "g", memberId, instanceId, "app", "/127.0.0.1", SESSION_MS, REBALANCE_MS, "consumer", own, true, true);
    }

    /// A dynamic newcomer comes the two times it takes.
    long joinAsNew(Protocol... protocols) {
        Joined first = joined(submit(join("", null, protocols)));
        if (first.error() != ErrorCode.MEMBER_ID_REQUIRED) {
            throw new AssertionError("answered " + first);
        }
        return submit(join(first.memberId(), null, protocols));
    }

    /// As the leader does: each member its own id, upper case.
    long syncAsLeader(Joined leader) {
        SequencedMap<String, ByteBuffer> parts = new LinkedHashMap<>();
        leader.members().forEach(member -> parts.put(member.memberId(), bytes("part of " + member.memberId())));
        return submit(new Sync(
                "g", leader.generation(), leader.memberId(), null, "consumer", leader.protocol(), parts));
    }

    long sync(Joined member) {
        return submit(new Sync(
                "g", member.generation(), member.memberId(), null, "consumer", member.protocol(),
                new LinkedHashMap<>()));
    }

    ErrorCode heartbeat(Joined member) {
        return error(new Heartbeat("g", member.generation(), member.memberId(), null));
    }

    ErrorCode leave(Joined member) {
        GroupReply.Left left = (GroupReply.Left) reply(
                submit(new Leave("g", List.of(new Leaver(member.memberId(), null)))));
        return left.members().getFirst();
    }

    String state() {
        GroupReply.Described described = (GroupReply.Described) reply(submit(new GroupCommand.Describe("g")));
        return described.error() == ErrorCode.NONE ? described.state() : described.error().name();
    }

    static Offset at(TopicPartition partition, long offset) {
        return new Offset(partition, CommittedOffset.NO_TOPIC_ID, offset, 4, "m");
    }

    long commit(Joined member, TopicPartition partition, long offset) {
        int generation = member == null ? -1 : member.generation();
        String memberId = member == null ? "" : member.memberId();
        return submit(new CommitOffsets(
                "g", generation, memberId, null, List.of(at(partition, offset)), -1, true));
    }

    long commitTxn(long producerId, Joined member, TopicPartition partition, long offset) {
        int generation = member == null ? -1 : member.generation();
        String memberId = member == null ? "" : member.memberId();
        return submit(new CommitTxnOffsets(
                "g", producerId, (short) 0, generation, memberId, null, List.of(at(partition, offset))));
    }

    ErrorCode committed(long request, TopicPartition partition) {
        PerPartition reply = (PerPartition) reply(request);
        return reply == null ? null : reply.partitions().get(partition);
    }

    Fetched fetch(TopicPartition partition, boolean stable) {
        Map<TopicPartition, UUID> asked = new LinkedHashMap<>();
        asked.put(partition, CommittedOffset.NO_TOPIC_ID);
        Offsets offsets = (Offsets) reply(submit(new FetchOffsets("g", asked, stable)));
        return offsets.partitions().get(partition);
    }

    /// Two members, stable, in generation 1 at the earliest; the leader first.
    List<Joined> twoMembers() {
        long one = joinAsNew();
        long two = joinAsNew();
        advance(6_000);
        Joined leader = joined(one);
        Joined follower = joined(two);
        long waiting = sync(follower);
        syncAsLeader(leader);
        if (synced(waiting).error() != ErrorCode.NONE) {
            throw new AssertionError("answered " + synced(waiting));
        }
        return List.of(leader, follower);
    }
}

package io.chapar.broker.group;

import io.chapar.broker.budget.Budget;
import io.chapar.broker.group.GroupCommand.CommitOffsets;
import io.chapar.broker.group.GroupCommand.CommitTxnOffsets;
import io.chapar.broker.group.GroupCommand.ConsumerHeartbeat;
import io.chapar.broker.group.GroupCommand.DeleteGroup;
import io.chapar.broker.group.GroupCommand.DeleteOffsets;
import io.chapar.broker.group.GroupCommand.Describe;
import io.chapar.broker.group.GroupCommand.DescribeConsumers;
import io.chapar.broker.group.GroupCommand.DescribeStreams;
import io.chapar.broker.group.GroupCommand.FetchOffsets;
import io.chapar.broker.group.GroupCommand.ForgetTopics;
import io.chapar.broker.group.GroupCommand.Heartbeat;
import io.chapar.broker.group.GroupCommand.Join;
import io.chapar.broker.group.GroupCommand.Leave;
import io.chapar.broker.group.GroupCommand.OfShares;
import io.chapar.broker.group.GroupCommand.StreamsHeartbeat;
import io.chapar.broker.group.GroupCommand.Sync;
import io.chapar.broker.group.GroupRecord.GroupForgotten;
import io.chapar.broker.group.GroupRecord.GroupStored;
import io.chapar.broker.group.GroupRecord.OfModern;
import io.chapar.broker.group.GroupRecord.OffsetCommitted;
import io.chapar.broker.group.GroupRecord.OffsetForgotten;
import io.chapar.broker.group.TxnAppends.Marker;
import io.chapar.broker.group.UndecidedAppends.Undecided;
import io.chapar.broker.metrics.GroupFigures;
import io.chapar.protocol.ErrorCode;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.SequencedSet;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;

import static java.util.Objects.requireNonNull;

/// The coordinator of all groups in one partition of `__consumer_offsets`. Pure: commands, outcomes and time come in,
/// [GroupEffect]s go out; no step depends on anything else.
///
/// What has to outlive a restart changes by [#apply] alone, live and at replay, in the order of the log. Per group one
/// record at a time that changes it is on its way; commands that could meet it wait, in their order. Offsets are
/// appended side by side. Heartbeats and questions never wait.
public final class GroupCoordinator {
    /// Of the memory for all groups, the offsets of one may take this part of it.
    private static final int OFFSETS_OF_ONE = 4;
    /// Groups that have come due; of more, the others are looked at in the next turn.
    private static final int MOST_DUE = 500;
    /// Groups, and members in them, that one call of [#start] looks at, but for the last group's.
    static final int MOST_STARTED = 2000;

    private final Membership membership;
    private final ModernGroups modern;
    private final Refusals refusals;
    private final OffsetTable offsets = new OffsetTable();
    private final OffsetCommands offsetCommands;
    private final NavigableMap<String, Group> groups = new TreeMap<>();
    private final UndecidedAppends appends;
    private final GroupDeadlines deadlines = new GroupDeadlines();
    private final GroupMemory memory;
    private final OffsetExpiry expiry;
    private final DeletedTopics deletedTopics;
    /// The next group that is to be begun with, while there is more.
    private @Nullable String startFrom;

    /// @param memory that all groups of the broker may take; with a request beyond it the client is told to come
    ///        again (COORDINATOR_NOT_AVAILABLE)
    /// @param random for the ids of members
    public GroupCoordinator(GroupLimits limits, Budget memory, RandomGenerator random) {
        this.memory = new GroupMemory(memory.share(), offsets);
        this.appends = new UndecidedAppends(this.memory);
        this.membership = new Membership(limits, random, appends);
        this.modern = new ModernGroups(limits, appends, membership);
        this.refusals = new Refusals(limits, membership);
        this.offsetCommands = new OffsetCommands(limits, offsets, appends, memory.limit() / OFFSETS_OF_ONE);
        this.expiry = new OffsetExpiry(groups, offsetCommands, limits.retentionCheckMs());
        this.deletedTopics = new DeletedTopics(groups, this::forget);
    }

    /// A command, and who waits for its answer.
    ///
    /// @param bytes that it brings
    record Asked(long request, GroupCommand<?> command, long bytes) {}

    // ---- replay

    /// A record of the log, while loading.
    ///
    /// @param producerId of the transaction the record belongs to, or -1
    public void replay(GroupRecord record, long offset, long producerId) {
        Group before = groups.get(record.groupId());
        if (record instanceof GroupStored && before != null) {
            before.forgetMembers();
        }
        apply(record, offset, producerId);
    }

    /// The end of a transaction, while loading.
    public void replayMarker(long producerId, boolean commit) {
        end(producerId, commit);
    }

    /// The log has been shown. Members that it names get a session to show up, group by group. Markers may come
    /// meanwhile, but no command.
    ///
    /// @return whether it has to be called again, for more groups
    public boolean start(long nowMs) {
        String next = startFrom == null ? firstGroup() : groups.ceilingKey(startFrom);
        for (int left = MOST_STARTED; left > 0 && next != null; next = groups.higherKey(next)) {
            Group group = requireNonNull(groups.get(next), "it was just found");
            membership.begin(group, nowMs);
            left -= 1 + group.size() + modern.begin(group, nowMs);
            deadlines.arm(group);
        }
        startFrom = next;
        if (next == null) {
            expiry.start(nowMs);
        }
        memory.count();
        return next != null;
    }

    private @Nullable String firstGroup() {
        return groups.isEmpty() ? null : groups.firstKey();
    }

    /// This coordinator is no more.
    public void close() {
        memory.close();
    }

    // ---- commands

    /// @param request not 0; answered by one [GroupEffect.Reply]
    public void submit(long request, GroupCommand<?> command, long nowMs, Consumer<GroupEffect> out) {
        Step step = new Step(nowMs, out);
        deletedTopics.before(command.groupId(), step);
        ask(request, command, 0, step);
        memory.count();
    }

    /// @param admitted bytes for which there was room already
    private void ask(long request, GroupCommand<?> command, long admitted, Step step) {
        Group group = groups.get(command.groupId());
        switch (command) {
            case FetchOffsets fetch -> step.reply(request, offsetCommands.fetch(group, fetch));
            case Describe describe -> step.reply(
                    request,
                    group == null || group.side() != null
                            ? describe.refused(ErrorCode.GROUP_ID_NOT_FOUND) : Membership.describe(group));
            case DescribeConsumers describe -> step.reply(request, modern.describe(group, describe));
            case DescribeStreams describe -> step.reply(request, modern.describe(group, describe));
            case ConsumerHeartbeat beat ->
                askUnless(modern.steady(group, beat, step), request, group, beat, admitted, step);
            case StreamsHeartbeat beat ->
                askUnless(modern.steady(group, beat, step), request, group, beat, admitted, step);
            case OfShares<?> of -> askUnless(modern.atOnce(group, of, step), request, group, of, admitted, step);
            case Heartbeat heartbeat -> {
                ErrorCode error = Refusals.nameError(heartbeat.groupId());
                if (error == ErrorCode.NONE && group != null) {
                    step.reply(request, modern.heartbeat(group, heartbeat, step));
                } else {
                    step.reply(request, heartbeat.refused(
                            error == ErrorCode.NONE ? ErrorCode.UNKNOWN_MEMBER_ID : error));
                }
            }
            case Join _, Sync _, Leave _, CommitOffsets _, CommitTxnOffsets _, DeleteOffsets _, DeleteGroup _,
                    ForgetTopics _ ->
                askInTurn(request, group, command, admitted, step);
        }
    }

    /// @param steady the answer, where there is one already
    private void askUnless(@Nullable GroupReply steady, long request, @Nullable Group group, GroupCommand<?> command,
            long admitted, Step step) {
        if (steady != null) {
            step.reply(request, steady);
        } else {
            askInTurn(request, group, command, admitted, step);
        }
    }

    private void askInTurn(
            long request, @Nullable Group group, GroupCommand<?> command, long admitted, Step step) {
        GroupReply refusal = refusals.of(group, command);
        boolean waits = group != null && !mayRun(group, command);
        long growth = refusal != null ? 0 : memory.growth(group, command, waits);
        if (refusal == null && !memory.grow(growth - admitted)) {
            refusal = command.refused(ErrorCode.COORDINATOR_NOT_AVAILABLE);
        }
        if (refusal != null) {
            step.reply(request, refusal);
            return;
        }
        Group existing = group != null ? group : create(command.groupId());
        existing.await(new Asked(request, command, growth));
        proceed(existing, step);
    }

    /// Does what waits, as far as nothing undecided stands in its way.
    private void proceed(Group group, Step step) {
        while (group.firstWaiting() != null && mayRun(group, group.firstWaiting().command())) {
            Asked next = group.takeWaiting();
            if (group.state() instanceof GroupState.Dead) {
                memory.count();
                ask(next.request(), next.command(), next.bytes(), step);
            } else {
                run(group, next.command(), next.request(), step);
            }
        }
        dropIfVoid(group);
        memory.recount(group, isKept(group));
        deadlines.arm(group);
    }

    private static boolean mayRun(Group group, GroupCommand<?> command) {
        if (group.isWriting() || group.isAnswering()) {
            return false;
        }
        boolean forgets =
                command instanceof DeleteGroup || command instanceof DeleteOffsets || command instanceof ForgetTopics;
        return !forgets || group.commitsInFlight() == 0;
    }

    private void run(Group group, GroupCommand<?> command, long request, Step step) {
        switch (command) {
            case Join join -> modern.join(group, join, request, step);
            case Sync sync -> modern.sync(group, sync, request, step);
            case Leave leave -> modern.leave(group, leave, request, step);
            case ConsumerHeartbeat beat -> modern.heartbeat(group, beat, request, step);
            case StreamsHeartbeat beat -> modern.heartbeat(group, beat, request, step);
            case OfShares<?> of -> modern.run(group, of, request, step);
            case CommitOffsets commit -> offsetCommands.commit(group, commit, request, step);
            case CommitTxnOffsets commit -> offsetCommands.commitTxn(group, commit, request, step);
            case DeleteOffsets delete -> offsetCommands.deleteOffsets(group, delete, request, step);
            case DeleteGroup delete when group.shares() != null ->
                modern.delete(group, requireNonNull(group.shares(), "it was looked at"), delete, request, step);
            case DeleteGroup delete -> offsetCommands.deleteGroup(group, delete, request, step);
            case ForgetTopics forget -> offsetCommands.forgetTopics(group, forget, request, step);
            case Heartbeat _, FetchOffsets _, Describe _, DescribeConsumers _, DescribeStreams _ ->
                throw new IllegalStateException(command + " does not wait");
        }
    }

    private boolean isKept(Group group) {
        return group.equals(groups.get(group.id()));
    }

    private Group create(String groupId) {
        Group group = new Group(groupId);
        groups.put(groupId, group);
        memory.recount(group, isKept(group));
        return group;
    }

    /// A group of which nothing is left was never there.
    private void dropIfVoid(Group group) {
        if (group.isEmpty()
                && !group.hasGeneration()
                && group.side() == null
                && group.promised().isEmpty()
                && group.isQuiet()
                && !offsets.has(group.id())) {
            groups.remove(group.id(), group);
            memory.recount(group, isKept(group));
        }
    }

    // ---- outcomes

    /// The append is below the high watermark; its first record stands at this offset.
    public void committed(long append, long baseOffset, long nowMs, Consumer<GroupEffect> out) {
        Undecided done = appends.decided(append);
        Step step = new Step(nowMs, out);
        if (done.producerId() >= 0) {
            takeIn(done.producerId(), appends.ofTransactions().before(done.producerId(), baseOffset), step);
        }
        long offset = baseOffset;
        for (GroupRecord record : done.records()) {
            apply(record, offset, done.producerId());
            offset++;
        }
        settle(done, ErrorCode.NONE, step);
        memory.count();
    }

    /// The append did not happen.
    public void failed(long append, ErrorCode error, long nowMs, Consumer<GroupEffect> out) {
        settle(appends.decided(append), error, new Step(nowMs, out));
        memory.count();
    }

    /// What was to be worked out is.
    public void workedOut(long id, List<GroupRecord> records, long nowMs, Consumer<GroupEffect> out) {
        UndecidedAppends.Working done = appends.workedOut(id);
        Step step = new Step(nowMs, out);
        done.group().endWriting();
        done.then().now(records, step);
        proceed(done.group(), step);
        memory.count();
    }

    private void settle(Undecided done, ErrorCode error, Step step) {
        Group group = done.group();
        memory.settled(done.records());
        if (done.changesGroup()) {
            group.endWriting();
        } else {
            group.addCommitsInFlight(-1);
        }
        done.settled().forEach(settled -> settled.now(error, step));
        if (done.producerId() >= 0) {
            takeIn(done.producerId(), appends.ofTransactions().decided(done.producerId()), step);
        }
        proceed(group, step);
    }

    /// A marker stands in the log.
    public void marker(long offset, long producerId, boolean commit, long nowMs, Consumer<GroupEffect> out) {
        Marker marker = new Marker(offset, commit);
        if (!appends.ofTransactions().await(producerId, marker)) {
            takeIn(producerId, List.of(marker), new Step(nowMs, out));
        }
        memory.count();
    }

    private void takeIn(long producerId, List<Marker> markers, Step step) {
        for (Marker marker : markers) {
            end(producerId, marker.commit());
            step.out().accept(new GroupEffect.Materialised(marker.offset()));
        }
    }

    // ---- apply

    private void apply(GroupRecord record, long offset, long producerId) {
        switch (record) {
            case OffsetCommitted committed -> {
                if (!groups.containsKey(committed.groupId())) {
                    create(committed.groupId());
                }
                CommittedOffset value = committed.value().at(offset);
                if (producerId >= 0) {
                    offsets.stage(producerId, committed.groupId(), committed.partition(), value);
                } else {
                    offsets.commit(committed.groupId(), committed.partition(), value);
                }
            }
            case OffsetForgotten forgotten -> {
                offsets.forget(forgotten.groupId(), forgotten.partition());
                dropIfVoid(forgotten.groupId());
            }
            case GroupStored stored -> {
                Group group = groups.get(stored.groupId());
                Group changed = group != null ? group : create(stored.groupId());
                changed.apply(stored);
                memory.recount(changed, true);
            }
            case OfModern of -> {
                Group group = groups.get(of.groupId());
                Group changed = group != null ? group : create(of.groupId());
                changed.apply(of);
                memory.recount(changed, true);
                dropIfVoid(changed);
            }
            case GroupForgotten forgotten when isModern(forgotten.groupId()) ->
                requireNonNull(groups.get(forgotten.groupId()), "it was just seen").forgetClassic();
            case GroupForgotten forgotten -> {
                Group group = groups.remove(forgotten.groupId());
                if (group != null) {
                    group.become(new GroupState.Dead(), group.stateSinceMs());
                    memory.recount(group, isKept(group));
                }
                if (offsets.has(forgotten.groupId())) {
                    create(forgotten.groupId());
                }
            }
        }
    }

    private boolean isModern(String groupId) {
        Group group = groups.get(groupId);
        return group != null && group.side() != null;
    }

    private void end(long producerId, boolean commit) {
        offsets.end(producerId, commit).forEach(this::dropIfVoid);
    }

    private void dropIfVoid(String groupId) {
        Group group = groups.get(groupId);
        if (group != null) {
            dropIfVoid(group);
        }
    }

    // ---- time

    /// When [#tick] has something to do; Long.MAX_VALUE if never.
    public long nextDeadlineMs() {
        return Math.min(deletedTopics.nextMs(), Math.min(expiry.nextMs(), deadlines.nextMs()));
    }

    public void tick(long nowMs, Consumer<GroupEffect> out) {
        Step step = new Step(nowMs, out);
        for (Group group : deadlines.takeDue(nowMs, groups::get, MOST_DUE)) {
            if (group.isAnswering()) {
                group.goOnAnswering(step);
                proceed(group, step);
            } else if (!group.isWriting()) {
                membership.expire(group, step);
                modern.expire(group, step);
                proceed(group, step);
            }
        }
        deletedTopics.tick(step);
        expiry.tick(step);
        memory.count();
    }

    // ---- ask

    /// All groups, by name.
    public List<ListedGroup> list() {
        List<ListedGroup> all = new ArrayList<>();
        for (Group group : groups.values()) {
            String type = group.protocolType() == null ? "" : group.protocolType();
            all.add(new ListedGroup(group.id(), type, group.stateName(), group.type()));
        }
        return all;
    }

    /// Null where there is none, or no more.
    @Nullable GroupFigures figures(String groupId) {
        Group group = groups.get(groupId);
        return group == null ? null : GroupMeasure.of(group, offsets, modern.topics());
    }

    int offsetsOf(String groupId) {
        return 1 + offsets.all(groupId).size() / 8;
    }

    public record ListedGroup(String groupId, String protocolType, String state, GroupType type) {}

    /// The cluster as it is now, before the first command.
    public void know(GroupOutlook cluster) {
        modern.see(cluster);
    }

    /// The cluster as it is now, whenever topics are created, deleted or given partitions, or settings change.
    ///
    /// @param topics that have changed, by name; none where settings have
    public void see(GroupOutlook cluster, SequencedSet<String> topics, long nowMs) {
        modern.see(cluster);
        for (Group group : groups.values()) {
            if (group.side() != null) {
                modern.tell(group, topics);
                deadlines.arm(group);
            }
        }
    }

    /// Asks every group that has offsets in one of the topics to forget them, some groups a turn.
    public void forgetTopics(SequencedSet<String> topics, long nowMs, Consumer<GroupEffect> out) {
        deletedTopics.add(topics, new Step(nowMs, out));
        memory.count();
    }

    private void forget(Group group, SequencedSet<String> topics, Step step) {
        if (group.commitsInFlight() > 0 || offsets.hasAnyOf(group.id(), topics)) {
            ask(0, new ForgetTopics(group.id(), topics), 0, step);
        }
    }

    /// All that outlives a restart, for comparing what is live with what is replayed.
    String durableState() {
        StringBuilder text = new StringBuilder(offsets.toString());
        groups.forEach((id, group) -> {
            if (group.stored() != null) {
                text.append('\n').append(group.stored());
            }
            if (group.side() != null) {
                text.append('\n').append(group.side());
            }
        });
        return text.toString();
    }
}

package io.chapar.broker.group;

import io.chapar.broker.budget.Budget;
import io.chapar.broker.coordinator.Caller;
import io.chapar.broker.coordinator.CoordinatorLog;
import io.chapar.broker.coordinator.CoordinatorLog.KeyValue;
import io.chapar.broker.coordinator.Parked;
import io.chapar.broker.coordinator.PartitionCoordinator;
import io.chapar.broker.coordinator.ProducerStamp;
import io.chapar.broker.group.GroupCommand.CommitTxnOffsets;
import io.chapar.broker.group.GroupCoordinator.ListedGroup;
import io.chapar.broker.metrics.GroupFigures;
import io.chapar.broker.runtime.Gather;
import io.chapar.broker.runtime.Loop;
import io.chapar.broker.runtime.Slices;
import io.chapar.broker.share.state.ShareStateCommand;
import io.chapar.broker.share.state.ShareStateReply;
import io.chapar.broker.share.state.ShareStates;
import io.chapar.protocol.ErrorCode;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedSet;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

import static java.util.Objects.requireNonNull;

/// The coordinator of one partition of `__consumer_offsets`.
final class GroupPartitionCoordinator extends PartitionCoordinator<GroupEffect> {
    /// How long states of share groups are waited for.
    private static final long SHARE_STATES_MS = 5_000;
    private static final int SHARE_STATES_AT_ONCE = 500;

    private final GroupCoordinator core;
    private final Supplier<GroupOutlook> cluster;
    private final ShareStates shareStates;
    private final Parked<Outstanding<?>> outstanding = new Parked<>();
    private final Map<Long, Runnable> materialising = new LinkedHashMap<>();

    GroupPartitionCoordinator(
            Loop loop,
            CoordinatorLog log,
            GroupLimits limits,
            Budget memory,
            Supplier<GroupOutlook> cluster,
            ShareStates shareStates,
            RandomGenerator random) {
        super(loop, log);
        this.core = new GroupCoordinator(limits, memory, random);
        this.cluster = cluster;
        this.shareStates = shareStates;
    }

    /// A request that was handed to the core and is not answered yet.
    private record Outstanding<R extends GroupReply>(
            GroupCommand<R> command, @Nullable ProducerStamp stamp, Consumer<R> done) {
        void refuse(ErrorCode error) {
            done.accept(command.refused(error));
        }

        /// The core answers every command with its own kind of reply.
        @SuppressWarnings("unchecked")
        void answer(GroupReply reply) {
            done.accept((R) reply);
        }
    }

    @Override
    public void elected() {
        log.onMarker((marker, materialised) -> {
            if (isLeading()) {
                materialising.put(marker.offset(), materialised);
                step((nowMs, out) -> core.marker(marker.offset(), marker.producerId(), marker.commit(), nowMs, out));
            }
        });
        super.elected();
    }

    // ---- commands

    /// `done` runs on this loop, once.
    <R extends GroupReply> void submit(GroupCommand<R> command, Consumer<R> done) {
        boolean goesOn = command instanceof GroupCommand.FetchOffsets fetch && fetch.requireStable();
        whenReady(goesOn ? () -> submitProven(command, done) : () -> submitNow(command, null, done),
                error -> done.accept(command.refused(error)));
    }

    /// Who asks for offsets that no transaction may change goes on from there, and must not go on from one that another
    /// coordinator has moved since.
    private <R extends GroupReply> void submitProven(GroupCommand<R> command, Consumer<R> done) {
        log.proveLeadership(still -> {
            ErrorCode unfit = still ? availability() : ErrorCode.NOT_COORDINATOR;
            if (unfit != ErrorCode.NONE) {
                done.accept(command.refused(unfit));
            } else {
                submitNow(command, null, done);
            }
        });
    }

    /// @param stamp taken before the transaction's coordinator was asked
    void submitTxn(CommitTxnOffsets command, ProducerStamp stamp, Consumer<GroupReply.PerPartition> done) {
        ErrorCode unfit = availability();
        if (unfit != ErrorCode.NONE) {
            done.accept(command.refused(unfit));
        } else {
            submitNow(command, stamp, done);
        }
    }

    ProducerStamp stamp(CommitTxnOffsets command, boolean addsPartition) {
        return log.stamp(command.producerId(), command.producerEpoch(), addsPartition);
    }

    private <R extends GroupReply> void submitNow(GroupCommand<R> command, @Nullable ProducerStamp stamp,
            Consumer<R> done) {
        long request = outstanding.park(new Outstanding<>(command, stamp, done));
        step((nowMs, out) -> core.submit(request, command, nowMs, out));
    }

    void forgetTopics(SequencedSet<String> topics) {
        whenReady(() -> step((nowMs, out) -> core.forgetTopics(topics, nowMs, out)), _ -> { });
    }

    void see(SequencedSet<String> changed) {
        whenReady(() -> step((nowMs, _) -> core.see(cluster.get(), changed, nowMs)), _ -> { });
    }

    /// Of [#figures], as [Slices] counts it.
    int costOf(String groupId) {
        return core.offsetsOf(groupId);
    }

    @Nullable GroupFigures figures(String groupId) {
        return core.figures(groupId);
    }

    List<ListedGroup> list() {
        return core.list();
    }

    // ---- the core

    @Override
    protected boolean start(long nowMs, Consumer<GroupEffect> out) {
        core.know(cluster.get());
        return core.start(nowMs);
    }

    @Override
    protected long nextDeadlineMs() {
        return core.nextDeadlineMs();
    }

    @Override
    protected void tick(long nowMs, Consumer<GroupEffect> out) {
        core.tick(nowMs, out);
    }

    @Override
    protected void perform(GroupEffect effect) {
        switch (effect) {
            case GroupEffect.Append append -> append(append);
            case GroupEffect.Reply reply -> outstanding.take(reply.request()).answer(reply.reply());
            case GroupEffect.WorkOut work -> workOut(work);
            case GroupEffect.AskShareStates ask -> askShareStates(ask);
            case GroupEffect.Materialised marker -> requireNonNull(
                    materialising.remove(marker.markerOffset()), "a marker is taken in once").run();
        }
    }

    private void append(GroupEffect.Append append) {
        List<KeyValue> bytes = new ArrayList<>(append.records().size());
        for (GroupRecord record : append.records()) {
            bytes.add(new KeyValue(GroupRecordCodec.key(record), GroupRecordCodec.value(record)));
        }
        append(
                bytes,
                append.isTransactional() ? outstanding.get(append.request()).stamp() : null,
                baseOffset -> step((nowMs, out) -> core.committed(append.id(), baseOffset, nowMs, out)),
                error -> step((nowMs, out) -> core.failed(append.id(), error, nowMs, out)));
    }

    private void workOut(GroupEffect.WorkOut work) {
        List<GroupRecord> records = new ArrayList<>();
        loop.asideForLong(() -> records.addAll(work.work().get()), () -> {
            if (isLeading()) {
                step((nowMs, out) -> core.workedOut(work.id(), records, nowMs, out));
            }
        });
    }

    private void askShareStates(GroupEffect.AskShareStates ask) {
        Caller caller = Caller.ofBroker(loop, loop.nowMs() + SHARE_STATES_MS);
        Gather.<ShareStateCommand, ShareStateReply>all(loop, ask.commands(), SHARE_STATES_AT_ONCE,
                (command, answer) -> shareStates.submit(command, caller, answer),
                replies -> {
                    if (isLeading()) {
                        submitNow(new ShareCommands.SharesAnswered(ask.groupId(), ask.id(), replies), null, _ -> { });
                    }
                });
    }

    @Override
    protected void refuseAll(ErrorCode error) {
        core.close();
        materialising.clear();
        outstanding.takeAll(one -> one.refuse(error));
    }

    @Override
    public void record(long offset, @Nullable ByteBuffer key, @Nullable ByteBuffer value, long producerId) {
        GroupRecord record = GroupRecordCodec.read(key, value);
        if (record != null) {
            core.replay(record, offset, producerId);
        }
    }

    @Override
    public void marker(CoordinatorLog.Marker marker) {
        core.replayMarker(marker.producerId(), marker.commit());
    }
}

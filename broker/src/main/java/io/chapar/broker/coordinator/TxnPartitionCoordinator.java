package io.chapar.broker.coordinator;

import io.chapar.broker.budget.Budget;
import io.chapar.broker.coordinator.CoordinatorLog.KeyValue;
import io.chapar.broker.metrics.TxnMeters;
import io.chapar.broker.runtime.Loop;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import io.chapar.txn.MarkerResult;
import io.chapar.txn.TxnCommand;
import io.chapar.txn.TxnCoordinator;
import io.chapar.txn.TxnEffect;
import io.chapar.txn.TxnLimits;
import io.chapar.txn.TxnRecord;
import io.chapar.txn.TxnRecordCodec;
import io.chapar.txn.TxnReply;
import io.chapar.txn.TxnRoom;
import io.chapar.txn.TxnState;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.SequencedSet;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/// The coordinator of one partition of `__transaction_state`.
final class TxnPartitionCoordinator extends PartitionCoordinator<TxnEffect> {
    private final TxnCoordinator core;
    private final MarkerSender sender;
    private final TxnMeters meters;
    private final Budget.Share memory;
    private final ProducerIdPool ids;
    private final RefusalLog refusals = new RefusalLog();
    private final Parked<Consumer<TxnReply>> askers = new Parked<>();

    TxnPartitionCoordinator(
            Loop loop,
            CoordinatorLog log,
            ProducerIdPool ids,
            TxnLimits limits,
            MarkerSender sender,
            TxnMeters meters,
            Budget.Share memory) {
        super(loop, log);
        this.memory = memory;
        this.core = new TxnCoordinator(ids.ids(), limits, new Room(memory));
        this.sender = sender;
        this.meters = meters;
        this.ids = ids;
    }

    private record Room(Budget.Share share) implements TxnRoom {
        @Override
        public boolean grow(long bytes) {
            return share.grow(bytes);
        }

        @Override
        public void holds(long bytes) {
            share.holds(bytes);
        }
    }

    // ---- events

    /// `given` runs on this loop, once.
    void submit(TxnCommand command, long deadlineMs, Consumer<TxnReply> given) {
        Consumer<TxnReply> answer = reply -> {
            if (reply instanceof TxnReply.Refused refused) {
                refusals.refused(command, refused, loop.nowMs());
            }
            given.accept(reply);
        };
        whenReady(
                () -> {
                    long request = askers.park(answer);
                    step((nowMs, out) -> core.submit(request, command, deadlineMs, nowMs, out));
                },
                unfit -> answer.accept(new TxnReply.Refused(unfit)));
    }

    void producerIdsArrived() {
        if (isLeading()) {
            step(core::producerIdsArrived);
        }
    }

    void markerAnswered(TxnEffect.SendMarkers sent, TopicPartition partition, MarkerResult result) {
        if (isLeading()) {
            step((nowMs, out) -> core.markerWritten(
                    sent.transactionalId(), sent.producerId(), sent.producerEpoch(), partition, result, nowMs, out));
        }
    }

    // ---- questions

    @Nullable TxnState state(String transactionalId) {
        return core.state(transactionalId);
    }

    SequencedSet<TopicPartition> unfinished(String transactionalId) {
        return core.unfinished(transactionalId);
    }

    void forEach(BiConsumer<String, TxnState> visitor) {
        core.forEach(visitor);
    }

    // ---- the core

    @Override
    protected boolean start(long nowMs, Consumer<TxnEffect> out) {
        return core.start(nowMs, out);
    }

    @Override
    protected long nextDeadlineMs() {
        return core.nextDeadlineMs();
    }

    @Override
    protected void tick(long nowMs, Consumer<TxnEffect> out) {
        core.tick(nowMs, out);
    }

    @Override
    protected void perform(TxnEffect effect) {
        switch (effect) {
            case TxnEffect.Append append -> append(List.of(append));
            case TxnEffect.AppendBoth(TxnEffect.Append first, TxnEffect.Append second) ->
                    append(List.of(first, second));
            case TxnEffect.SendMarkers markers -> sender.send(this, log.coordinatorEpoch(), markers);
            case TxnEffect.Reply reply -> askers.take(reply.request()).accept(reply.reply());
            case TxnEffect.Fenced fenced -> fenced(fenced);
            case TxnEffect.FetchProducerIds _ -> ids.fetch();
        }
    }

    private void fenced(TxnEffect.Fenced fenced) {
        refusals.fenced(fenced, loop.nowMs());
        meters.fenced(new TxnMeters.Fence(RefusalLog.shown(fenced.transactionalId()), fenced.fenced().producerId(),
                fenced.fenced().producerEpoch(), RefusalLog.shown(fenced.by()), loop.nowMs()));
    }

    /// All of them in one batch.
    private void append(List<TxnEffect.Append> appends) {
        append(
                appends.stream().map(TxnEffect.Append::record).map(record ->
                        new KeyValue(TxnRecordCodec.key(record), TxnRecordCodec.value(record))).toList(),
                null,
                _ -> appends.forEach(one -> {
                    TxnRecord record = one.record();
                    meters.entered(record.transactionalId(), record.state(), whyAborted(one.cause()));
                    step((nowMs, out) -> core.committed(record, nowMs, out));
                }),
                error -> appends.forEach(one -> step((nowMs, out) -> core.failed(one.record(), error, nowMs, out))));
    }

    private static TxnMeters.AbortReason whyAborted(TxnCommand cause) {
        return switch (cause) {
            case TxnCommand.TimeOut _ -> TxnMeters.AbortReason.TIMEOUT;
            case TxnCommand.InitProducer _ -> TxnMeters.AbortReason.FENCED;
            default -> TxnMeters.AbortReason.CLIENT;
        };
    }

    /// The ids are for all coordinators of this loop, of which no other fetches them until these have come.
    @Override
    protected void dropped(TxnEffect effect) {
        if (effect instanceof TxnEffect.FetchProducerIds) {
            ids.fetch();
        }
    }

    @Override
    protected void refuseAll(ErrorCode error) {
        memory.holds(0);
        askers.takeAll(asker -> asker.accept(new TxnReply.Refused(error)));
    }

    @Override
    public void record(long offset, @Nullable ByteBuffer key, @Nullable ByteBuffer value, long producerId) {
        TxnRecord record = key == null ? null : TxnRecordCodec.read(key, value);
        if (record != null) {
            core.replay(record);
        }
    }

    @Override
    public void marker(CoordinatorLog.Marker marker) {
        // No transaction writes to this topic.
    }
}

package io.chapar.broker.share.state;

import io.chapar.broker.budget.Budget;
import io.chapar.broker.coordinator.CoordinatorLog;
import io.chapar.broker.coordinator.CoordinatorLog.KeyValue;
import io.chapar.broker.coordinator.Parked;
import io.chapar.broker.coordinator.PartitionCoordinator;
import io.chapar.broker.runtime.Loop;
import io.chapar.protocol.ErrorCode;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.function.Consumer;

/// Keeps what is in one partition of `__share_group_state`.
final class ShareStateCoordinator extends PartitionCoordinator<ShareStateEffect> {
    private final ShareStateCore core;
    private final Parked<Consumer<ShareStateReply>> outstanding = new Parked<>();

    ShareStateCoordinator(Loop loop, CoordinatorLog log, ShareStateCore.Limits limits, Budget memory) {
        super(loop, log);
        this.core = new ShareStateCore(limits, memory);
    }

    /// `done` runs on this loop, once.
    void submit(ShareStateCommand command, Consumer<ShareStateReply> done) {
        whenReady(() -> {
            long request = outstanding.park(done);
            step((nowMs, out) -> core.submit(request, command, nowMs, out));
        }, error -> done.accept(ShareStateReply.of(error)));
    }

    // ---- the core

    @Override
    protected boolean start(long nowMs, Consumer<ShareStateEffect> out) {
        core.start(nowMs);
        return false;
    }

    @Override
    protected long nextDeadlineMs() {
        return core.nextDeadlineMs();
    }

    @Override
    protected void tick(long nowMs, Consumer<ShareStateEffect> out) {
        core.tick(nowMs, out);
    }

    @Override
    protected void perform(ShareStateEffect effect) {
        switch (effect) {
            case ShareStateEffect.Append append -> append(
                    List.of(new KeyValue(
                            ShareStateRecordCodec.key(append.record()), ShareStateRecordCodec.value(append.record()))),
                    null,
                    offset -> step((nowMs, out) -> core.committed(append.id(), offset, nowMs, out)),
                    error -> step((nowMs, out) -> core.failed(append.id(), error, nowMs, out)));
            case ShareStateEffect.Reply reply -> outstanding.take(reply.request()).accept(reply.reply());
            case ShareStateEffect.Prune prune -> log.deleteBefore(prune.before());
        }
    }

    @Override
    protected void refuseAll(ErrorCode error) {
        core.close();
        outstanding.takeAll(one -> one.accept(ShareStateReply.of(error)));
    }

    @Override
    public void record(long offset, @Nullable ByteBuffer key, @Nullable ByteBuffer value, long producerId) {
        ShareStateRecord record = ShareStateRecordCodec.read(key, value);
        if (record != null) {
            core.replay(record, offset);
        }
    }

    @Override
    public void marker(CoordinatorLog.Marker marker) {
        // Nothing here belongs to a transaction.
    }
}

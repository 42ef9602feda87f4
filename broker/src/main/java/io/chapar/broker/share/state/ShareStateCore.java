package io.chapar.broker.share.state;

import io.chapar.broker.budget.Budget;
import io.chapar.broker.share.state.ShareStateCommand.Delete;
import io.chapar.broker.share.state.ShareStateCommand.Initialize;
import io.chapar.broker.share.state.ShareStateCommand.Read;
import io.chapar.broker.share.state.ShareStateCommand.Summarize;
import io.chapar.broker.share.state.ShareStateCommand.Write;
import io.chapar.broker.share.state.ShareStateEffect.Append;
import io.chapar.broker.share.state.ShareStateEffect.Prune;
import io.chapar.broker.share.state.ShareStateEffect.Reply;
import io.chapar.broker.share.state.ShareStateRecord.Forgotten;
import io.chapar.broker.share.state.ShareStateRecord.Snapshot;
import io.chapar.broker.share.state.ShareStateRecord.Update;
import io.chapar.protocol.ErrorCode;
import org.jspecify.annotations.Nullable;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.function.Consumer;

import static java.util.Objects.requireNonNull;

/// Keeps the states of share groups in one partition of `__share_group_state`. Pure: commands, outcomes and time come
/// in, [ShareStateEffect]s go out.
///
/// States change by [#apply] alone, live and at replay, in the order of the log. Of each key one record at a time is on
/// its way; commands for the key wait until its outcome is known.
public final class ShareStateCore {
    private static final int BYTES_OF_KEY = 600;
    private static final int BYTES_OF_BATCH = 96;
    /// Commands for one key that wait; one more is refused.
    static final int MOST_WAITING = 1_000;
    /// Snapshots of what nobody changes, in one turn; more follow soon.
    static final int MOST_COLD = 200;
    private static final int SOON_MS = 1_000;
    /// A log of fewer records is left as it is.
    static final int LEAST_TO_PRUNE = 1_000;

    private final Limits limits;
    private final Budget.Share memory;
    private final NavigableMap<ShareKey, Slot> slots = new TreeMap<>();
    private final NavigableMap<Long, ShareKey> bySnapshot = new TreeMap<>();
    private final Map<Long, Undecided> undecided = new LinkedHashMap<>();
    private long bytes = 0;
    private long lastAppend = 0;
    private long nextOffset = 0;
    private long prunedTo = 0;
    private long pruneAtMs = Long.MAX_VALUE;

    /// @param updatesPerSnapshot after so many updates of a key all of it is written
    /// @param pruneMs time between two looks at what the log has too much
    public record Limits(int updatesPerSnapshot, long pruneMs) {}

    /// @param request 0 where nobody waits
    private record Asked(long request, ShareStateCommand command) {}

    /// @param told when the record is in the log
    private record Undecided(Slot slot, ShareStateRecord record, long request, ShareStateReply told) {}

    /// What is known of a key, and who waits for it.
    private static final class Slot {
        private final ShareKey key;
        private @Nullable ShareState state;
        private boolean writing = false;
        private final Deque<Asked> waiting = new ArrayDeque<>();
        private long charged = 0;

        Slot(ShareKey key) {
            this.key = key;
        }

        long bytes() {
            return state == null ? 0 : BYTES_OF_KEY + 2L * key.groupId().length()
                    + (long) BYTES_OF_BATCH * state.batchCount();
        }
    }

    /// @param memory for all states of the broker; a key beyond it is refused with COORDINATOR_NOT_AVAILABLE
    public ShareStateCore(Limits limits, Budget memory) {
        this.limits = limits;
        this.memory = memory.share();
    }

    // ---- replay

    public void replay(ShareStateRecord record, long offset) {
        apply(record, offset);
    }

    /// The log has been shown.
    public void start(long nowMs) {
        pruneAtMs = nowMs + limits.pruneMs();
        memory.holds(bytes);
    }

    public void close() {
        memory.holds(0);
    }

    // ---- commands

    /// @param request not 0; answered by one [Reply]
    public void submit(long request, ShareStateCommand command, long nowMs, Consumer<ShareStateEffect> out) {
        Slot slot = slots.computeIfAbsent(command.key(), Slot::new);
        if (slot.waiting.size() >= MOST_WAITING) {
            out.accept(new Reply(request, ShareStateReply.of(ErrorCode.COORDINATOR_NOT_AVAILABLE)));
            return;
        }
        slot.waiting.addLast(new Asked(request, command));
        proceed(slot, nowMs, out);
    }

    private void proceed(Slot slot, long nowMs, Consumer<ShareStateEffect> out) {
        while (!slot.writing && !slot.waiting.isEmpty()) {
            decide(slot, slot.waiting.removeFirst(), nowMs, out);
        }
        if (slot.state == null && !slot.writing) {
            slots.remove(slot.key, slot);
        }
    }

    private void decide(Slot slot, Asked asked, long nowMs, Consumer<ShareStateEffect> out) {
        ShareState state = slot.state;
        switch (asked.command()) {
            case Initialize begin -> initialize(slot, begin, asked.request(), nowMs, out);
            case Read read when state == null -> reply(asked, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, out);
            case Read read when read.leaderEpoch() < state.leaderEpoch() ->
                reply(asked, ErrorCode.FENCED_LEADER_EPOCH, out);
            case Read read when read.leaderEpoch() == state.leaderEpoch() ->
                out.accept(new Reply(asked.request(), state.told()));
            case Read read -> append(slot, next(state, new Update(
                    slot.key, state.snapshotEpoch(), read.leaderEpoch(), -1, -1, List.of()), nowMs),
                    asked.request(), state.told(), out);
            case Write _ when state == null -> reply(asked, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, out);
            case Write write when write.leaderEpoch() < state.leaderEpoch() ->
                reply(asked, ErrorCode.FENCED_LEADER_EPOCH, out);
            case Write write when write.stateEpoch() != state.stateEpoch() ->
                reply(asked, ErrorCode.FENCED_STATE_EPOCH, out);
            case Write write when state.isAheadOf(write.startOffset(), write.batches()) ->
                reply(asked, ErrorCode.FENCED_STATE_EPOCH, out);
            case Write write -> append(slot, next(state, new Update(
                    slot.key, state.snapshotEpoch(), write.leaderEpoch(), write.startOffset(), write.completeCount(),
                    write.batches()), nowMs), asked.request(), ShareStateReply.DONE, out);
            case Delete _ when state == null -> reply(asked, ErrorCode.NONE, out);
            case Delete _ -> append(slot, new Forgotten(slot.key), asked.request(), ShareStateReply.DONE, out);
            case Summarize _ -> out.accept(new Reply(asked.request(),
                    state == null ? ShareStateReply.DONE : state.summary()));
        }
    }

    private void initialize(
            Slot slot, Initialize begin, long request, long nowMs, Consumer<ShareStateEffect> out) {
        ShareState state = slot.state;
        if (state != null && begin.stateEpoch() < state.stateEpoch()) {
            out.accept(new Reply(request, ShareStateReply.of(ErrorCode.FENCED_STATE_EPOCH)));
            return;
        }
        if (state != null && begin.stateEpoch() == state.stateEpoch() && begin.startOffset() < 0) {
            // It was begun already, and may be in use.
            out.accept(new Reply(request, ShareStateReply.DONE));
            return;
        }
        if (state == null && !memory.grow(BYTES_OF_KEY + 2L * slot.key.groupId().length())) {
            out.accept(new Reply(request, ShareStateReply.of(ErrorCode.COORDINATOR_NOT_AVAILABLE)));
            return;
        }
        int snapshotEpoch = state == null ? 0 : state.snapshotEpoch() + 1;
        append(slot, new Snapshot(slot.key, snapshotEpoch, begin.stateEpoch(),
                state == null ? 0 : state.leaderEpoch(), begin.startOffset(), begin.startOffset() < 0 ? -1 : 0,
                nowMs, nowMs, List.of()), request, ShareStateReply.DONE, out);
    }

    /// The update, or a snapshot in its place when that is due.
    private ShareStateRecord next(ShareState state, Update update, long nowMs) {
        return state.updates() < limits.updatesPerSnapshot() ? update : state.after(update, nowMs);
    }

    private static void reply(Asked asked, ErrorCode error, Consumer<ShareStateEffect> out) {
        out.accept(new Reply(asked.request(), ShareStateReply.of(error)));
    }

    private void append(
            Slot slot, ShareStateRecord record, long request, ShareStateReply told, Consumer<ShareStateEffect> out) {
        long id = ++lastAppend;
        slot.writing = true;
        undecided.put(id, new Undecided(slot, record, request, told));
        out.accept(new Append(id, record));
    }

    // ---- outcomes

    public void committed(long append, long offset, long nowMs, Consumer<ShareStateEffect> out) {
        Undecided done = requireNonNull(undecided.remove(append), "an append is decided once");
        apply(done.record(), offset);
        settle(done, done.told(), nowMs, out);
    }

    /// It did not happen.
    public void failed(long append, ErrorCode error, long nowMs, Consumer<ShareStateEffect> out) {
        Undecided done = requireNonNull(undecided.remove(append), "an append is decided once");
        settle(done, ShareStateReply.of(error), nowMs, out);
    }

    private void settle(Undecided done, ShareStateReply told, long nowMs, Consumer<ShareStateEffect> out) {
        done.slot().writing = false;
        if (done.request() != 0) {
            out.accept(new Reply(done.request(), told));
        }
        proceed(done.slot(), nowMs, out);
        memory.holds(bytes);
    }

    // ---- apply

    private void apply(ShareStateRecord record, long offset) {
        nextOffset = Math.max(nextOffset, offset + 1);
        Slot slot = slots.computeIfAbsent(record.key(), Slot::new);
        ShareState state = slot.state;
        switch (record) {
            case Snapshot snapshot -> {
                ShareState changed = state == null ? new ShareState() : state;
                bySnapshot.remove(changed.snapshotAt(), record.key());
                changed.apply(snapshot, offset);
                slot.state = changed;
                bySnapshot.put(offset, record.key());
            }
            // Without the snapshot that it goes on from it says nothing: that was forgotten.
            case Update update when state != null && update.snapshotEpoch() == state.snapshotEpoch() ->
                state.apply(update);
            case Update _ -> { }
            case Forgotten _ -> {
                if (state != null) {
                    bySnapshot.remove(state.snapshotAt());
                    slot.state = null;
                }
            }
        }
        long now = slot.bytes();
        bytes += now - slot.charged;
        slot.charged = now;
        if (slot.state == null && !slot.writing && slot.waiting.isEmpty()) {
            slots.remove(slot.key, slot);
        }
    }

    // ---- time

    /// When [#tick] has something to do; Long.MAX_VALUE if never.
    public long nextDeadlineMs() {
        return pruneAtMs;
    }

    public void tick(long nowMs, Consumer<ShareStateEffect> out) {
        if (nowMs < pruneAtMs) {
            return;
        }
        pruneAtMs = nowMs + limits.pruneMs();
        long needed = bySnapshot.isEmpty() ? nextOffset : bySnapshot.firstKey();
        if (needed > prunedTo) {
            prunedTo = needed;
            out.accept(new Prune(needed));
        }
        // What nobody changes keeps the log from being pruned: it is written anew where it is in the way.
        if (nextOffset - needed < LEAST_TO_PRUNE + 2L * slots.size()) {
            return;
        }
        List<ShareKey> oldest = new ArrayList<>();
        for (ShareKey key : bySnapshot.values()) {
            if (oldest.size() == MOST_COLD) {
                break;
            }
            oldest.add(key);
        }
        if (oldest.size() == MOST_COLD) {
            pruneAtMs = nowMs + Math.min(SOON_MS, limits.pruneMs());
        }
        for (ShareKey key : oldest) {
            Slot slot = requireNonNull(slots.get(key), "it has a snapshot");
            if (!slot.writing && slot.state != null) {
                append(slot, slot.state.snapshot(key, nowMs), 0, ShareStateReply.DONE, out);
            }
        }
    }

    /// All that outlives a restart, for comparing what is live with what is replayed.
    String durableState() {
        StringBuilder text = new StringBuilder();
        slots.forEach((key, slot) -> {
            if (slot.state != null) {
                text.append(key).append(' ').append(slot.state).append('\n');
            }
        });
        return text.toString();
    }
}

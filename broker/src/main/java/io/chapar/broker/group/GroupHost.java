package io.chapar.broker.group;

import io.chapar.broker.coordinator.CoordinatorLog;
import io.chapar.broker.coordinator.CoordinatorLog.Appending;
import io.chapar.broker.coordinator.CoordinatorLog.KeyValue;
import io.chapar.broker.coordinator.ProducerStamp;
import io.chapar.broker.group.GroupCommand.CommitTxnOffsets;
import io.chapar.broker.group.GroupCoordinator.ListedGroup;
import io.chapar.broker.runtime.Loop;
import io.chapar.protocol.ErrorCode;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedSet;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import java.util.random.RandomGenerator;

/// The coordinator of one partition of `__consumer_offsets` on its loop: loads it, feeds it, performs its effects.
final class GroupHost {
    /// Requests that wait for the log to be loaded; one more is refused.
    private static final int MAX_EARLY = 10_000;
    /// How long they wait before they are told to come back.
    private static final int EARLY_WAIT_MS = 5_000;

    private final Loop loop;
    private final CoordinatorLog log;
    private final GroupCoordinator core;
    private final Map<Long, Outstanding<?>> outstanding = new LinkedHashMap<>();
    private final Map<Long, Runnable> materialising = new LinkedHashMap<>();
    private final Deque<Early> early = new ArrayDeque<>();
    /// Effects wait here while one is performed, so that they are performed in the order they were emitted.
    private final Deque<GroupEffect> effects = new ArrayDeque<>();
    private boolean performing = false;
    private boolean ready = false;
    private boolean lost = false;
    private long requests = 0;
    private Loop.Timer timer;
    private long timerAtMs = Long.MAX_VALUE;

    GroupHost(Loop loop, CoordinatorLog log, GroupLimits limits, RandomGenerator random) {
        this.loop = loop;
        this.log = log;
        this.core = new GroupCoordinator(limits, random);
    }

    /// A request that was handed to the core and is not answered yet.
    private record Outstanding<R extends GroupReply>(
            GroupCommand<R> command, ProducerStamp stamp, Consumer<R> done) {
        void refuse(ErrorCode error) {
            done.accept(command.refused(error));
        }

        /// The core answers every command with its own kind of reply.
        @SuppressWarnings("unchecked")
        void answer(GroupReply reply) {
            done.accept((R) reply);
        }
    }

    private record Early(Runnable run, Runnable refuse, Loop.Timer patience) {}

    // ---- life

    void load() {
        log.onMarker((marker, materialised) -> {
            if (!lost) {
                materialising.put(marker.offset(), materialised);
                step(nowMs -> core.marker(
                        marker.offset(), marker.producerId(), marker.commit(), nowMs, effects::addLast));
            }
        });
        log.load(new Loading(), () -> {
            ready = true;
            step(core::start);
            while (!early.isEmpty()) {
                Early first = early.removeFirst();
                first.patience().cancel();
                first.run().run();
            }
        });
    }

    /// NONE, or why this coordinator cannot be asked now.
    ErrorCode availability() {
        if (lost) {
            return ErrorCode.NOT_COORDINATOR;
        }
        return ready ? ErrorCode.NONE : ErrorCode.COORDINATOR_LOAD_IN_PROGRESS;
    }

    /// Runs the task when the log is loaded, or refuses it with why not. On this loop.
    void whenReady(Runnable task, Consumer<ErrorCode> refuse) {
        ErrorCode unfit = availability();
        if (unfit == ErrorCode.COORDINATOR_LOAD_IN_PROGRESS && early.size() < MAX_EARLY) {
            Loop.Timer patience = loop.schedule(EARLY_WAIT_MS, this::giveUpOldest);
            early.addLast(new Early(task, () -> refuse.accept(unfit), patience));
        } else if (unfit != ErrorCode.NONE) {
            refuse.accept(unfit);
        } else {
            task.run();
        }
    }

    /// All wait equally long, so the timer that fires is the oldest one's.
    private void giveUpOldest() {
        early.removeFirst().refuse().run();
    }

    // ---- commands

    /// `done` runs on this loop, once.
    <R extends GroupReply> void submit(GroupCommand<R> command, Consumer<R> done) {
        whenReady(() -> submitNow(command, null, done), error -> done.accept(command.refused(error)));
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

    private <R extends GroupReply> void submitNow(GroupCommand<R> command, ProducerStamp stamp, Consumer<R> done) {
        long request = ++requests;
        outstanding.put(request, new Outstanding<>(command, stamp, done));
        step(nowMs -> core.submit(request, command, nowMs, effects::addLast));
    }

    void forgetTopics(SequencedSet<String> topics) {
        whenReady(() -> step(nowMs -> core.forgetTopics(topics, nowMs, effects::addLast)), _ -> { });
    }

    List<ListedGroup> list() {
        return core.list();
    }

    // ---- effects

    private void step(LongConsumer step) {
        step.accept(loop.nowMs());
        if (performing) {
            return;
        }
        performing = true;
        try {
            while (!effects.isEmpty()) {
                perform(effects.removeFirst());
            }
        } finally {
            performing = false;
        }
        armTimer();
    }

    private void perform(GroupEffect effect) {
        switch (effect) {
            case GroupEffect.Append append -> append(append);
            case GroupEffect.Reply reply -> outstanding.remove(reply.request()).answer(reply.reply());
            case GroupEffect.Materialised marker -> materialising.remove(marker.markerOffset()).run();
        }
    }

    private void append(GroupEffect.Append append) {
        List<KeyValue> bytes = new ArrayList<>(append.records().size());
        for (GroupRecord record : append.records()) {
            bytes.add(new KeyValue(GroupRecordCodec.key(record), GroupRecordCodec.value(record)));
        }
        ProducerStamp stamp = append.isTransactional() ? outstanding.get(append.request()).stamp() : null;
        log.append(bytes, stamp, result -> {
            if (lost) {
                return;
            }
            switch (result) {
                case Appending.Committed committed -> step(nowMs ->
                        core.committed(append.id(), committed.baseOffset(), nowMs, effects::addLast));
                case Appending.Failed failed -> {
                    ErrorCode told = told(failed.error(), stamp != null);
                    if (told == ErrorCode.NOT_COORDINATOR) {
                        lose();
                    } else {
                        step(nowMs -> core.failed(append.id(), told, nowMs, effects::addLast));
                    }
                }
            }
        });
    }

    /// What a failed write means to whoever asked. After NOT_COORDINATOR nobody here knows what the log holds.
    private static ErrorCode told(ErrorCode error, boolean stamped) {
        return switch (error) {
            case NOT_ENOUGH_REPLICAS, UNKNOWN_TOPIC_OR_PARTITION -> ErrorCode.COORDINATOR_NOT_AVAILABLE;
            case MESSAGE_TOO_LARGE, RECORD_LIST_TOO_LARGE -> ErrorCode.UNKNOWN_SERVER_ERROR;
            case INVALID_TXN_STATE, INVALID_PRODUCER_EPOCH, OUT_OF_ORDER_SEQUENCE_NUMBER ->
                stamped ? error : ErrorCode.NOT_COORDINATOR;
            default -> ErrorCode.NOT_COORDINATOR;
        };
    }

    /// The log may have records that this state has not: only a coordinator that loads again may answer.
    void lose() {
        if (lost) {
            return;
        }
        lost = true;
        effects.clear();
        materialising.clear();
        if (timer != null) {
            timer.cancel();
        }
        while (!early.isEmpty()) {
            Early first = early.removeFirst();
            first.patience().cancel();
            first.refuse().run();
        }
        List<Outstanding<?>> waiting = new ArrayList<>(outstanding.values());
        outstanding.clear();
        waiting.forEach(one -> one.refuse(ErrorCode.NOT_COORDINATOR));
    }

    // ---- time

    private void armTimer() {
        long dueMs = core.nextDeadlineMs();
        if (dueMs == timerAtMs || lost) {
            return;
        }
        if (timer != null) {
            timer.cancel();
            timer = null;
        }
        timerAtMs = dueMs;
        if (dueMs != Long.MAX_VALUE) {
            timer = loop.schedule(Math.max(0, dueMs - loop.nowMs()), this::onTimer);
        }
    }

    private void onTimer() {
        timer = null;
        timerAtMs = Long.MAX_VALUE;
        step(nowMs -> core.tick(nowMs, effects::addLast));
    }

    private final class Loading implements CoordinatorLog.Replay {
        @Override
        public void record(
                long offset,
                long timestamp,
                ByteBuffer key,
                ByteBuffer value,
                long producerId,
                short producerEpoch,
                boolean transactional) {
            GroupRecord record = GroupRecordCodec.read(key, value);
            if (record != null) {
                core.replay(record, offset, transactional ? producerId : -1);
            }
        }

        @Override
        public void marker(CoordinatorLog.Marker marker) {
            core.replayMarker(marker.producerId(), marker.commit());
        }
    }
}

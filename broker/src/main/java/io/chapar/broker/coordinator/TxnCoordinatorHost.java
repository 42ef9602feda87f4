package io.chapar.broker.coordinator;

import io.chapar.broker.coordinator.CoordinatorLog.Appending;
import io.chapar.broker.coordinator.CoordinatorLog.KeyValue;
import io.chapar.broker.metrics.TxnMeters;
import io.chapar.broker.runtime.Loop;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import io.chapar.txn.MarkerResult;
import io.chapar.txn.ProducerIds;
import io.chapar.txn.TxnCommand;
import io.chapar.txn.TxnCoordinator;
import io.chapar.txn.TxnEffect;
import io.chapar.txn.TxnLimits;
import io.chapar.txn.TxnRecord;
import io.chapar.txn.TxnRecordCodec;
import io.chapar.txn.TxnReply;
import io.chapar.txn.TxnState;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedSet;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/// The coordinator of one partition of `__transaction_state` on its loop: loads it, feeds it, performs its effects.
final class TxnCoordinatorHost {
    private static final Logger LOG = LoggerFactory.getLogger(TxnCoordinatorHost.class);
    /// Requests that wait for the log to be loaded; one more is refused.
    private static final int MAX_EARLY = 10_000;
    /// How long they wait before they are told to come back.
    private static final int EARLY_WAIT_MS = 5_000;

    private final Loop loop;
    private final CoordinatorLog log;
    private final TxnCoordinator core;
    private final MarkerSender sender;
    private final TxnMeters meters;
    private final Runnable fetchProducerIds;
    private final RefusalLog refusals = new RefusalLog();
    private final Map<Long, Consumer<TxnReply>> askers = new LinkedHashMap<>();
    private final Deque<Early> early = new ArrayDeque<>();
    /// Effects wait here while one is performed, so that they are performed in the order they were emitted.
    private final Deque<TxnEffect> effects = new ArrayDeque<>();
    private boolean performing = false;
    private boolean ready = false;
    private boolean lost = false;
    private long requests = 0;
    private Loop.Timer timer;
    private long timerAtMs = Long.MAX_VALUE;

    TxnCoordinatorHost(
            Loop loop,
            CoordinatorLog log,
            ProducerIds ids,
            TxnLimits limits,
            MarkerSender sender,
            TxnMeters meters,
            Runnable fetchProducerIds) {
        this.loop = loop;
        this.log = log;
        this.core = new TxnCoordinator(ids, limits);
        this.sender = sender;
        this.meters = meters;
        this.fetchProducerIds = fetchProducerIds;
    }

    void load() {
        log.load(new Loading(), () -> {
            ready = true;
            step(nowMs -> core.start(nowMs, effects::addLast));
            while (!early.isEmpty()) {
                Early first = early.removeFirst();
                first.patience().cancel();
                submit(first.command(), first.deadlineMs(), first.answer());
            }
        });
    }

    /// `answer` runs on this loop, once.
    void submit(TxnCommand command, long deadlineMs, Consumer<TxnReply> given) {
        Consumer<TxnReply> answer = reply -> {
            if (reply instanceof TxnReply.Refused refused) {
                refusals.refused(command, refused, loop.nowMs());
            }
            given.accept(reply);
        };
        ErrorCode unfit = availability();
        if (unfit == ErrorCode.COORDINATOR_LOAD_IN_PROGRESS && early.size() < MAX_EARLY) {
            early.addLast(new Early(command, deadlineMs, answer, loop.schedule(EARLY_WAIT_MS, this::giveUpOldest)));
            return;
        }
        if (unfit != ErrorCode.NONE) {
            answer.accept(new TxnReply.Refused(unfit));
            return;
        }
        long request = ++requests;
        askers.put(request, answer);
        step(nowMs -> core.submit(request, command, deadlineMs, nowMs, effects::addLast));
    }

    /// All wait equally long, so the timer that fires is the oldest one's.
    private void giveUpOldest() {
        early.removeFirst().answer().accept(new TxnReply.Refused(ErrorCode.COORDINATOR_LOAD_IN_PROGRESS));
    }

    /// An append's outcome is not known, so nobody here knows what the log holds.
    boolean isLost() {
        return lost;
    }

    boolean reads(CoordinatorLog other) {
        return log.equals(other);
    }

    /// NONE, or why this coordinator cannot be asked now.
    ErrorCode availability() {
        if (lost) {
            return ErrorCode.NOT_COORDINATOR;
        }
        return ready ? ErrorCode.NONE : ErrorCode.COORDINATOR_LOAD_IN_PROGRESS;
    }

    TxnState state(String transactionalId) {
        return core.state(transactionalId);
    }

    SequencedSet<TopicPartition> unfinished(String transactionalId) {
        return core.unfinished(transactionalId);
    }

    void forEach(BiConsumer<String, TxnState> visitor) {
        core.forEach(visitor);
    }

    void producerIdsArrived() {
        if (ready && !lost) {
            step(nowMs -> core.producerIdsArrived(nowMs, effects::addLast));
        }
    }

    void markerAnswered(TxnEffect.SendMarkers sent, TopicPartition partition, MarkerResult result) {
        if (!lost) {
            step(nowMs -> core.markerWritten(
                    sent.transactionalId(),
                    sent.producerId(),
                    sent.producerEpoch(),
                    partition,
                    result,
                    nowMs,
                    effects::addLast));
        }
    }

    // ---- effects

    private interface Step {
        void at(long nowMs);
    }

    private void step(Step step) {
        step.at(loop.nowMs());
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

    private void perform(TxnEffect effect) {
        switch (effect) {
            case TxnEffect.Append append -> append(append.record(), append.cause());
            case TxnEffect.SendMarkers markers -> sender.send(this, log.coordinatorEpoch(), markers);
            case TxnEffect.Reply reply -> askers.remove(reply.request()).accept(reply.reply());
            case TxnEffect.Fenced fenced -> LOG.info("Transactional id '{}': {} is fenced: {}",
                    fenced.transactionalId(), fenced.fenced(), fenced.by());
            case TxnEffect.FetchProducerIds _ -> fetchProducerIds.run();
        }
    }

    private void append(TxnRecord record, TxnCommand cause) {
        KeyValue bytes = new KeyValue(TxnRecordCodec.key(record), TxnRecordCodec.value(record));
        log.append(List.of(bytes), null, result -> {
            if (lost) {
                return;
            }
            switch (result) {
                case Appending.Committed _ -> {
                    meters.entered(record.transactionalId(), record.state(), whyAborted(cause));
                    step(nowMs -> core.committed(record, nowMs, effects::addLast));
                }
                case Appending.Failed failed -> {
                    ErrorCode told = told(failed.error());
                    if (told == ErrorCode.NOT_COORDINATOR) {
                        lose();
                    } else {
                        step(nowMs -> core.failed(record, told, nowMs, effects::addLast));
                    }
                }
            }
        });
    }

    private static TxnMeters.AbortReason whyAborted(TxnCommand cause) {
        return switch (cause) {
            case TxnCommand.TimeOut _ -> TxnMeters.AbortReason.TIMEOUT;
            case TxnCommand.InitProducer _ -> TxnMeters.AbortReason.FENCED;
            default -> TxnMeters.AbortReason.CLIENT;
        };
    }

    /// What a failed write means to whoever asked. After NOT_COORDINATOR nobody here knows what the log holds.
    private static ErrorCode told(ErrorCode error) {
        return switch (error) {
            case NOT_ENOUGH_REPLICAS, UNKNOWN_TOPIC_OR_PARTITION -> ErrorCode.COORDINATOR_NOT_AVAILABLE;
            case MESSAGE_TOO_LARGE, RECORD_LIST_TOO_LARGE -> ErrorCode.UNKNOWN_SERVER_ERROR;
            default -> ErrorCode.NOT_COORDINATOR;
        };
    }

    /// The log may have a record that this state has not: only a coordinator that loads again may answer.
    void lose() {
        if (lost) {
            return;
        }
        lost = true;
        effects.clear();
        if (timer != null) {
            timer.cancel();
        }
        while (!early.isEmpty()) {
            Early first = early.removeFirst();
            first.patience().cancel();
            first.answer().accept(new TxnReply.Refused(ErrorCode.NOT_COORDINATOR));
        }
        List<Consumer<TxnReply>> waiting = new ArrayList<>(askers.values());
        askers.clear();
        waiting.forEach(asker -> asker.accept(new TxnReply.Refused(ErrorCode.NOT_COORDINATOR)));
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
            long nowMs = loop.nowMs();
            timer = loop.schedule(dueMs <= nowMs ? 0 : dueMs - nowMs, this::onTimer);
        }
    }

    private void onTimer() {
        timer = null;
        timerAtMs = Long.MAX_VALUE;
        step(nowMs -> core.tick(nowMs, effects::addLast));
    }

    private record Early(TxnCommand command, long deadlineMs, Consumer<TxnReply> answer, Loop.Timer patience) {}

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
            TxnRecord record = TxnRecordCodec.read(key, value);
            if (record != null) {
                core.replay(record);
            }
        }

        @Override
        public void marker(CoordinatorLog.Marker marker) {
            // No transaction writes to this topic.
        }
    }
}

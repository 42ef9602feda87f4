package io.chapar.broker.coordinator;

import io.chapar.broker.coordinator.CoordinatorLog.Appending;
import io.chapar.broker.coordinator.CoordinatorLog.KeyValue;
import io.chapar.broker.runtime.Loop;
import io.chapar.protocol.ErrorCode;
import org.jspecify.annotations.Nullable;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.LongConsumer;

/// A coordinator over one log, on that log's loop: has its core replay the log, hands it events, performs its effects
/// in the order in which they were emitted, and keeps one timer at its next deadline.
///
///     elected: loading ---> starting ---> leading ---> resigned
///                 |            |                          ^   another broker leads, or the log was opened anew, or an
///                 +------------+--------------------------+   append's outcome is not known: the log may hold records
///                                                             that the core has not, so only one that loads again may
///                                                             answer
///
/// @param <E> the core's effects
public abstract class PartitionCoordinator<E> implements CoordinatorLog.Replay {
    /// Answers to all members of a large group are thousands.
    private static final int EFFECTS_PER_TURN = 500;
    /// Requests that waited for the log to be loaded; of more, the others are given to the core in turns that follow.
    private static final int EARLY_PER_TURN = 500;
    /// Requests that wait for the log to be loaded; one more is refused.
    private static final int MAX_EARLY = 10_000;
    /// How long they wait before they are told to come back.
    private static final int EARLY_WAIT_MS = 5_000;

    protected final Loop loop;
    protected final CoordinatorLog log;
    private final Deque<Early> early = new ArrayDeque<>();
    private final Deque<E> effects = new ArrayDeque<>();
    private boolean performing = false;
    /// What is left of the effects is performed in a later turn, and what follows behind it.
    private boolean interrupted = false;
    private Life life = Life.LOADING;
    private Loop.@Nullable Timer timer;
    private long timerAtMs = Long.MAX_VALUE;

    private enum Life { LOADING, STARTING, LEADING, RESIGNED }

    protected PartitionCoordinator(Loop loop, CoordinatorLog log) {
        this.loop = loop;
        this.log = log;
    }

    // ---- the core

    /// The log is taken in, by [#record] and [#marker]: goes on with a part of what that has left to do. What follows
    /// from it may come back meanwhile, and markers, but no request.
    ///
    /// @return whether there is more to do, in another turn
    protected abstract boolean start(long nowMs, Consumer<E> out);

    /// When [#tick] has something to do; `Long.MAX_VALUE` for never.
    protected abstract long nextDeadlineMs();

    protected abstract void tick(long nowMs, Consumer<E> out);

    protected abstract void perform(E effect);

    /// The effect is not performed, since this coordinator has resigned. What others count on has to be seen to.
    protected void dropped(E effect) {
        // As a rule nobody else does.
    }

    /// This coordinator has resigned: whoever still waits for its core is told so.
    protected abstract void refuseAll(ErrorCode error);

    /// Something happened, now.
    protected interface Step<E> {
        void at(long nowMs, Consumer<E> out);
    }

    protected final void step(Step<E> step) {
        step.at(loop.nowMs(), effects::addLast);
        if (!performing && !interrupted) {
            performAll();
        }
    }

    private void performAll() {
        performing = true;
        try {
            for (int left = EFFECTS_PER_TURN; left > 0 && !effects.isEmpty(); left--) {
                perform(effects.removeFirst());
            }
        } finally {
            performing = false;
        }
        if (effects.isEmpty()) {
            armTimer();
        } else {
            interrupted = true;
            loop.later(() -> {
                interrupted = false;
                if (isLeading()) {
                    performAll();
                }
            });
        }
    }

    // ---- life

    /// This broker leads the log's partition: takes the log in and begins. Once.
    public void elected() {
        log.load(this, () -> {
            if (life == Life.LOADING) {
                life = Life.STARTING;
                goOnStarting();
            }
        });
    }

    private void goOnStarting() {
        if (life != Life.STARTING) {
            return;
        }
        boolean[] more = new boolean[1];
        step((nowMs, out) -> more[0] = start(nowMs, out));
        if (more[0]) {
            loop.later(this::goOnStarting);
        } else if (life == Life.STARTING) {
            life = Life.LEADING;
            letEarlyIn();
        }
    }

    private void letEarlyIn() {
        for (int left = EARLY_PER_TURN; left > 0 && life == Life.LEADING && !early.isEmpty(); left--) {
            Early first = early.removeFirst();
            first.patience().cancel();
            first.task().run();
        }
        if (life == Life.LEADING && !early.isEmpty()) {
            loop.later(this::letEarlyIn);
        }
    }

    /// NONE, or why this coordinator cannot be asked now.
    public final ErrorCode availability() {
        return switch (life) {
            case LOADING, STARTING -> ErrorCode.COORDINATOR_LOAD_IN_PROGRESS;
            case LEADING -> ErrorCode.NONE;
            case RESIGNED -> ErrorCode.NOT_COORDINATOR;
        };
    }

    /// Whether the core has the log, and is told of what follows.
    protected final boolean isLeading() {
        return life == Life.STARTING || life == Life.LEADING;
    }

    /// Runs the task when the log is loaded, or refuses it with why not. On this loop.
    public final void whenReady(Runnable task, Consumer<ErrorCode> refuse) {
        if (life == Life.LEADING && early.isEmpty()) {
            task.run();
        } else if (life != Life.RESIGNED && early.size() < MAX_EARLY) {
            early.addLast(new Early(task, refuse, loop.schedule(EARLY_WAIT_MS, this::giveUpOldest)));
        } else {
            refuse.accept(life == Life.RESIGNED
                    ? ErrorCode.NOT_COORDINATOR : ErrorCode.COORDINATOR_LOAD_IN_PROGRESS);
        }
    }

    /// All wait equally long, so the timer that fires is the oldest one's.
    private void giveUpOldest() {
        early.removeFirst().refuse().accept(ErrorCode.COORDINATOR_LOAD_IN_PROGRESS);
    }

    /// It knows no more than anybody else from here on, and changes nothing: whoever waits is sent to its successor.
    final void resigned() {
        if (life == Life.RESIGNED) {
            return;
        }
        life = Life.RESIGNED;
        List<E> left = List.copyOf(effects);
        effects.clear();
        if (timer != null) {
            timer.cancel();
        }
        while (!early.isEmpty()) {
            Early first = early.removeFirst();
            first.patience().cancel();
            first.refuse().accept(ErrorCode.NOT_COORDINATOR);
        }
        refuseAll(ErrorCode.NOT_COORDINATOR);
        left.forEach(this::dropped);
    }

    // ---- append

    /// One of the two is told, and neither after this coordinator has resigned.
    ///
    /// @param stamp of records that belong to a transaction, else null
    /// @param committed gets the offset of the first record
    /// @param failed gets what that means to whoever asked
    protected final void append(
            List<KeyValue> records, @Nullable ProducerStamp stamp, LongConsumer committed, Consumer<ErrorCode> failed) {
        log.append(records, stamp, result -> {
            if (life == Life.RESIGNED) {
                return;
            }
            switch (result) {
                case Appending.Committed done -> committed.accept(done.baseOffset());
                case Appending.Failed not -> {
                    ErrorCode told = told(not.error(), stamp != null);
                    if (told == ErrorCode.NOT_COORDINATOR) {
                        resigned();
                    } else {
                        failed.accept(told);
                    }
                }
            }
        });
    }

    /// After NOT_COORDINATOR nobody here knows what the log holds.
    private static ErrorCode told(ErrorCode error, boolean stamped) {
        return switch (error) {
            case NOT_ENOUGH_REPLICAS, UNKNOWN_TOPIC_OR_PARTITION, COORDINATOR_NOT_AVAILABLE ->
                ErrorCode.COORDINATOR_NOT_AVAILABLE;
            case MESSAGE_TOO_LARGE, RECORD_LIST_TOO_LARGE -> ErrorCode.UNKNOWN_SERVER_ERROR;
            case INVALID_TXN_STATE, INVALID_PRODUCER_EPOCH, OUT_OF_ORDER_SEQUENCE_NUMBER ->
                stamped ? error : ErrorCode.NOT_COORDINATOR;
            default -> ErrorCode.NOT_COORDINATOR;
        };
    }

    // ---- time

    private void armTimer() {
        long dueMs = nextDeadlineMs();
        if (dueMs == timerAtMs || life == Life.RESIGNED) {
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
        step(this::tick);
    }

    private record Early(Runnable task, Consumer<ErrorCode> refuse, Loop.Timer patience) {}
}

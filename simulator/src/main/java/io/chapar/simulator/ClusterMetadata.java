package io.chapar.simulator;

import io.chapar.broker.metadata.ClusterImage;
import io.chapar.broker.metadata.ControllerCore;
import io.chapar.broker.metadata.MetadataCommand;
import io.chapar.broker.metadata.MetadataLog;
import io.chapar.broker.metadata.MetadataRecord;
import io.chapar.broker.metadata.quorum.Gate;
import io.chapar.broker.metadata.quorum.QuorumRole;
import io.chapar.broker.runtime.Loop;
import io.chapar.protocol.ErrorCode;
import org.jspecify.annotations.Nullable;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/// A [SimulatedMetadataLog] as one life of one broker knows it; and what that broker does while it is the controller.
final class ClusterMetadata implements MetadataLog {
    private static final long AGAIN_US = 20_000;
    private static final long LATENCY_US = 2_000;
    private static final String PROMISE = "All brokers of a cluster go through the same images";

    private final SimulatedMetadataLog log;
    private final SimulatedBroker broker;
    private final BrokerLoop loop;
    private final List<ChangeListener> listeners = new ArrayList<>();
    private final List<Consumer<QuorumRole>> roleListeners = new ArrayList<>();
    private QuorumRole role;
    private Gate gate = Gate.OPEN;
    private int applied;
    private ClusterImage image;
    // ---- as the controller
    private final ArrayDeque<Wish<?>> queue = new ArrayDeque<>();
    /// The number of the entry that is on its way; 0 for none.
    private long underWay;
    private List<Decided<?>> decided = List.of();

    /// @param applied how many entries the image has in it
    ClusterMetadata(SimulatedMetadataLog log, SimulatedBroker broker, BrokerLoop loop, int applied,
            ClusterImage image) {
        this.log = log;
        this.broker = broker;
        this.loop = loop;
        this.applied = applied;
        this.image = image;
        role = log.roleOf(this);
    }

    int node() {
        return broker.nodeId();
    }

    SimulatedBroker broker() {
        return broker;
    }

    int applied() {
        return applied;
    }

    private boolean isOver() {
        return loop.isDead();
    }

    @Override
    public ClusterImage image() {
        return image;
    }

    @Override
    public void onChange(ChangeListener listener) {
        listeners.add(listener);
    }

    @Override
    public @Nullable String trouble() {
        return null;
    }

    // ---- who decides, as far as is known here

    void onRole(Consumer<QuorumRole> listener) {
        roleListeners.add(listener);
    }

    QuorumRole role() {
        return role;
    }

    /// What is not decided for now.
    void gate(Gate closed) {
        gate = closed;
    }

    /// It is told who decides, which may have changed.
    void hearsRole() {
        loop.execute(() -> {
            QuorumRole now = log.roleOf(this);
            if (!now.equals(role)) {
                role = now;
                roleListeners.forEach(listener -> listener.accept(now));
            }
        });
    }

    // ---- applying

    /// News of the first so many entries have come.
    void hears(int count) {
        loop.execute(() -> applyUpTo(count));
    }

    private void applyUpTo(int count) {
        while (applied < count) {
            MetadataEntry entry = log.entry(++applied);
            ClusterImage.Step change = entry.on(image);
            if (change != null && !entry.records().isEmpty()) {
                ClusterImage before = image;
                image = change.after();
                listeners.forEach(each -> each.changed(before, change.after(), change.delta()));
            }
            if (!image.equals(log.image(applied))) {
                log.world().broken(PROMISE, broker.name() + " has " + image + " after entry " + applied
                        + ", which was decided on " + entry.base() + ", and it is " + log.image(applied));
            }
            if (log.number(applied) == underWay) {
                decidedIsIn(change != null);
            }
        }
    }

    // ---- proposing

    /// A command on its way, at the broker that asks.
    private final class Wish<R> {
        private final MetadataCommand<R> command;
        private final boolean isOrder;
        private final Loop replyOn;
        private final Consumer<Proposed<R>> done;
        private final long deadlineMs;
        private boolean isSent;
        private boolean isAnswered;

        Wish(MetadataCommand<R> command, boolean isOrder, Loop replyOn, Consumer<Proposed<R>> done,
                long deadlineMs) {
            this.command = command;
            this.isOrder = isOrder;
            this.replyOn = replyOn;
            this.done = done;
            this.deadlineMs = deadlineMs;
        }

        void answer(Proposed<R> how) {
            if (!isAnswered) {
                isAnswered = true;
                replyOn.execute(() -> done.accept(how));
            }
        }

        void refused(Refused<?> how) {
            answer(new Refused<>(how.error(), how.reason()));
        }

        boolean isLate() {
            return deadlineMs < loop.nowMs();
        }

        void late() {
            answer(isSent
                    ? new Unknown<>(ErrorCode.REQUEST_TIMED_OUT, "The controller has not told in time.")
                    : new Refused<>(ErrorCode.REQUEST_TIMED_OUT, "There was no controller in time."));
        }

        /// What is known not to have been decided, and not to be.
        void again() {
            isSent = false;
            log.world().in(1 + log.random().nextLong(AGAIN_US), this::send);
        }

        void send() {
            if (isAnswered || isOver()) {
                return;
            }
            ClusterMetadata there = log.controllerToAsk();
            if (there == null || there.isOver() || log.peers().isCut(node(), there.node())) {
                again();
                return;
            }
            isSent = true;
            log.world().in(log.random().nextLong(LATENCY_US), () -> there.loop.execute(() -> there.take(this)));
        }

        /// What the controller `from` says arrives, unless its way is cut or the answer is lost.
        void told(ClusterMetadata from, Runnable what) {
            if (log.peers().isCut(from.node(), node()) || log.losesAnswer()) {
                log.faults().count("answer of the controller lost");
            } else {
                log.world().in(log.random().nextLong(LATENCY_US), () -> loop.execute(what));
            }
        }

        void committed(R result, int count) {
            applyUpTo(count);
            if (result instanceof MetadataCommand.ProducerIdBlock block && !isAnswered) {
                log.gave(block);
            }
            answer(new Committed<>(result));
        }
    }

    @Override
    public <R> void propose(MetadataCommand<R> command, long deadlineMs, Loop replyOn, Consumer<Proposed<R>> done) {
        Wish<R> wish = new Wish<>(command, false, replyOn, done, deadlineMs);
        var _ = loop.schedule(Math.max(0, deadlineMs - loop.nowMs()), wish::late);
        if (wish.isLate()) {
            wish.late();
            return;
        }
        SimulatedMetadataLog.Held held = log.held(command);
        if (held == null) {
            wish.send();
        } else {
            await(wish, held);
        }
    }

    private void await(Wish<?> wish, SimulatedMetadataLog.Held held) {
        log.world().in(AGAIN_US, () -> {
            if (!held.until().getAsBoolean()) {
                await(wish, held);
            } else if (held.isLost()) {
                wish.answer(new Unknown<>(ErrorCode.REQUEST_TIMED_OUT, "It was lost on its way."));
            } else {
                wish.send();
            }
        });
    }

    /// What nobody waits for, and no gate keeps from being decided.
    <R> void order(MetadataCommand<R> command) {
        loop.execute(() -> new Wish<>(command, true, loop, _ -> { }, loop.nowMs() + TIMEOUT_MS).send());
    }

    // ---- deciding

    private record Decided<R>(Wish<R> wish, R result) {
        void committed(ClusterMetadata by, int count) {
            wish.told(by, () -> wish.committed(result, count));
        }
    }

    private void take(Wish<?> wish) {
        if (!log.decides(this)) {
            wish.told(this, wish::again);
            return;
        }
        queue.add(wish);
        decideAll();
    }

    /// Decides what has come on the image that is known here, into one entry; the next when that is in the order.
    private void decideAll() {
        if (underWay != 0 || queue.isEmpty()) {
            return;
        }
        ClusterImage after = image;
        List<MetadataRecord> records = new ArrayList<>();
        List<Decided<?>> all = new ArrayList<>();
        while (!queue.isEmpty()) {
            Wish<?> wish = queue.poll();
            if (wish.isLate()) {
                log.faults().count("command came to the controller too late");
                continue;
            }
            Refused<?> refusal = wish.isOrder ? null : gate.refusal(wish.command);
            if (refusal != null) {
                log.faults().count("command not decided by this controller");
                wish.told(this, () -> wish.refused(refusal));
                continue;
            }
            after = decide(wish, after, records, all);
        }
        if (all.isEmpty()) {
            return;
        }
        decided = all;
        underWay = log.submit(this, new MetadataEntry(image.version(), records));
    }

    private <R> ClusterImage decide(Wish<R> wish, ClusterImage on, List<MetadataRecord> records,
            List<Decided<?>> all) {
        ControllerCore.Decision<R> decision = log.core().decide(wish.command, on);
        records.addAll(decision.records());
        all.add(new Decided<>(wish, decision.result()));
        return on.apply(decision.records());
    }

    private void decidedIsIn(boolean applies) {
        List<Decided<?>> all = decided;
        underWay = 0;
        decided = List.of();
        if (applies) {
            all.forEach(one -> one.committed(this, applied));
        } else {
            all.forEach(one -> one.wish().told(this, one.wish()::again));
        }
        decideAll();
    }

    /// It will never be in the order; nobody can know.
    void lost(long entry) {
        if (entry == underWay) {
            underWay = 0;
            decided = List.of();
        }
    }

    /// Somebody else decides. What has come and is not decided is asked of them.
    void deposed() {
        List<Wish<?>> left = List.copyOf(queue);
        queue.clear();
        left.forEach(wish -> wish.told(this, wish::again));
    }
}

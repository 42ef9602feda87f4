package io.chapar.broker.metadata;

import io.chapar.broker.metadata.ControllerCore.Decision;
import io.chapar.broker.runtime.Loop;
import io.chapar.protocol.ErrorCode;
import org.jspecify.annotations.Nullable;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;

/// One metadata log for all brokers of a cluster that lives in one thread: decisions have one order, and come to each
/// broker in that order, to each at its own time.
public final class SharedMetadata {
    private final ControllerCore core;
    private final Random random;
    private final long slowestMs;
    private final List<View> views = new ArrayList<>();
    private ClusterImage image = ClusterImage.EMPTY;
    private int answersToLose;
    private @Nullable MetadataQuorum quorum;

    /// @param slowestMs how far behind a broker may be
    public SharedMetadata(Random random, long slowestMs, TopicRules rules) {
        core = new ControllerCore(random, rules);
        this.random = random;
        this.slowestMs = slowestMs;
    }

    /// The answers to the next so many commands do not arrive: these are decided all the same.
    public void loseAnswers(int count) {
        answersToLose = count;
    }

    /// Who is said to vote, at all of them.
    public void quorum(@Nullable MetadataQuorum is) {
        quorum = is;
    }

    /// What has been decided.
    public ClusterImage decided() {
        return image;
    }

    /// The log as one life of a broker sees it, from what is decided now.
    public View open(Loop loop) {
        View view = new View(loop);
        views.add(view);
        return view;
    }

    private record Change(ClusterImage before, ClusterImage after, ClusterDelta delta) {}

    private <R> R decide(MetadataCommand<R> command) {
        Decision<R> decision = core.decide(command, image);
        if (!decision.records().isEmpty()) {
            ClusterImage.Builder builder = new ClusterImage.Builder(image);
            decision.records().forEach(builder::apply);
            Change change = new Change(image, builder.build(), builder.delta());
            image = change.after();
            views.forEach(view -> view.comes(change));
        }
        return decision.result();
    }

    /// What one life of one broker knows.
    public final class View implements MetadataLog {
        private final Loop loop;
        private final List<ChangeListener> listeners = new ArrayList<>();
        private final ArrayDeque<Change> underWay = new ArrayDeque<>();
        private ClusterImage known = image;
        private boolean cutOff;

        private View(Loop loop) {
            this.loop = loop;
        }

        /// Its broker is dead.
        public void close() {
            views.remove(this);
        }

        /// Nothing comes from the others, and nothing gets to them, or that is over.
        public void cutOff(boolean is) {
            cutOff = is;
            if (!is && !underWay.isEmpty()) {
                long version = underWay.peekLast().after().version();
                loop.schedule(0, () -> catchUp(version));
            }
        }

        private void comes(Change change) {
            underWay.add(change);
            loop.schedule(slowestMs == 0 ? 0 : random.nextLong(slowestMs + 1), () -> catchUp(change.after().version()));
        }

        private void catchUp(long version) {
            while (!cutOff && !underWay.isEmpty() && underWay.peek().after().version() <= version) {
                Change change = underWay.poll();
                known = change.after();
                listeners.forEach(listener -> listener.changed(change.before(), change.after(), change.delta()));
            }
        }

        @Override
        public ClusterImage image() {
            return known;
        }

        @Override
        public int controller() {
            return quorum == null ? MetadataQuorum.NOBODY : quorum.leader();
        }

        @Override
        public @Nullable MetadataQuorum quorum() {
            return quorum;
        }

        @Override
        public <R> void propose(
                MetadataCommand<R> command, long deadlineMs, Loop replyOn, Consumer<Proposed<R>> done) {
            loop.execute(() -> {
                if (deadlineMs < loop.nowMs()) {
                    replyOn.run(() -> done.accept(new Refused<>(ErrorCode.REQUEST_TIMED_OUT, "late")));
                    return;
                }
                if (cutOff) {
                    giveUp(deadlineMs, replyOn, done);
                    return;
                }
                R result = decide(command);
                long version = image.version();
                if (answersToLose > 0) {
                    answersToLose--;
                    giveUp(deadlineMs, replyOn, done);
                    return;
                }
                loop.schedule(0, () -> {
                    catchUp(version);
                    if (cutOff) {
                        giveUp(deadlineMs, replyOn, done);
                    } else {
                        replyOn.run(() -> done.accept(new Committed<>(result)));
                    }
                });
            });
        }

        private <R> void giveUp(long deadlineMs, Loop replyOn, Consumer<Proposed<R>> done) {
            loop.schedule(Math.max(0, deadlineMs - loop.nowMs()), () -> replyOn.run(() ->
                    done.accept(new Unknown<>(ErrorCode.REQUEST_TIMED_OUT, "no answer came"))));
        }

        @Override
        public void onChange(ChangeListener listener) {
            listeners.add(listener);
        }

        @Override
        public @Nullable String trouble() {
            return null;
        }
    }
}

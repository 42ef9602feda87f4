package io.chapar.broker.metadata.quorum;

import io.chapar.broker.metadata.ClusterDelta;
import io.chapar.broker.metadata.ClusterImage;
import io.chapar.broker.metadata.CommandCodec;
import io.chapar.broker.metadata.ControllerCore;
import io.chapar.broker.metadata.MetadataCommand;
import io.chapar.broker.metadata.MetadataLog;
import io.chapar.broker.metadata.MetadataQuorum;
import io.chapar.broker.metadata.quorum.ControllerLink.Answered;
import io.chapar.broker.metadata.quorum.ControllerLink.Ended;
import io.chapar.broker.metadata.quorum.ControllerLink.NotKnown;
import io.chapar.broker.metadata.quorum.ControllerLink.NotSent;
import io.chapar.broker.metadata.quorum.ControllerLink.TooLarge;
import io.chapar.broker.metadata.quorum.QuorumEffect.Answer;
import io.chapar.broker.metadata.quorum.QuorumEffect.Forward;
import io.chapar.broker.metadata.quorum.QuorumEffect.Submit;
import io.chapar.broker.runtime.Loop;
import io.chapar.broker.runtime.WakeUp;
import io.chapar.protocol.ErrorCode;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/// The metadata of a cluster as one of its brokers has them: of a voter ([QuorumMetadataLog]), or of one that is told
/// by voters ([FedMetadataLog]). What is done with wishes, [QuorumCore] says; here are the loop that owns it, and the
/// link to the broker that decides. Where entries come from is the subclass's.
public abstract sealed class ClusterLog implements MetadataLog permits QuorumMetadataLog, FedMetadataLog {
    private static final String NO_CONTROLLER = "no majority of the metadata quorum agrees on a leader at present";

    /// Whoever wants to know who decides. On the log's loop.
    public interface RoleListener {
        void changed(QuorumRole role);
    }

    private final int node;
    private final Loop loop;
    private final ControllerLink link;
    private final QuorumCore core;
    private final List<ChangeListener> listeners = new ArrayList<>();
    private final List<RoleListener> roleListeners = new ArrayList<>();
    private final Map<Long, Ticket> tickets = new HashMap<>();

    private volatile ClusterImage image = ClusterImage.EMPTY;
    private volatile @Nullable String trouble = NO_CONTROLLER;
    private volatile boolean closed;
    private volatile int controller = MetadataQuorum.NOBODY;
    private long lastTicket;
    private final WakeUp wakeUp;

    /// Whom to tell how it ended.
    private interface Ticket {
        void ended(QuorumOutcome outcome);
    }

    /// @param node of the broker whose log it is
    /// @param proposer drawn anew for each life
    ClusterLog(int node, long proposer, Loop loop, ControllerCore controller, ControllerLink link) {
        this.node = node;
        this.loop = loop;
        this.link = link;
        core = new QuorumCore(controller, proposer, QuorumState.EMPTY, this::perform);
        wakeUp = new WakeUp(loop, () -> onLoop(() -> core.tick(loop.nowMs())));
    }

    // ---- of the subclasses

    /// Puts the entry into the log; [#notSubmitted] when it does not come to that. On the loop.
    abstract void submit(long submission, ByteBuffer entry);

    /// Lets another voter decide where this one does, so that the others need not find out first that it is gone.
    /// Blocks for so long at most; on any thread but the loop's.
    ///
    /// Whether this one decided, and does not any more.
    public abstract boolean handOver(long withinMs);

    /// Follows no longer; commands that are still waiting stay unanswered. Blocks; on any thread but the loop's.
    public abstract void close() throws IOException;

    // ---- for anybody

    @Override
    public ClusterImage image() {
        return image;
    }

    @Override
    public @Nullable String trouble() {
        return trouble;
    }

    @Override
    public int controller() {
        return controller;
    }

    @Override
    public void onChange(ChangeListener listener) {
        listeners.add(listener);
    }

    /// On the loop.
    public void onRole(RoleListener listener) {
        roleListeners.add(listener);
    }

    /// What this broker asks before it decides, should it be the controller. On the loop, before which it decides all.
    public void gate(Gate gate) {
        core.gate(gate);
    }

    /// Who decides, as far as is known here. On the loop.
    public QuorumRole role() {
        return core.role();
    }

    @Override
    public <R> void propose(MetadataCommand<R> command, long deadlineMs, Loop replyOn, Consumer<Proposed<R>> done) {
        onLoop(() -> {
            long ticket = ++lastTicket;
            tickets.put(ticket, outcome -> {
                Proposed<R> proposed = proposed(command, outcome);
                replyOn.run(() -> done.accept(proposed));
            });
            core.propose(ticket, command, deadlineMs, loop.nowMs());
        });
    }

    private static <R> Proposed<R> proposed(MetadataCommand<R> command, QuorumOutcome outcome) {
        return switch (outcome) {
            case QuorumOutcome.Done(_, ByteBuffer answer) -> {
                try {
                    yield new Committed<>(CommandCodec.decodeAnswer(command, answer));
                } catch (IOException e) {
                    yield new Unknown<>(ErrorCode.UNKNOWN_SERVER_ERROR,
                            "It was done, and the answer cannot be read: " + e.getMessage() + ".");
                }
            }
            case QuorumOutcome.Refused(ErrorCode error, String reason) -> new Refused<>(error, reason);
            case QuorumOutcome.Unknown(ErrorCode error, String reason) -> new Unknown<>(error, reason);
            case QuorumOutcome.Elsewhere _ -> throw new IllegalStateException("told to a proposer");
        };
    }

    /// A wish that another broker hands over. On any thread; the answer comes on the loop, once.
    ///
    /// Throws [IOException] when the bytes are no proposal.
    public void handedOver(ByteBuffer proposal, long remainingMs, Consumer<ByteBuffer> answer) throws IOException {
        Proposal decoded = LinkCodec.decodeProposal(proposal);
        onLoop(() -> {
            long ticket = ++lastTicket;
            tickets.put(ticket, outcome -> answer.accept(LinkCodec.encode(outcome)));
            core.handedOver(ticket, decoded, loop.nowMs() + Math.clamp(remainingMs, 0, TIMEOUT_MS * 4), loop.nowMs());
        });
    }

    final void onLoop(Runnable step) {
        loop.run(() -> {
            if (!closed) {
                step.run();
                wakeUp.at(core.nextMs());
            }
        });
    }

    // ---- effects

    private void perform(QuorumEffect effect) {
        switch (effect) {
            case Submit(long submission, _, ByteBuffer encoded) -> submit(submission, encoded);
            case Forward(long attempt, int controller, Proposal proposal, long remainingMs) -> link.handOver(
                    controller, LinkCodec.encode(proposal), remainingMs, loop,
                    ended -> onLoop(() -> core.forwarded(attempt, outcome(ended), loop.nowMs())));
            case Answer(long ticket, QuorumOutcome outcome) -> {
                Ticket ended = tickets.remove(ticket);
                if (ended == null) {
                    throw new IllegalStateException("ticket " + ticket + " has ended twice");
                }
                ended.ended(outcome);
            }
        }
    }

    private static @Nullable QuorumOutcome outcome(Ended ended) {
        return switch (ended) {
            case Answered(ByteBuffer answer) -> {
                try {
                    yield LinkCodec.decodeOutcome(answer);
                } catch (IOException e) {
                    yield new QuorumOutcome.Unknown(ErrorCode.UNKNOWN_SERVER_ERROR, "The controller's answer: " + e);
                }
            }
            case NotSent _ -> null;
            case TooLarge(int mostBytes) -> new QuorumOutcome.Refused(ErrorCode.POLICY_VIOLATION,
                    "Nothing was done: the controller is told of a change of " + mostBytes + " bytes at most.");
            case NotKnown _ -> new QuorumOutcome.Unknown(
                    ErrorCode.NETWORK_EXCEPTION, "The connection to the controller was lost.");
        };
    }

    // ---- what the subclasses learn, on the loop

    final void notSubmitted(long submission, boolean isSure) {
        core.notSubmitted(submission, isSure, loop.nowMs());
    }

    final void applied(QuorumEntry entry, QuorumState.Applied applied) {
        ClusterDelta delta = applied.delta();
        if (delta != null && applied.after().image().version() != image.version()) {
            publish(applied.after().image(), delta);
        }
        core.applied(entry, applied, loop.nowMs());
    }

    final void restored(QuorumState state) {
        ClusterImage after = state.image();
        if (after.version() > image.version() || (after.version() == image.version() && !after.equals(image))) {
            publish(after, ClusterDelta.between(image, after));
        }
        core.restored(state, loop.nowMs());
    }

    private void publish(ClusterImage after, ClusterDelta delta) {
        ClusterImage before = image;
        image = after;
        listeners.forEach(listener -> listener.changed(before, after, delta));
    }

    final void changeRole(QuorumRole role) {
        if (role.equals(core.role())) {
            return;
        }
        core.role(role, loop.nowMs());
        controller = switch (role) {
            case QuorumRole.Controls _ -> node;
            case QuorumRole.Follows(int other) -> other;
            case QuorumRole.NoController _ -> MetadataQuorum.NOBODY;
        };
        String before = trouble;
        if (before == null || before.equals(NO_CONTROLLER)) {
            trouble = role instanceof QuorumRole.NoController ? NO_CONTROLLER : null;
        }
        roleListeners.forEach(listener -> listener.changed(role));
    }

    /// Until it is found otherwise.
    final void halt(String why) {
        trouble = why;
    }

    final QuorumState state() {
        return core.state();
    }

    final int node() {
        return node;
    }

    final Loop loop() {
        return loop;
    }

    final boolean isClosed() {
        return closed;
    }

    final void end() {
        closed = true;
    }
}

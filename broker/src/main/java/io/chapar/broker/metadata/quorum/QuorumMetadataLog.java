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
import io.chapar.broker.metadata.quorum.RatisVoter.Submitted;
import io.chapar.broker.runtime.Loop;
import io.chapar.protocol.ErrorCode;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;

/// The metadata of a cluster: a log that its voters share, put into its order by a consensus library. What is done with
/// wishes, [QuorumCore] says; here are the loop that owns it, the library, and the links to other brokers.
///
/// The library's thread that applies entries waits while too many of them have not come to the loop yet.
public final class QuorumMetadataLog implements MetadataLog {
    private static final Logger LOG = LoggerFactory.getLogger(QuorumMetadataLog.class);
    /// Entries that are applied and not yet seen by the loop.
    private static final int MAX_AHEAD = 64;
    /// More permits than a log that ends will ask for.
    private static final int WITHOUT_END = 1 << 30;
    /// So often the role is compared with what the library says, should a word about it have come out of order.
    private static final long COMPARE_MS = 500;
    private static final String NO_CONTROLLER = "no majority of the metadata quorum agrees on a leader at present";

    /// @param node of the broker whose log it is; one of the voters
    /// @param folder of the library alone
    /// @param proposer drawn anew for each life
    /// @param snapshotEvery so many entries
    /// @param segmentBytes the size of the log's files; those that a snapshot stands for are deleted as a whole
    public record Settings(
            Membership membership, int node, Path folder, long proposer, long snapshotEvery, int segmentBytes) {
        static final long SNAPSHOT_EVERY = 1_000;
        static final int SEGMENT_BYTES = 1 << 20;

        public Settings(Membership membership, int node, Path folder, long proposer) {
            this(membership, node, folder, proposer, SNAPSHOT_EVERY, SEGMENT_BYTES);
        }
    }

    /// Whoever wants to know who decides. On the log's loop.
    public interface RoleListener {
        void changed(QuorumRole role);
    }

    private final int node;
    private final Loop loop;
    private final ControllerLink link;
    private final RatisVoter voter;
    private final QuorumCore core;
    private final List<ChangeListener> listeners = new ArrayList<>();
    private final List<RoleListener> roleListeners = new ArrayList<>();
    private final Map<Long, Ticket> tickets = new HashMap<>();
    private final Semaphore ahead = new Semaphore(MAX_AHEAD);

    private volatile ClusterImage image = ClusterImage.EMPTY;
    private volatile @Nullable String trouble = NO_CONTROLLER;
    private volatile boolean closed;
    private volatile int controller = MetadataQuorum.NOBODY;
    private long lastTicket;
    private Loop.@Nullable Timer timer;
    private long timerMs = Long.MAX_VALUE;

    /// Whom to tell how it ended.
    private interface Ticket {
        void ended(QuorumOutcome outcome);
    }

    private QuorumMetadataLog(Settings settings, Loop loop, ControllerCore controller, ControllerLink link)
            throws IOException {
        node = settings.node();
        this.loop = loop;
        this.link = link;
        core = new QuorumCore(controller, settings.proposer(), QuorumState.EMPTY, this::perform);
        voter = RatisVoter.open(settings, new QuorumStateMachine(new Events()));
    }

    /// Reads what the folder holds and takes part in the quorum. Blocks.
    public static QuorumMetadataLog open(
            Settings settings, Loop loop, ControllerCore controller, ControllerLink link) throws IOException {
        QuorumMetadataLog log = new QuorumMetadataLog(settings, loop, controller, link);
        try {
            log.voter.start();
        } catch (IOException | RuntimeException e) {
            log.close();
            throw e;
        }
        loop.execute(log::compareRole);
        return log;
    }

    /// Lets another voter decide where this one does, so that the others need not find out first that it is gone.
    /// Blocks for so long at most; on any thread but the loop's.
    ///
    /// Whether this one decided, and does not any more.
    public boolean handOver(long withinMs) {
        try {
            return voter.handOver(withinMs);
        } catch (IOException e) {
            LOG.warn("The metadata quorum's leadership was not handed over: {}", e.getMessage());
            return false;
        }
    }

    /// Takes part no longer; commands that are still waiting stay unanswered. Blocks; on any thread but the loop's.
    public void close() throws IOException {
        closed = true;
        ahead.release(WITHOUT_END);
        voter.close();
    }

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
    public @Nullable MetadataQuorum quorum() {
        if (closed) {
            return null;
        }
        try {
            return voter.quorum();
        } catch (IOException e) {
            LOG.debug("The metadata quorum's library does not say how far the voters are", e);
            return null;
        }
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

    private void onLoop(Runnable step) {
        loop.run(() -> {
            if (!closed) {
                step.run();
                arm();
            }
        });
    }

    // ---- effects

    private void perform(QuorumEffect effect) {
        switch (effect) {
            case Submit(long submission, QuorumEntry entry) -> {
                var _ = voter.submit(entry.encode()).thenAccept(
                        ended -> loop.execute(() -> submitted(submission, ended)));
            }
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

    private void submitted(long submission, Submitted ended) {
        if (closed || !(ended instanceof Submitted.NotInLog not)) {
            return;
        }
        LOG.debug("An entry of the metadata quorum was not confirmed", not.why());
        core.notSubmitted(submission, not.isSure(), loop.nowMs());
        if (RatisVoter.isNotLeader(not)) {
            compareNow();
        }
        arm();
    }

    // ---- the library's events

    private final class Events implements QuorumStateMachine.Events {
        @Override
        public void applied(QuorumEntry entry, QuorumState.Applied applied) {
            handOn(() -> {
                ClusterDelta delta = applied.delta();
                if (delta != null) {
                    change(applied.after().image(), delta);
                }
                core.applied(entry, applied, loop.nowMs());
            });
        }

        @Override
        public void restored(QuorumState state) {
            handOn(() -> {
                if (state.image().version() > image.version()) {
                    change(state.image(), ClusterDelta.between(image, state.image()));
                }
                core.restored(state, loop.nowMs());
            });
        }

        private void handOn(Runnable event) {
            ahead.acquireUninterruptibly();
            if (closed) {
                return;
            }
            loop.execute(() -> {
                ahead.release();
                if (!closed) {
                    event.run();
                    arm();
                }
            });
        }

        @Override
        public void role(QuorumRole role) {
            loop.execute(() -> onLoop(() -> changeRole(role)));
        }

        @Override
        public void halted(Throwable cause) {
            trouble = "this broker cannot follow the metadata quorum any more (" + cause.getMessage()
                    + "); it has to be started again";
            loop.execute(() -> onLoop(() -> changeRole(new QuorumRole.NoController())));
        }
    }

    private void change(ClusterImage after, ClusterDelta delta) {
        ClusterImage before = image;
        image = after;
        if (before.version() != after.version()) {
            listeners.forEach(listener -> listener.changed(before, after, delta));
        }
    }

    private void changeRole(QuorumRole role) {
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

    /// Words of several threads of the library may overtake each other.
    private void compareRole() {
        if (!closed) {
            compareNow();
            arm();
            loop.schedule(COMPARE_MS, this::compareRole);
        }
    }

    private void compareNow() {
        try {
            changeRole(voter.role());
        } catch (IOException e) {
            LOG.debug("The metadata quorum's library does not say who leads", e);
            changeRole(new QuorumRole.NoController());
        }
    }

    private void arm() {
        long next = core.nextMs();
        if (timer != null && timerMs <= next) {
            return;
        }
        if (timer != null) {
            timer.cancel();
            timer = null;
        }
        if (next != Long.MAX_VALUE) {
            timerMs = next;
            timer = loop.schedule(Math.max(0, next - loop.nowMs()), () -> {
                timer = null;
                onLoop(() -> core.tick(loop.nowMs()));
            });
        }
    }
}

package io.chapar.broker.metadata.quorum;

import io.chapar.broker.metadata.ClusterImage;
import io.chapar.broker.metadata.ControllerCore;
import io.chapar.broker.metadata.MetadataQuorum;
import io.chapar.broker.metadata.VoterChange;
import io.chapar.broker.metadata.quorum.RatisVoter.Submitted;
import io.chapar.broker.runtime.Beat;
import io.chapar.broker.runtime.Loop;
import io.chapar.broker.runtime.WakeUp;
import io.chapar.protocol.ErrorCode;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.IntFunction;

import static java.util.Objects.requireNonNull;

/// The metadata of a cluster: a log that its voters share, put into its order by a consensus library. What is done with
/// wishes, [QuorumCore] says; here are the loop that owns it, the library, and the links to other brokers.
///
/// The library's thread that applies entries waits while too many of them have not come to the loop yet.
public final class QuorumMetadataLog extends ClusterLog {
    private static final Logger LOG = LoggerFactory.getLogger(QuorumMetadataLog.class);
    /// A file in the folder of a voter that was taken out: whatever is in it belongs to nobody any more. To vote again
    /// it has to be another one.
    public static final String REMOVED = "removed";
    /// A file in the voter's folder from the moment on when it may have voted.
    public static final String BEGAN = "began";
    /// Entries that are applied and not yet seen by the loop.
    private static final int MAX_AHEAD = 64;
    /// More permits than a log that ends will ask for.
    private static final int WITHOUT_END = 1 << 30;
    /// So long after a word about the role it is compared with what the library says, should that have come out of
    /// order, and every so often.
    private static final long COMPARE_SOON_MS = 200;
    private static final long COMPARE_MS = 1_000;
    private static final int DEAD_LOOKS = 3;
    private static final long SEED_MS = 20;
    private static final long REMOVED_MS = 500;

    /// @param here who this node is as a voter; one that the membership does not count on is let in later
    /// @param folder of the library alone
    /// @param proposer drawn anew for each life
    /// @param snapshotEvery so many entries
    /// @param segmentBytes the size of the log's files; those that a snapshot stands for are deleted as a whole
    public record Settings(
            Membership membership, Voter here, Path folder, long proposer, long snapshotEvery, int segmentBytes) {
        static final long SNAPSHOT_EVERY = 1_000;
        static final int SEGMENT_BYTES = 1 << 20;

        public Settings(Membership membership, Voter here, Path folder, long proposer) {
            this(membership, here, folder, proposer, SNAPSHOT_EVERY, SEGMENT_BYTES);
        }
    }

    /// Whoever wants to know who votes. On the log's loop; again and again, also where nothing has changed.
    public interface VotersListener {
        /// @param voters by node
        void voting(List<Voter> voters);
    }

    private final RatisVoter voter;
    private final Voter here;
    private final List<VotersListener> votersListeners = new ArrayList<>();
    private List<Voter> members = List.of();
    private boolean changing;
    private boolean isRemoved;
    private final VoterRemoval removal = new VoterRemoval();
    private IntFunction<@Nullable UUID> knocks = _ -> null;
    private Consumer<String> removed = _ -> { };
    private Consumer<String> halted = _ -> { };
    private boolean isHalted;
    /// Looks, one [#COMPARE_MS] after the other, at which the library did not take part.
    private int looksDead;
    private final Semaphore ahead = new Semaphore(MAX_AHEAD);
    private final FeedSourceCore feed;
    private final WakeUp feedDue;

    private QuorumMetadataLog(Settings settings, Loop loop, ControllerCore controller, ControllerLink link,
            ConsensusLink voters) throws IOException {
        super(settings.here().node(), settings.proposer(), loop, controller, link);
        here = settings.here();
        feed = new FeedSourceCore(settings.membership().group(), this::perform);
        feedDue = new WakeUp(loop, () -> onLoop(() -> {
            feed.tick(loop.nowMs());
            armFeed();
        }));
        onRole(_ -> feed.controller(controller(), loop.nowMs()));
        voter = RatisVoter.open(settings, new QuorumStateMachine(new Events(), here.name()), voters);
    }

    /// Reads what the folder holds and takes part in the quorum. Blocks.
    ///
    /// @param link to the controller
    /// @param voters on which the library speaks
    public static QuorumMetadataLog open(Settings settings, Loop loop, ControllerCore controller, ControllerLink link,
            ConsensusLink voters) throws IOException {
        QuorumMetadataLog log = new QuorumMetadataLog(settings, loop, controller, link, voters);
        try {
            log.voter.start();
        } catch (IOException | RuntimeException e) {
            log.close();
            throw e;
        }
        loop.execute(log::compareRole);
        return log;
    }

    @Override
    public boolean handOver(long withinMs) {
        try {
            return voter.handOver(withinMs);
        } catch (IOException e) {
            LOG.warn("The metadata quorum's leadership was not handed over: {}", e.getMessage());
            return false;
        }
    }

    @Override
    public void close() throws IOException {
        end();
        ahead.release(WITHOUT_END);
        voter.close();
    }

    @Override
    public @Nullable MetadataQuorum quorum() {
        if (isClosed()) {
            return null;
        }
        try {
            return voter.quorum();
        } catch (IOException e) {
            LOG.debug("The metadata quorum's library does not say how far the voters are", e);
            return null;
        }
    }

    /// Makes an image the beginning of this log, which nobody else votes on, and which nothing is decided on yet. From
    /// any thread. Completed when the image here is that one; at once where it is already, or is beyond it.
    public CompletableFuture<Void> seed(ClusterImage image) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        QuorumSeed seed = new QuorumSeed(image);
        loop().execute(() -> seed(seed, done));
        return done;
    }

    private void seed(QuorumSeed seed, CompletableFuture<Void> done) {
        if (isClosed()) {
            return;
        }
        QuorumEntry next = seed.next(image());
        if (next == null) {
            done.complete(null);
            return;
        }
        if (role() instanceof QuorumRole.Controls) {
            var _ = voter.submit(next.encode());
        }
        loop().schedule(SEED_MS, () -> seed(seed, done));
    }

    // ---- who votes

    /// On the loop.
    public void onVoters(VotersListener listener) {
        votersListeners.add(listener);
        compareVoters();
    }

    /// Told when this broker does not vote any more, with that as a sentence. On the loop.
    public void onRemoved(Consumer<String> listener) {
        removed = listener;
    }

    /// Told once when nothing comes from the quorum any more, as where this voter's disk is full or its folder is gone,
    /// with that as a sentence. What is known here stays as it is then, so that others must not count on this broker.
    /// On the loop.
    public void onHalted(Consumer<String> listener) {
        halted = listener;
    }

    private void halted(String cause) {
        changeRole(new QuorumRole.NoController());
        if (!isHalted && !isRemoved) {
            isHalted = true;
            halt("this broker cannot follow the metadata quorum any more (" + cause + "); it has to be started again");
            halted.accept("Broker " + here.node() + " cannot follow the metadata quorum any more: " + cause
                    + ". Mend that, and start it again.");
        }
    }

    /// One that was taken out is told so, in less than the time between two looks.
    private void lookWhetherItLives() {
        try {
            looksDead = voter.isAlive() ? 0 : looksDead + 1;
        } catch (IOException e) {
            LOG.debug("The metadata quorum's library does not say whether it takes part", e);
            looksDead++;
        }
        if (looksDead >= DEAD_LOOKS) {
            halted("the consensus library has ended, as it does where it cannot write to its folder");
        }
    }

    private void endUnlessMoreComes() {
        long before = removal.entries();
        loop().schedule(REMOVED_MS, () -> onLoop(() -> {
            switch (removal.after(before)) {
                case TAKEN_BACK -> { }
                case NOT_KNOWN -> endUnlessMoreComes();
                case FOR_GOOD -> removed();
            }
        }));
    }

    /// Whoever wished it is answered before, also where this broker decided that itself.
    private void removed() {
        if (isRemoved || isHalted) {
            return;
        }
        isRemoved = true;
        halt("this broker was taken out of the metadata quorum");
        changeRole(new QuorumRole.NoController());
        loop().schedule(REMOVED_MS, () -> removed.accept("Broker " + here.node() + " was taken out of the metadata"
                + " quorum. Start it again without it in the list of voters, or with it there to let it vote again."));
    }

    /// Lets it vote, where this broker decides and no node of this number votes. On the loop.
    public void admit(Voter joining) {
        if (role() instanceof QuorumRole.Controls && !changing && !members.isEmpty()
                && members.size() < Membership.MAX_VOTERS
                && members.stream().noneMatch(one -> one.node() == joining.node())) {
            List<Voter> more = new ArrayList<>(members);
            more.add(joining);
            LOG.info("Node {} joins the metadata quorum of {}", joining.node(), nodes(members));
            change(more, failure -> {
                if (failure == null) {
                    LOG.info("Node {} votes in the metadata quorum", joining.node());
                } else {
                    LOG.info("Node {} does not vote yet: {}", joining.node(), failure);
                }
            });
        }
    }

    /// Whose folder was heard of under that number lately, other than from a voter; null for nobody's. On the loop.
    public void knocks(IntFunction<@Nullable UUID> heard) {
        knocks = heard;
    }

    @Override
    public void change(VoterChange change, long deadlineMs, Loop replyOn, Consumer<VoterChange.Ended> done) {
        onLoop(() -> {
            AtomicBoolean ended = new AtomicBoolean();
            Consumer<VoterChange.Ended> once = how -> {
                if (ended.compareAndSet(false, true)) {
                    replyOn.run(() -> done.accept(how));
                }
            };
            Refusal refusal = refusal(change);
            if (refusal != null) {
                once.accept(new VoterChange.Ended(refusal.error(), refusal.why()));
                return;
            }
            loop().schedule(Math.max(0, deadlineMs - loop().nowMs()), () -> once.accept(new VoterChange.Ended(
                    ErrorCode.REQUEST_TIMED_OUT, "It is not known whether the voters are others by now.")));
            change(after(change), failure -> once.accept(failure == null ? VoterChange.Ended.MADE
                    : new VoterChange.Ended(ErrorCode.REQUEST_TIMED_OUT, failure)));
        });
    }

    private record Refusal(ErrorCode error, String why) {}

    private @Nullable Refusal refusal(VoterChange change) {
        compareVoters();
        int node = change.node();
        Voter known = members.stream().filter(one -> one.node() == node).findFirst().orElse(null);
        if (!(role() instanceof QuorumRole.Controls)) {
            return new Refusal(ErrorCode.NOT_LEADER_OR_FOLLOWER, "This broker does not lead the metadata quorum.");
        }
        if (changing || members.isEmpty()) {
            return new Refusal(ErrorCode.REQUEST_TIMED_OUT, "Nothing was done: another change is under way.");
        }
        return switch (change) {
            case VoterChange.Remove remove -> known == null || !known.folder().equals(remove.folder())
                    ? new Refusal(ErrorCode.VOTER_NOT_FOUND, "Node " + node + " does not vote with that folder.")
                    : members.size() == 1 ? new Refusal(ErrorCode.INVALID_REQUEST, "It is the last voter.") : null;
            case VoterChange.Add add when known != null ->
                new Refusal(ErrorCode.DUPLICATE_VOTER, "Node " + node + " votes already.");
            case VoterChange.Add add when members.size() >= Membership.MAX_VOTERS -> new Refusal(
                    ErrorCode.INVALID_REQUEST, "A metadata quorum has at most " + Membership.MAX_VOTERS + " voters.");
            case VoterChange.Add add -> folder(add) != null ? null : new Refusal(ErrorCode.INVALID_REQUEST,
                    "No node " + node + " with that folder has said that it wants to vote: start it first, with"
                    + " --quorum naming the voters and itself.");
        };
    }

    /// The one that has said that it wants to vote, where that is the one that is meant.
    private @Nullable UUID folder(VoterChange.Add add) {
        UUID heard = knocks.apply(add.node());
        return add.folder().equals(VoterChange.ANY_FOLDER) || add.folder().equals(heard) ? heard : null;
    }

    private List<Voter> after(VoterChange change) {
        List<Voter> after = new ArrayList<>(members);
        switch (change) {
            case VoterChange.Add add ->
                after.add(new Voter(add.node(), requireNonNull(folder(add), "it knocks"), add.at()));
            case VoterChange.Remove remove -> after.removeIf(one -> one.node() == remove.node());
        }
        return after;
    }

    private void change(List<Voter> to, Consumer<@Nullable String> done) {
        changing = true;
        var _ = voter.change(members, to).thenAccept(failure -> loop().execute(() -> onLoop(() -> {
            changing = false;
            compareVoters();
            done.accept(failure == null ? null : RatisVoter.notChanged(failure));
        })));
    }

    private static List<Integer> nodes(List<Voter> voters) {
        return voters.stream().map(Voter::node).toList();
    }

    private void compareVoters() {
        try {
            List<Voter> now = voter.members();
            members = now;
            votersListeners.forEach(listener -> listener.voting(now));
        } catch (IOException e) {
            LOG.debug("The metadata quorum's library does not say who votes", e);
        }
    }

    @Override
    public void gone(int node) {
        Voter leader = members.stream().filter(one -> one.node() == node).findFirst().orElse(null);
        if (leader != null && isLedBy(node) && members.stream().anyMatch(one -> one.node() == node())) {
            loop().schedule(Succession.waitMs(members, node(), node), () -> {
                if (!isClosed() && isLedBy(node)) {
                    Thread.startVirtualThread(() -> voter.standInPlaceOf(leader));
                }
            });
        }
    }

    private boolean isLedBy(int node) {
        return role() instanceof QuorumRole.Follows(int leader) && leader == node;
    }

    @Override
    void submit(long submission, ByteBuffer entry) {
        var _ = voter.submit(entry).thenAccept(
                ended -> loop().execute(() -> onLoop(() -> submitted(submission, ended))));
    }

    private void submitted(long submission, Submitted ended) {
        if (ended instanceof Submitted.NotInLog not) {
            LOG.debug("An entry of the metadata quorum was not confirmed", not.why());
            notSubmitted(submission, not.isSure());
            if (RatisVoter.isNotLeader(not)) {
                compareNow();
            }
        }
    }

    /// What a broker that does not vote asks. On any thread; the answer comes on the loop, once, or never.
    ///
    /// Throws [IOException] when the bytes ask nothing.
    public void fed(ByteBuffer ask, long remainingMs, Consumer<ByteBuffer> answer) throws IOException {
        FeedAsk decoded = FeedCodec.decodeAsk(ask);
        onLoop(() -> {
            long now = loop().nowMs();
            feed.asked(answer, decoded, now + Math.clamp(remainingMs, 0, FeedSourceCore.WAIT_MS), now);
            armFeed();
        });
    }

    private void perform(FeedSourceCore.Effect effect) {
        switch (effect) {
            case FeedSourceCore.Tell(Consumer<ByteBuffer> answer, ByteBuffer told) -> answer.accept(told);
            case FeedSourceCore.Encode(QuorumState state) -> encode(state);
            case FeedSourceCore.TooLarge(int bytes) -> LOG.error("The image of the cluster has {} bytes, more than the"
                    + " {} of a snapshot: a broker that does not vote and is behind does not get on",
                    bytes, QuorumState.MAX_SNAPSHOT_BYTES);
        }
    }

    private void encode(QuorumState state) {
        ByteBuffer[] made = new ByteBuffer[1];
        loop().aside(
                () -> made[0] = state.snapshot(),
                () -> onLoop(() -> {
                    feed.encoded(state.image().version(), made[0], loop().nowMs());
                    armFeed();
                }));
    }

    private void armFeed() {
        feedDue.at(feed.nextMs());
    }

    // ---- the library's events

    private final class Events implements QuorumStateMachine.Events {
        @Override
        public void applied(QuorumEntry entry, ByteBuffer encoded, QuorumState.Applied applied) {
            handOn(() -> {
                removal.applied();
                QuorumMetadataLog.this.applied(entry, applied);
                feed.applied(encoded, entry.base(), applied.after(), loop().nowMs());
            });
        }

        @Override
        public void restored(QuorumState state) {
            handOn(() -> {
                QuorumMetadataLog.this.restored(state);
                feed.restored(state, loop().nowMs());
            });
        }

        private void handOn(Runnable event) {
            ahead.acquireUninterruptibly();
            if (!isClosed()) {
                loop().execute(() -> {
                    ahead.release();
                    onLoop(event);
                });
            }
        }

        @Override
        public void role(QuorumRole role) {
            loop().execute(() -> onLoop(() -> {
                changeRole(role);
                loop().schedule(COMPARE_SOON_MS, () -> onLoop(QuorumMetadataLog.this::compareNow));
            }));
        }

        @Override
        public void counted(boolean votes) {
            loop().execute(() -> onLoop(() -> {
                if (removal.counted(votes)) {
                    endUnlessMoreComes();
                }
            }));
        }

        @Override
        public void endedByOthers() {
            loop().execute(() -> onLoop(QuorumMetadataLog.this::removed));
        }

        @Override
        public void halted(Throwable cause) {
            loop().execute(() -> onLoop(() -> QuorumMetadataLog.this.halted(String.valueOf(cause.getMessage()))));
        }
    }

    private void compareRole() {
        onLoop(() -> {
            compareNow();
            compareVoters();
            lookWhetherItLives();
        });
        if (!isClosed()) {
            long nowMs = loop().nowMs();
            loop().schedule(Beat.before(nowMs + COMPARE_MS, nowMs) - nowMs, this::compareRole);
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
}

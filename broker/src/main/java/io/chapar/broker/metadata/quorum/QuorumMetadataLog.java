package io.chapar.broker.metadata.quorum;

import io.chapar.broker.metadata.ControllerCore;
import io.chapar.broker.metadata.MetadataQuorum;
import io.chapar.broker.metadata.quorum.RatisVoter.Submitted;
import io.chapar.broker.runtime.Loop;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;

/// The metadata of a cluster: a log that its voters share, put into its order by a consensus library. What is done with
/// wishes, [QuorumCore] says; here are the loop that owns it, the library, and the links to other brokers.
///
/// The library's thread that applies entries waits while too many of them have not come to the loop yet.
public final class QuorumMetadataLog extends ClusterLog {
    private static final Logger LOG = LoggerFactory.getLogger(QuorumMetadataLog.class);
    /// Entries that are applied and not yet seen by the loop.
    private static final int MAX_AHEAD = 64;
    /// More permits than a log that ends will ask for.
    private static final int WITHOUT_END = 1 << 30;
    /// So often the role is compared with what the library says, should a word about it have come out of order.
    private static final long COMPARE_MS = 500;

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

    private final RatisVoter voter;
    private final Semaphore ahead = new Semaphore(MAX_AHEAD);
    private final FeedSourceCore feed;
    private long feedTimerMs = Long.MAX_VALUE;

    private QuorumMetadataLog(Settings settings, Loop loop, ControllerCore controller, ControllerLink link)
            throws IOException {
        super(settings.node(), settings.proposer(), loop, controller, link);
        feed = new FeedSourceCore(settings.membership().group(), this::perform);
        onRole(_ -> feed.controller(controller(), loop.nowMs()));
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

    @Override
    void submit(long submission, QuorumEntry entry) {
        var _ = voter.submit(entry.encode()).thenAccept(
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
        long next = feed.nextMs();
        if (next >= feedTimerMs) {
            return;
        }
        feedTimerMs = next;
        loop().schedule(Math.max(0, next - loop().nowMs()), () -> onLoop(() -> {
            feedTimerMs = Long.MAX_VALUE;
            feed.tick(loop().nowMs());
            armFeed();
        }));
    }

    // ---- the library's events

    private final class Events implements QuorumStateMachine.Events {
        @Override
        public void applied(QuorumEntry entry, ByteBuffer encoded, QuorumState.Applied applied) {
            handOn(() -> {
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
            loop().execute(() -> onLoop(() -> changeRole(role)));
        }

        @Override
        public void halted(Throwable cause) {
            halt("this broker cannot follow the metadata quorum any more (" + cause.getMessage()
                    + "); it has to be started again");
            loop().execute(() -> onLoop(() -> changeRole(new QuorumRole.NoController())));
        }
    }

    /// Words of several threads of the library may overtake each other.
    private void compareRole() {
        onLoop(this::compareNow);
        if (!isClosed()) {
            loop().schedule(COMPARE_MS, this::compareRole);
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

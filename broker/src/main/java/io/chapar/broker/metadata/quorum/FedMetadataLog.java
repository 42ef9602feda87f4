package io.chapar.broker.metadata.quorum;

import io.chapar.broker.metadata.ControllerCore;
import io.chapar.broker.metadata.MetadataQuorum;
import io.chapar.broker.metadata.quorum.FeedReaderCore.Ask;
import io.chapar.broker.metadata.quorum.FeedReaderCore.Controller;
import io.chapar.broker.metadata.quorum.FeedReaderCore.Effect;
import io.chapar.broker.metadata.quorum.FeedReaderCore.Fold;
import io.chapar.broker.metadata.quorum.FeedReaderCore.Restore;
import io.chapar.broker.runtime.Loop;
import io.chapar.broker.runtime.WakeUp;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/// The metadata of a cluster for a broker that does not vote: the same entries, as a voter tells them. From which one,
/// [FeedReaderCore] says. Nothing of it is on this broker's disk.
///
/// What was told is read and folded beside the loop, which sees whole images.
public final class FedMetadataLog extends ClusterLog {
    private static final Logger LOG = LoggerFactory.getLogger(FedMetadataLog.class);

    private final FeedLink feed;
    private final FeedReaderCore reader;
    private final WakeUp wakeUp;
    private String said = "";

    private FedMetadataLog(int node, long proposer, List<Integer> voters, Loop loop, ControllerCore controller,
            ControllerLink link, FeedLink feed) {
        super(node, proposer, loop, controller, link);
        this.feed = feed;
        reader = new FeedReaderCore(voters, Math.floorMod(node, voters.size()), this::perform);
        wakeUp = new WakeUp(loop, () -> step(() -> reader.tick(loop.nowMs())));
    }

    /// Asks from here on.
    ///
    /// @param proposer drawn anew for each life
    /// @param voters at least one
    public static FedMetadataLog open(int node, long proposer, List<Integer> voters, Loop loop,
            ControllerCore controller, ControllerLink link, FeedLink feed) {
        FedMetadataLog log = new FedMetadataLog(node, proposer, voters, loop, controller, link, feed);
        loop.execute(() -> log.step(() -> log.reader.start(loop.nowMs())));
        return log;
    }

    /// What one wish for the cluster was added up to.
    private record Folded(QuorumEntry entry, QuorumState.Applied applied) {}

    private void step(Runnable step) {
        onLoop(() -> {
            step.run();
            wakeUp.at(reader.nextMs());
        });
    }

    private void perform(Effect effect) {
        switch (effect) {
            case Ask(long attempt, int voter, FeedAsk ask, long withinMs) ->
                feed.ask(voter, FeedCodec.encode(ask), withinMs, loop(), told -> answered(attempt, voter, told));
            case Fold(List<ByteBuffer> entries) -> fold(entries);
            case Restore(ByteBuffer snapshot) -> restore(snapshot);
            case Controller(int node) -> changeRole(node == MetadataQuorum.NOBODY
                    ? new QuorumRole.NoController() : new QuorumRole.Follows(node));
        }
    }

    private void answered(long attempt, int voter, @Nullable ByteBuffer told) {
        step(() -> {
            long nowMs = loop().nowMs();
            if (told == null) {
                reader.failed(attempt, nowMs);
                return;
            }
            try {
                reader.answered(attempt, FeedCodec.decodeTold(told), nowMs);
            } catch (IOException e) {
                LOG.warn("What voter {} tells of the cluster cannot be understood: {}", voter, e.getMessage());
                reader.failed(attempt, nowMs);
            }
        });
    }

    private void fold(List<ByteBuffer> entries) {
        QuorumState before = state();
        List<Folded> folded = new ArrayList<>();
        IOException[] failure = new IOException[1];
        loop().aside(
                () -> {
                    try {
                        folded.addAll(fold(before, entries));
                    } catch (IOException e) {
                        failure[0] = e;
                    }
                },
                () -> step(() -> {
                    if (failure[0] != null) {
                        broken(failure[0]);
                        return;
                    }
                    folded.forEach(one -> applied(one.entry(), one.applied()));
                    reader.folded(state().image().version(), loop().nowMs());
                }));
    }

    private static List<Folded> fold(QuorumState before, List<ByteBuffer> entries) throws IOException {
        List<Folded> folded = new ArrayList<>();
        QuorumState state = before;
        for (ByteBuffer bytes : entries) {
            QuorumEntry entry = QuorumEntry.decode(bytes);
            QuorumState.Applied applied = state.apply(entry);
            if (!applied.tookEffect()) {
                throw new IOException("an entry for version " + entry.base() + " came at version "
                        + state.image().version());
            }
            state = applied.after();
            folded.add(new Folded(entry, applied));
        }
        return folded;
    }

    private void restore(ByteBuffer snapshot) {
        QuorumState[] restored = new QuorumState[1];
        IOException[] failure = new IOException[1];
        loop().aside(
                () -> {
                    try {
                        restored[0] = QuorumState.restore(snapshot);
                    } catch (IOException e) {
                        failure[0] = e;
                    }
                },
                () -> step(() -> {
                    if (failure[0] != null) {
                        broken(failure[0]);
                        return;
                    }
                    restored(restored[0]);
                    reader.folded(state().image().version(), loop().nowMs());
                }));
    }

    private void broken(IOException why) {
        if (!String.valueOf(why.getMessage()).equals(said)) {
            said = String.valueOf(why.getMessage());
            LOG.error("What voters tell of the cluster cannot be taken; all of it is asked for anew", why);
        }
        reader.broken(loop().nowMs());
    }

    @Override
    void submit(long submission, ByteBuffer entry) {
        throw new IllegalStateException("a broker that does not vote decides nothing");
    }

    @Override
    public boolean handOver(long withinMs) {
        return false;
    }

    @Override
    public void close() {
        end();
    }

    /// Who leads, and nothing of how far anybody is.
    @Override
    public MetadataQuorum quorum() {
        return new MetadataQuorum(controller(), 0, MetadataQuorum.NOT_KNOWN, List.of());
    }
}

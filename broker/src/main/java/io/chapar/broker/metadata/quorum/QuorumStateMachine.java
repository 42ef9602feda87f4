package io.chapar.broker.metadata.quorum;

import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.proto.RaftProtos.RaftConfigurationProto;
import org.apache.ratis.proto.RaftProtos.RoleInfoProto;
import org.apache.ratis.protocol.Message;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftGroupMemberId;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.protocol.TermIndex;
import org.apache.ratis.server.raftlog.RaftLog;
import org.apache.ratis.server.storage.FileInfo;
import org.apache.ratis.server.storage.RaftStorage;
import org.apache.ratis.statemachine.SnapshotInfo;
import org.apache.ratis.statemachine.TransactionContext;
import org.apache.ratis.statemachine.impl.BaseStateMachine;
import org.apache.ratis.statemachine.impl.SingleFileSnapshotInfo;
import org.apache.ratis.util.AtomicFileOutputStream;
import org.apache.ratis.util.LifeCycle;
import org.apache.ratis.util.MD5FileUtil;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collection;
import java.util.concurrent.CompletableFuture;

import static java.util.Objects.requireNonNull;

/// Folds the entries that the library has put into their order, and keeps what they add up to as snapshots.
///
/// Its state is changed by the library's thread for this alone, which comes to a halt, and with it this voter, when an
/// entry cannot be folded: a broker whose metadata is not that of the others must not go on.
final class QuorumStateMachine extends BaseStateMachine {
    private static final Logger LOG = LoggerFactory.getLogger(QuorumStateMachine.class);

    /// Told by the library's threads. What concerns entries, in their order, by one of them.
    interface Events {
        /// @param encoded of its own
        void applied(QuorumEntry entry, ByteBuffer encoded, QuorumState.Applied applied);

        void restored(QuorumState state);

        void role(QuorumRole role);

        /// The log has come to a list of voters in which this one is again, or is not any more.
        void counted(boolean votes);

        /// The others do not count on this voter any more.
        void endedByOthers();

        /// This voter has come to a halt.
        void halted(Throwable cause);
    }

    private final Events events;
    /// Of this voter, as the library names it.
    private final String name;
    private boolean hasVoted;
    private final SnapshotFolder storage = new SnapshotFolder();
    private QuorumState state = QuorumState.EMPTY;

    QuorumStateMachine(Events events, String name) {
        this.events = events;
        this.name = name;
    }

    @Override
    public void initialize(RaftServer server, RaftGroupId group, RaftStorage raftStorage) throws IOException {
        getLifeCycle().startAndTransition(() -> {
            super.initialize(server, group, raftStorage);
            storage.init(raftStorage);
            load();
        }, IOException.class);
    }

    @Override
    public void pause() {
        getLifeCycle().transition(LifeCycle.State.PAUSING);
        getLifeCycle().transition(LifeCycle.State.PAUSED);
    }

    /// The library has put a snapshot of another voter into the place of ours.
    @Override
    public void reinitialize() throws IOException {
        getLifeCycle().startAndTransition(this::load, IOException.class);
    }

    private void load() throws IOException {
        SingleFileSnapshotInfo snapshot = storage.loadLatestSnapshot();
        if (snapshot == null) {
            return;
        }
        Path file = snapshot.getFile().getPath();
        if (Files.size(file) > QuorumState.MAX_SNAPSHOT_BYTES) {
            throw new IOException("'" + file + "' is larger than any snapshot of the metadata quorum");
        }
        // One that came from another voter was not synced by the library, which drops the log that it stands for.
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            channel.force(true);
        }
        state = QuorumState.restore(ByteBuffer.wrap(Files.readAllBytes(file)));
        setLastAppliedTermIndex(snapshot.getTermIndex());
        events.restored(state);
    }

    @Override
    public CompletableFuture<Message> applyTransaction(TransactionContext transaction) {
        LogEntryProto raw = requireNonNull(transaction.getLogEntry(), "an entry is applied when it is in the log");
        try {
            ByteBuffer encoded = ByteBuffer.wrap(raw.getStateMachineLogEntry().getLogData().toByteArray())
                    .asReadOnlyBuffer();
            QuorumEntry entry = QuorumEntry.decode(encoded);
            QuorumState.Applied applied = state.apply(entry);
            state = applied.after();
            updateLastAppliedTermIndex(raw.getTerm(), raw.getIndex());
            events.applied(entry, encoded, applied);
            return CompletableFuture.completedFuture(Message.EMPTY);
        } catch (IOException e) {
            LOG.error("The metadata quorum's entry {} cannot be taken: this broker stops following it",
                    raw.getIndex(), e);
            events.halted(e);
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public long takeSnapshot() throws IOException {
        TermIndex last = getLastAppliedTermIndex();
        if (last == null || last.getIndex() < 0) {
            return RaftLog.INVALID_LOG_INDEX;
        }
        ByteBuffer bytes = state.snapshot();
        if (bytes.remaining() > QuorumState.MAX_SNAPSHOT_BYTES) {
            throw new IOException("the cluster's metadata of " + bytes.remaining() + " bytes is too large for a "
                    + "snapshot; the log is kept instead");
        }
        File file = storage.getSnapshotFile(last.getTerm(), last.getIndex());
        byte[] whole = new byte[bytes.remaining()];
        bytes.get(whole);
        try (OutputStream out = new AtomicFileOutputStream(file)) {
            out.write(whole);
        }
        FileInfo info = new FileInfo(file.toPath(), MD5FileUtil.computeAndSaveMd5ForFile(file));
        storage.updateLatestSnapshot(new SingleFileSnapshotInfo(info, last));
        return last.getIndex();
    }

    @Override
    public SnapshotFolder getStateMachineStorage() {
        return storage;
    }

    @Override
    public @Nullable SnapshotInfo getLatestSnapshot() {
        return storage.getLatestSnapshot();
    }

    @Override
    public void notifyLeaderChanged(RaftGroupMemberId here, RaftPeerId leader) {
        events.role(here.getPeerId().equals(leader)
                ? new QuorumRole.NoController() : new QuorumRole.Follows(Voter.nodeOf(leader.toString())));
    }

    @Override
    public void notifyLeaderReady() {
        events.role(new QuorumRole.Controls());
    }

    @Override
    public void notifyNotLeader(Collection<TransactionContext> pending) {
        events.role(new QuorumRole.NoController());
    }

    /// The log has come to another list of voters, and a majority has it. One that joined sees those of before, too.
    @Override
    public void notifyConfigurationChanged(long term, long index, RaftConfigurationProto voters) {
        boolean votes = voters.getPeersList().stream().anyMatch(one -> one.getId().toStringUtf8().equals(name));
        if (hasVoted && (votes || voters.getOldPeersList().isEmpty())) {
            events.counted(votes);
        }
        hasVoted |= votes;
    }

    /// Whoever leads says so to a voter that was taken out, when that stands for election.
    @Override
    public void notifyServerShutdown(RoleInfoProto role, boolean isWholeServer) {
        if (!isWholeServer) {
            events.endedByOthers();
        }
    }

    @Override
    public void notifyLogFailed(Throwable cause, LogEntryProto failed) {
        events.halted(cause);
    }
}

package io.chapar.broker.metadata.quorum;

import io.chapar.broker.metadata.MetadataQuorum;
import org.apache.ratis.RaftConfigKeys;
import org.apache.ratis.client.impl.ClientProtoUtils;
import org.apache.ratis.conf.RaftProperties;
import org.apache.ratis.proto.RaftProtos.StartLeaderElectionReplyProto;
import org.apache.ratis.proto.RaftProtos.StartLeaderElectionRequestProto;
import org.apache.ratis.protocol.ClientId;
import org.apache.ratis.protocol.Message;
import org.apache.ratis.protocol.RaftClientReply;
import org.apache.ratis.protocol.RaftClientRequest;
import org.apache.ratis.protocol.RaftGroup;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftGroupMemberId;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.protocol.SetConfigurationRequest;
import org.apache.ratis.protocol.TransferLeadershipRequest;
import org.apache.ratis.protocol.exceptions.LeaderNotReadyException;
import org.apache.ratis.protocol.exceptions.LeaderSteppingDownException;
import org.apache.ratis.protocol.exceptions.NotLeaderException;
import org.apache.ratis.server.DivisionInfo;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.RaftServerConfigKeys;
import org.apache.ratis.server.protocol.TermIndex;
import org.apache.ratis.server.storage.RaftStorage;
import org.apache.ratis.thirdparty.com.google.protobuf.UnsafeByteOperations;
import org.apache.ratis.util.SizeInBytes;
import org.apache.ratis.util.TimeDuration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;

/// The library's server of one voter.
///
/// Every entry is on the disk of a majority before it is applied; that is the library's way unless told otherwise.
/// Buffers and segments are as small as the largest entry lets them be, since the library keeps them for good.
final class RatisVoter {
    private static final Logger LOG = LoggerFactory.getLogger(RatisVoter.class);
    static final int ENTRY_BYTES = QuorumEntry.MAX_BYTES + (64 << 10);
    private static final int SNAPSHOT_PIECE_BYTES = 1 << 20;
    /// Of silence, after which a voter stands for election. The leader says something twice in the shorter of them. One
    /// whose process has ended is noticed sooner ([#standInPlaceOf]), so these may be long enough for busy machines.
    private static final TimeDuration ELECTION_MIN = TimeDuration.valueOf(1_500, TimeUnit.MILLISECONDS);
    private static final TimeDuration ELECTION_MAX = TimeDuration.valueOf(2_000, TimeUnit.MILLISECONDS);
    /// So much sooner does a voter that has just come stand, since nobody leads where all begin at once. One after the
    /// other, so that they do not share the votes between them; and the first of the list last, which knows of a new
    /// quorum first: the library stands soon once only, in vain if nobody else is there yet.
    /// The same times bound how long an answer of another voter is waited for, whose code runs for the first time.
    private static final long FIRST_ELECTION_MS = 100;
    private static final long FIRST_ELECTION_SPREAD_MS = 50;
    private static final long NEXT_FIRST_ELECTION_MS = 250;

    /// So long may one voter take to lead, before the next is asked.
    private static final long TRANSFER_MS = 500;
    /// Beyond what the library waits itself.
    private static final long TRANSFER_SLACK_MS = 50;

    private final Voter here;
    private final Path began;
    private final RaftServer server;
    private final RaftGroupId group;
    private final RaftPeerId self;
    private final ClientId client = ClientId.randomId();
    private final AtomicLong calls = new AtomicLong();

    private RatisVoter(
            Voter here, Path began, RaftServer server, RaftGroupId group, RaftPeerId self) {
        this.here = here;
        this.began = began;
        this.server = server;
        this.group = group;
        this.self = self;
    }

    /// Reads what the folder holds, without beginning to take part. One that the quorum does not count on waits until
    /// it is let in: it knows of no other, stands for nothing, and takes what whoever leads gives it.
    static RatisVoter open(QuorumMetadataLog.Settings settings, QuorumStateMachine machine, ConsensusLink link)
            throws IOException {
        Membership membership = settings.membership();
        Voter here = settings.here();
        List<RaftPeer> peers = VoterIdentity.isCountedOn(membership, here.node(), here.folder())
                ? membership.voters().stream().map(RatisVoter::peer).toList() : List.of();
        RaftGroupId id = RaftGroupId.valueOf(membership.group());
        RaftPeerId self = RaftPeerId.valueOf(here.name());
        requireItsLog(settings);
        RaftServer server = RaftServer.newBuilder().setServerId(self).setGroup(RaftGroup.valueOf(id, peers))
                .setStateMachine(machine).setProperties(properties(here, settings))
                .setOption(RaftStorage.StartupOption.RECOVER)
                .setParameters(LinkedVoters.parameters(link, here)).build();
        return new RatisVoter(here, settings.folder().resolve(QuorumMetadataLog.BEGAN), server, id, self);
    }

    /// A voter whose log is gone has forgotten for whom it voted and what it acknowledged, and the library would begin
    /// a new one without a word.
    private static void requireItsLog(QuorumMetadataLog.Settings settings) throws IOException {
        Files.createDirectories(settings.folder());
        Path log = settings.folder().resolve(settings.membership().group().toString());
        if (Files.exists(settings.folder().resolve(QuorumMetadataLog.BEGAN)) && !Files.exists(log.resolve("current"))) {
            throw new IOException("the log of the metadata quorum is gone from '" + log + "', and this voter took part "
                    + "already: it must not vote again. Empty the folder, take node " + settings.here().node()
                    + " out of the quorum and start it again");
        }
    }

    private static RaftPeer peer(Voter voter) {
        return RaftPeer.newBuilder().setId(voter.name()).setAddress(voter.at().host() + ":" + voter.at().port())
                .build();
    }

    private static RaftProperties properties(Voter here, QuorumMetadataLog.Settings settings) {
        RaftProperties p = new RaftProperties();
        RaftConfigKeys.Rpc.setType(p, new LinkedVoters());
        RaftServerConfigKeys.setStorageDir(p, List.of(settings.folder().toFile()));
        RaftServerConfigKeys.setCloseThreshold(p, TimeDuration.valueOf(300, TimeUnit.SECONDS));
        RaftServerConfigKeys.Rpc.setTimeoutMin(p, ELECTION_MIN);
        RaftServerConfigKeys.Rpc.setTimeoutMax(p, ELECTION_MAX);
        List<Voter> voters = settings.membership().voters();
        long first = FIRST_ELECTION_MS
                + NEXT_FIRST_ELECTION_MS * Math.floorMod(voters.indexOf(here) - 1, voters.size());
        RaftServerConfigKeys.Rpc.setFirstElectionTimeoutMin(p, TimeDuration.valueOf(first, TimeUnit.MILLISECONDS));
        RaftServerConfigKeys.Rpc.setFirstElectionTimeoutMax(
                p, TimeDuration.valueOf(first + FIRST_ELECTION_SPREAD_MS, TimeUnit.MILLISECONDS));
        RaftServerConfigKeys.LeaderElection.setLeaderStepDownWaitTime(p, TimeDuration.valueOf(2, TimeUnit.SECONDS));
        RaftServerConfigKeys.RetryCache.setExpiryTime(p, TimeDuration.valueOf(10, TimeUnit.SECONDS));
        RaftServerConfigKeys.Log.setSegmentSizeMax(p, SizeInBytes.valueOf(settings.segmentBytes()));
        RaftServerConfigKeys.Log.setPreallocatedSize(
                p, SizeInBytes.valueOf(Math.min(256 << 10, settings.segmentBytes())));
        RaftServerConfigKeys.Log.setWriteBufferSize(p, SizeInBytes.valueOf(ENTRY_BYTES + 8));
        RaftServerConfigKeys.Log.setSegmentCacheNumMax(p, 2);
        RaftServerConfigKeys.Log.setSegmentCacheSizeMax(p, SizeInBytes.valueOf(2L * ENTRY_BYTES));
        RaftServerConfigKeys.Log.setQueueElementLimit(p, 256);
        RaftServerConfigKeys.Log.setQueueByteLimit(p, SizeInBytes.valueOf(4L * ENTRY_BYTES));
        RaftServerConfigKeys.Log.setPurgeUptoSnapshotIndex(p, true);
        RaftServerConfigKeys.Log.setPurgeGap(p, 1);
        RaftServerConfigKeys.Log.Appender.setBufferByteLimit(p, SizeInBytes.valueOf(ENTRY_BYTES));
        RaftServerConfigKeys.Log.Appender.setSnapshotChunkSizeMax(p, SizeInBytes.valueOf(SNAPSHOT_PIECE_BYTES));
        RaftServerConfigKeys.Write.setElementLimit(p, 64);
        RaftServerConfigKeys.Write.setByteLimit(p, SizeInBytes.valueOf(4L * ENTRY_BYTES));
        RaftServerConfigKeys.Snapshot.setAutoTriggerEnabled(p, true);
        RaftServerConfigKeys.Snapshot.setAutoTriggerThreshold(p, settings.snapshotEvery());
        RaftServerConfigKeys.Snapshot.setTriggerWhenStopEnabled(p, false);
        RaftServerConfigKeys.Snapshot.setRetentionFileNum(p, 2);
        return p;
    }

    /// Takes part from here on.
    void start() throws IOException {
        if (!Files.exists(began)) {
            Files.createFile(began);
            try (FileChannel folder = FileChannel.open(began.getParent(), StandardOpenOption.READ)) {
                folder.force(true);
            }
        }
        server.start();
        LibraryWatch.end(server);
        LibrarySignal.keepIn(server.getDivision(group));
    }

    /// Blocks until nothing of it runs any more.
    void close() throws IOException {
        server.close();
    }

    /// How an attempt to put an entry into the log ended.
    sealed interface Submitted {
        record InLog() implements Submitted {}

        /// @param isSure whether the entry never will be in the log
        record NotInLog(boolean isSure, @Nullable Throwable why) implements Submitted {}
    }

    /// Never completes exceptionally.
    CompletableFuture<Submitted> submit(ByteBuffer entry) {
        RaftClientRequest request = RaftClientRequest.newBuilder().setClientId(client).setServerId(self)
                .setGroupId(group).setCallId(calls.incrementAndGet())
                .setMessage(Message.valueOf(UnsafeByteOperations.unsafeWrap(entry)))
                .setType(RaftClientRequest.writeRequestType()).build();
        try {
            return server.submitClientRequestAsync(request).handle(RatisVoter::submitted);
        } catch (IOException e) {
            return CompletableFuture.completedFuture(new Submitted.NotInLog(false, e));
        }
    }

    /// Of the exceptions that a reply carries, the library gives these two before it looks at the entry; the third it
    /// gives also for entries that it has appended.
    private static Submitted submitted(@Nullable RaftClientReply reply, @Nullable Throwable failure) {
        if (reply == null) {
            return new Submitted.NotInLog(false, failure);
        }
        Exception why = reply.getException();
        if (why == null) {
            return new Submitted.InLog();
        }
        boolean isSure = why instanceof LeaderNotReadyException || why instanceof LeaderSteppingDownException;
        return new Submitted.NotInLog(isSure, why);
    }

    static boolean isNotLeader(Submitted.NotInLog ended) {
        return ended.why() instanceof NotLeaderException;
    }

    /// Who votes, and how far they are.
    MetadataQuorum quorum() throws IOException {
        return VoterProgress.of(server.getDivision(group), members(), here.node());
    }

    /// Who votes, as the latest entry about that says which the log has; none where it has none yet.
    List<Voter> members() throws IOException {
        return server.getDivision(group).getRaftConf().getCurrentPeers().stream()
                .map(peer -> Voter.of(peer.getId().toString(), peer.getAddress()))
                .sorted(Comparator.comparingInt(Voter::node)).toList();
    }

    /// Puts a list of voters in the place of this one, if whoever leads is here and it is still this one. Completes
    /// with null, or with what stood in the way; a change of which that is not known may still come about.
    CompletableFuture<@Nullable Throwable> change(List<Voter> from, List<Voter> to) {
        SetConfigurationRequest request = new SetConfigurationRequest(client, self, group, calls.incrementAndGet(),
                SetConfigurationRequest.Arguments.newBuilder()
                        .setServersInCurrentConf(from.stream().map(RatisVoter::peer).toList())
                        .setServersInNewConf(to.stream().map(RatisVoter::peer).toList())
                        .setMode(SetConfigurationRequest.Mode.COMPARE_AND_SET).build());
        try {
            return server.setConfigurationAsync(request).handle(
                    (reply, failure) -> reply == null ? failure : reply.getException());
        } catch (IOException e) {
            return CompletableFuture.completedFuture(e);
        }
    }

    /// Why voters were not changed, for people: the library names things that nobody else knows.
    static String notChanged(Throwable failure) {
        return failure instanceof NotLeaderException || failure instanceof LeaderNotReadyException
                || failure instanceof LeaderSteppingDownException
                ? "Who leads the metadata quorum has changed meanwhile, and it is not known whether this was done:"
                        + " 'chapar cluster quorum' shows who votes, and it can be asked for again."
                : String.valueOf(failure.getMessage());
    }

    /// Lets another voter lead where this one does. Entries are refused meanwhile, as of one that steps down; one that
    /// is under way is waited for. Blocks for so long at most.
    ///
    /// True when this one led and does not any more.
    boolean handOver(long withinMs) throws IOException {
        DivisionInfo info = server.getDivision(group).getInfo();
        if (!info.isLeader()) {
            return false;
        }
        long endNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(withinMs);
        for (MetadataQuorum.Voter to : VoterProgress.successors(quorum(), here.node())) {
            long leftMs = TimeUnit.NANOSECONDS.toMillis(endNs - System.nanoTime()) - TRANSFER_SLACK_MS;
            if (leftMs <= 0) {
                break;
            }
            transfer(to, Math.min(leftMs, TRANSFER_MS));
            if (!info.isLeader()) {
                return true;
            }
        }
        return false;
    }

    /// Stands for election at once, as if the voter that leads had asked for it, of which the caller knows that it is
    /// gone; where it leads still it loses that, and no more. Writes to the disk.
    void standInPlaceOf(Voter leader) {
        RaftPeerId gone = RaftPeerId.valueOf(leader.name());
        try {
            TermIndex last = server.getDivision(group).getRaftLog().getLastEntryTermIndex();
            if (last == null) {
                return;
            }
            LOG.info("Broker {} is gone, and led the metadata quorum: this one stands for election", leader.node());
            StartLeaderElectionReplyProto reply = server.startLeaderElection(
                    StartLeaderElectionRequestProto.newBuilder()
                            .setServerRequest(ClientProtoUtils.toRaftRpcRequestProtoBuilder(
                                    RaftGroupMemberId.valueOf(gone, group), self))
                            .setLeaderLastEntry(last.toProto()).build());
            if (!reply.getServerReply().getSuccess()) {
                LOG.info("This broker stands for election later: it has nothing of the latest leader yet");
            }
        } catch (IOException | IllegalStateException e) {
            LOG.info("This broker stands for election later: {}", e.toString());
        }
    }

    private void transfer(MetadataQuorum.Voter to, long withinMs) {
        try {
            RaftClientReply reply = server.transferLeadershipAsync(new TransferLeadershipRequest(client, self, group,
                    calls.incrementAndGet(), RaftPeerId.valueOf(Voter.name(to.node(), to.folder())), withinMs))
                    .get(withinMs + TRANSFER_SLACK_MS, TimeUnit.MILLISECONDS);
            if (!reply.isSuccess()) {
                LOG.info("Broker {} does not lead the metadata quorum instead of this one: {}", to.node(),
                        String.valueOf(reply.getException()));
            }
        } catch (IOException | ExecutionException | TimeoutException e) {
            LOG.info("Broker {} does not lead the metadata quorum instead of this one: {}", to.node(), e.toString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /// Whether the library still takes part: it ends by itself where it cannot write, not always with a word.
    boolean isAlive() throws IOException {
        return server.getDivision(group).getInfo().isAlive();
    }

    /// As the library sees it now.
    QuorumRole role() throws IOException {
        DivisionInfo info = server.getDivision(group).getInfo();
        if (info.isLeaderReady()) {
            return new QuorumRole.Controls();
        }
        RaftPeerId leader = info.getLeaderId();
        return leader == null || leader.equals(self)
                ? new QuorumRole.NoController() : new QuorumRole.Follows(Voter.nodeOf(leader.toString()));
    }
}

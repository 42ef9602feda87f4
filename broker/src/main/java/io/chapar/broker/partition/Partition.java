package io.chapar.broker.partition;

import io.chapar.broker.log.LogConfig;
import io.chapar.broker.log.PartitionLog;
import io.chapar.broker.metadata.PartitionImage;
import io.chapar.broker.partition.AppendOutcome.Appended;
import io.chapar.broker.partition.AppendOutcome.Rejected;
import io.chapar.broker.producer.VerificationGuard;
import io.chapar.broker.runtime.Loop;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.record.RecordBatch;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.Consumer;

/// A partition as this broker has it: a [Replica], and what that is to the partition, its [Role].
///
/// Everything happens on the partition's loop. Who does not lead answers NOT_LEADER_OR_FOLLOWER to every call that is
/// for the leader, and who is offline KAFKA_STORAGE_ERROR; other partitions go on.
public final class Partition {
    /// Special timestamps of ListOffsets.
    public static final long LATEST = -1;
    public static final long EARLIEST = -2;
    public static final long MAX_TIMESTAMP = -3;

    private final Loop loop;
    private final Roles roles;
    private final Replica replica;
    private final PartitionReads reads;
    private final PartitionTraffic traffic = new PartitionTraffic();
    private @Nullable String compactionFault;

    private Partition(PartitionSetup setup) {
        this.loop = setup.loop();
        this.roles = new Roles(this, setup);
        this.replica = roles.replica();
        this.reads = new PartitionReads(this, new ReadFaults(setup.id(), loop));
    }

    /// Opens what is there, recovering what a crash left, or begins an empty partition, which has no file until its
    /// first append. On a failing disk the partition comes up offline. Blocks where there is something to recover.
    public static Partition open(PartitionSetup setup) {
        try {
            return over(PartitionLog.open(setup.id(), setup.topicId(), setup.config(), setup.folder()), setup);
        } catch (IOException e) {
            return offline(e, setup);
        }
    }

    /// A partition over a log that has been opened already, and is nobody else's.
    public static Partition over(PartitionLog opened, PartitionSetup setup) {
        Partition partition = new Partition(setup);
        partition.replica.use(opened);
        partition.roles.opened();
        partition.become(setup.image());
        return partition;
    }

    /// A partition whose log could not be opened.
    public static Partition offline(IOException cause, PartitionSetup setup) {
        Partition partition = new Partition(setup);
        partition.replica.goOffline(cause);
        partition.become(setup.image());
        return partition;
    }

    /// A partition whose folder is there already: it is offline until that has been looked through away from the loop.
    ///
    /// @param when runs what it is given, on the loop, once nobody else works in that folder
    public static Partition openLater(PartitionSetup setup, Consumer<Runnable> when) {
        Partition partition = new Partition(setup);
        partition.replica.openLater(when);
        partition.become(setup.image());
        return partition;
    }

    // ---- its role

    /// What the image of the cluster makes of this replica. The epoch never falls; an image whose epoch is not above
    /// that of the last one changes nothing.
    public void become(PartitionImage image) {
        roles.become(image);
    }

    /// NONE while this broker leads the partition and its disk is well; else what whoever asks its leader is told.
    public ErrorCode refusal() {
        return roles.refusal();
    }

    /// In words, where it is known; else null.
    public @Nullable String refusalReason() {
        return roles.refusalReason();
    }

    private Rejected rejection() {
        return new Rejected(refusal(), refusalReason());
    }

    // ---- what it is

    public TopicPartition id() {
        return replica.id();
    }

    public UUID topicId() {
        return replica.topicId();
    }

    public int leaderEpoch() {
        return roles.epoch();
    }

    public long highWatermark() {
        return roles.highWatermark();
    }

    /// Readers of committed data stop here: the high watermark, or the first record whose transaction is undecided.
    public long lastStableOffset() {
        return replica.lastStable(highWatermark());
    }

    /// Below it compaction has been, so that nothing there may still be aborted.
    public long compactedUpTo() {
        return replica.figure(PartitionLog::cleanedUpTo);
    }

    public long logStartOffset() {
        return replica.figure(PartitionLog::logStart);
    }

    public long logEndOffset() {
        return replica.figure(PartitionLog::logEnd);
    }

    public long sizeInBytes() {
        return replica.figure(PartitionLog::sizeInBytes);
    }

    /// What went through it since it was opened here.
    public PartitionTraffic traffic() {
        return traffic;
    }

    /// Offsets that a power cut may take.
    public long unsyncedOffsets() {
        PartitionLog log = replica.lastLog();
        return log == null ? 0 : Math.max(0, log.logEnd() - log.syncedTo());
    }

    /// Why the replica takes no part any more (an I/O error), or null while it is online.
    public @Nullable String offlineReason() {
        return replica.offlineReason();
    }

    /// Whether it is looked through for the first time, and nothing is known to be wrong with it.
    public boolean isBeingOpened() {
        return replica.isBeingOpened();
    }

    /// Why a reader was refused records lately: the disk did not give them. Null where none was.
    public @Nullable String unreadable() {
        return reads.failedLately();
    }

    /// Why the last compaction came to nothing, or null.
    public @Nullable String compactionFault() {
        return compactionFault;
    }

    void compactionFault(@Nullable String why) {
        compactionFault = why;
    }

    public LogConfig config() {
        return replica.config();
    }

    public void configure(LogConfig to) {
        replica.configure(to);
    }

    // ---- append

    /// What has to be looked at in the records of a client's batch before it is appended, and is not finished where
    /// that takes long; null where nothing has to.
    public @Nullable LongLook look(RecordBatch batch, short apiVersion, long nowMs) {
        return roles.able() == null ? null : LongLook.at(batch, apiVersion, replica.config(), nowMs);
    }

    /// One batch of a Produce request. The bytes are stamped in place and written from where they are; they are the
    /// caller's again when this returns.
    public AppendOutcome appendFromClient(ByteBuffer oneBatch, ClientAppend how, long nowMs) {
        Leading leading = roles.able();
        return leading == null ? rejection() : leading.appendFromClient(oneBatch, how, nowMs);
    }

    /// A batch that a coordinator of this broker has built for its internal topic. It has no sequence of its own.
    ///
    /// @param guard for a transactional batch (TxnOffsetCommit), as in [ClientAppend#guard()]; else null
    public AppendOutcome appendFromCoordinator(ByteBuffer oneBatch, @Nullable VerificationGuard guard, long nowMs) {
        Leading leading = roles.able();
        return leading == null ? rejection() : leading.appendFromCoordinator(oneBatch, guard, nowMs);
    }

    /// The end of a transaction. Only the leader judges it, as [MarkerRun] does.
    public AppendOutcome appendMarker(MarkerAppend marker, long nowMs) {
        return appendMarkers(List.of(marker), nowMs).getFirst();
    }

    /// As [#appendMarker] with each of them in turn, in as few writes as it takes. A write that fails is the end of all
    /// markers in it.
    public List<AppendOutcome> appendMarkers(List<MarkerAppend> markers, long nowMs) {
        List<AppendOutcome> outcomes = new ArrayList<>(markers.size());
        while (outcomes.size() < markers.size()) {
            MarkerRun run = MarkerRun.of(markers.subList(outcomes.size(), markers.size()));
            Leading leading = roles.able();
            outcomes.addAll(leading == null ? run.unwritten(rejection()) : leading.append(run, nowMs));
        }
        return outcomes;
    }

    /// @param addsPartition the coordinator is asked to add the partition (transaction version 2), not just to verify
    /// @return null when there is nothing to ask: the transaction is ongoing here, or the batch is stale or there is no
    ///         room for its producer, and the append will say so
    public @Nullable VerificationGuard verificationGuard(
            long producerId, short producerEpoch, int baseSequence, boolean addsPartition) {
        Leading leading = roles.able();
        return leading == null
                ? null : leading.verificationGuard(producerId, producerEpoch, baseSequence, addsPartition);
    }

    // ---- high watermark

    /// What a follower has of the epoch that this broker leads in. It never reaches beyond the end of the log.
    public void acknowledged(int follower, long end) {
        Leading leading = roles.leading();
        if (leading != null) {
            leading.acknowledged(follower, end);
        }
    }

    /// Null where nobody can follow: this broker does not lead, or there is one replica.
    public @Nullable Leadership leadership() {
        Leading leading = roles.leading();
        return leading == null ? null : leading.replicated();
    }

    /// Null while no other broker leads that is known here, or the disk does not give the log.
    public @Nullable Following following() {
        return roles.following();
    }

    /// `done` gets NONE once the high watermark is above the offset, at once if it is already; else REQUEST_TIMED_OUT,
    /// NOT_LEADER_OR_FOLLOWER or KAFKA_STORAGE_ERROR, all of which leave the outcome unknown.
    public void awaitCommitted(long lastOffset, long deadlineMs, Consumer<ErrorCode> done) {
        Leading leading = roles.able();
        if (leading != null) {
            leading.awaitCommitted(lastOffset, deadlineMs, done);
        } else {
            done.accept(roles.leading() != null ? refusal() : ErrorCode.NOT_LEADER_OR_FOLLOWER);
        }
    }

    /// The listener sees what is committed from now on, until the leadership ends or its log has to be opened anew. Of
    /// who does not lead it sees nothing.
    public void addAppendListener(AppendListener listener) {
        Leading leading = roles.leading();
        if (leading != null) {
            leading.add(listener);
        }
    }

    public void removeAppendListener(AppendListener listener) {
        Leading leading = roles.leading();
        if (leading != null) {
            leading.remove(listener);
        }
    }

    // ---- read

    public ReadOutcome read(ReadRequest request) {
        boolean reads = roles.able() != null || (request.anyReplica() && roles.following() != null);
        return reads ? this.reads.read(replica.log(), request) : new ReadOutcome.ReadRejected(refusal());
    }

    /// Sends a reader to that follower, who has what it asks for.
    public ReadOutcome readElsewhere(int node, int currentLeaderEpoch) {
        return roles.able() == null ? new ReadOutcome.ReadRejected(refusal())
                : reads.elsewhere(replica.log(), node, currentLeaderEpoch);
    }

    /// As [#onReadable(Isolation, long, Runnable)], for who may read of any replica.
    public Watch onReadableHere(Isolation isolation, long fetchOffset, Runnable wake) {
        Following following = roles.following();
        return following == null ? onReadable(isolation, fetchOffset, wake)
                : following.watch(isolation, fetchOffset, wake);
    }

    /// Wakes once there is something to read at the offset, or no point in waiting. One-shot; never inside this call.
    public Watch onReadable(Isolation isolation, long fetchOffset, Runnable wake) {
        boolean isReadable = roles.able() != null
                && (isolation == Isolation.READ_COMMITTED ? lastStableOffset() : highWatermark()) > fetchOffset;
        Leading leading = roles.leading();
        if (leading != null && !isReadable) {
            return leading.watch(isolation, fetchOffset, wake);
        }
        loop.execute(wake);
        return () -> {};
    }

    /// Wakes when what was told [ReadOutcome.Indexing] may be asked for again. One-shot; never inside this call.
    public Watch onIndexed(Runnable wake) {
        if (roles.able() == null) {
            loop.execute(wake);
            return () -> {};
        }
        return replica.log().onIndexed(loop, wake)::run;
    }

    /// Wakes when what was told [ReadOutcome.Unproven] may be asked for again. One-shot; never inside this call.
    public Watch onProven(long proof, Runnable wake) {
        Leadership leadership = leadership();
        if (leadership == null) {
            loop.execute(wake);
            return () -> {};
        }
        return leadership.onProven(proof, wake);
    }

    /// ListOffsets: the first record at or after the timestamp among those the isolation shows, exact to the record;
    /// or one of the special timestamps.
    ///
    /// @param done runs on the loop, now or in a later turn
    public void offsetForTimestamp(
            long timestamp, Isolation isolation, int currentLeaderEpoch, Consumer<OffsetAtTime> done) {
        if (roles.able() == null) {
            done.accept(new OffsetAtTime.Refused(refusal()));
        } else {
            reads.offsetForTimestamp(replica.log(), timestamp, isolation, currentLeaderEpoch, replica.loop(), done);
        }
    }

    /// Whether the log here is the partition's up to there: what a follower does not know to be committed may be cut.
    boolean canCompare(long offset) {
        return roles.leading() != null || offset <= highWatermark();
    }

    /// Whether a leader of before may have shown more than this one knows to be committed so far.
    public boolean isAtItsBeginning() {
        Leadership leadership = leadership();
        return leadership != null && leadership.isAtItsBeginning();
    }

    /// As [Followers#isCutOff], of what this broker leads as far as it knows.
    public boolean isCutOff() {
        Leadership leadership = leadership();
        return leadership != null && leadership.isCutOff();
    }

    /// Why a reader of this log cannot go on; NONE when it can.
    ErrorCode whyNotReadable(PartitionLog log) {
        if (roles.able() == null) {
            return refusal();
        }
        return replica.log().equals(log) ? ErrorCode.NONE : ErrorCode.NOT_LEADER_OR_FOLLOWER;
    }

    /// OffsetForLeaderEpoch.
    public EpochEnd endOffsetForEpoch(int currentLeaderEpoch, int epoch) {
        return roles.able() == null
                ? EpochEnd.refused(refusal())
                : reads.endOffsetForEpoch(replica.log(), currentLeaderEpoch, epoch);
    }

    // ---- upkeep

    /// Moves the log start, and tells when no loss of power brings back what was before it. The new one is in
    /// [#logStartOffset()].
    ///
    /// @param offset -1 for the high watermark
    public void deleteRecordsBefore(long offset, Consumer<ErrorCode> done) {
        long to = offset == -1 ? highWatermark() : offset;
        if (roles.able() == null) {
            done.accept(refusal());
        } else if (!config().delete()) {
            done.accept(ErrorCode.POLICY_VIOLATION);
        } else if (to < 0 || to > highWatermark()) {
            done.accept(ErrorCode.OFFSET_OUT_OF_RANGE);
        } else {
            replica.advanceLogStart(
                    to, well -> done.accept(well ? ErrorCode.NONE : ErrorCode.KAFKA_STORAGE_ERROR));
        }
    }

    /// DescribeProducers.
    public List<ProducerDescription> describeProducers() {
        return replica.log() == null ? List.of() : ProducerDescription.all(replica.log().producers());
    }

    /// The transactions that are open here, the one that holds the last stable offset first; none where another broker
    /// leads, whose business they are.
    public List<OpenTxn> openTxns() {
        PartitionLog log = roles.leading() == null ? null : replica.lastLog();
        return log == null ? List.of() : OpenTxn.all(id(), log.producers());
    }

    /// Aborts the transaction here if nothing was written to it since it was seen. False when there was, or the
    /// partition cannot write.
    public boolean abortUnchanged(OpenTxn seen, long nowMs) {
        return openTxns().contains(seen) && appendMarker(seen.abortMarker(), nowMs) instanceof Appended;
    }

    /// Forgets producers that were idle for long enough since they were last looked at.
    public void expireProducers() {
        replica.expireProducers();
    }

    /// How many producers are remembered here.
    public int producers() {
        return (int) replica.figure(log -> log.producers().size());
    }

    /// Retention, expiry of producers, and a checkpoint, without hurry: `then` runs later, when there is nothing to
    /// wait for any more. Called every few minutes.
    public void housekeep(Runnable then) {
        replica.housekeep(then);
    }

    /// Upkeep: what the task gives, or null if the partition takes no part any more, or an index that it needs is being
    /// built anew. An I/O error takes the partition offline.
    public <T> @Nullable T onLog(LogTask<T> task) {
        return replica.onLog(task);
    }

    public interface LogTask<T> {
        @Nullable T run(PartitionLog log) throws IOException;
    }

    /// Begins to sync what is not on stable storage yet, away from the loop. False while a sync is still under way.
    public boolean flush() {
        return replica.flush();
    }

    /// Whoever keeps state by this log cannot read it, and has to begin anew with what the disk gives then.
    public void readFailed(IOException cause) {
        replica.goOffline(cause);
    }

    /// The watcher is told whether the partition is online: as it is now, and with each change.
    public void watchAvailability(Consumer<Boolean> watcher) {
        replica.watchAvailability(watcher);
    }

    /// The listener hears of what changes from now on.
    public void onLeadership(LeadershipListener listener) {
        roles.add(listener);
    }

    // ---- end

    /// Syncs and writes what makes the next open instant. Blocks; the partition is of no use afterwards.
    public void close() {
        replica.close();
        roles.end(ErrorCode.NOT_LEADER_OR_FOLLOWER);
    }

    /// Its log, for whoever closes many at a time and then calls [#abandon]; null when there is none to close.
    public @Nullable PartitionLog logToClose() {
        return replica.isOnline() ? replica.log() : null;
    }

    /// Gives the partition up as it is, as the end of the process would.
    public void abandon() {
        roles.end(ErrorCode.NOT_LEADER_OR_FOLLOWER);
    }

    /// Deletes the partition's folder, whether its log could be opened or not: at once, or when nobody works in it any
    /// more. The partition is of no use afterwards.
    ///
    /// @param gone runs on the loop then; not where it is at once
    /// @return whether it was at once
    public boolean delete(Runnable gone) {
        return delete(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, gone);
    }

    /// @param why what whoever comes too late is told
    public boolean delete(ErrorCode why, Runnable gone) {
        boolean atOnce = roles.isClosed() || replica.delete(gone);
        roles.delete(why);
        return atOnce;
    }
}

package io.chapar.broker.partition;

import io.chapar.broker.log.DataFolder;
import io.chapar.broker.log.LogConfig;
import io.chapar.broker.log.PartitionLog;
import io.chapar.broker.metadata.InternalTopics;
import io.chapar.broker.partition.AppendOutcome.Appended;
import io.chapar.broker.partition.AppendOutcome.Rejected;
import io.chapar.broker.producer.ProducerRoom;
import io.chapar.broker.producer.SequenceCheck;
import io.chapar.broker.producer.VerificationGuard;
import io.chapar.broker.runtime.Loop;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.MalformedMessageException;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.record.BatchRewrite;
import io.chapar.protocol.record.RecordBatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.Consumer;

/// A partition as its leader has it: who may append what, and how far who may read.
///
/// Everything happens on the partition's loop. One append is one step: judged, written, folded into the producers'
/// state, the high watermark moved, and only then told to anybody.
///
/// `log start <= last stable offset <= high watermark <= log end`. The high watermark only rises, see [HighWatermark];
/// where nobody follows it is the log end, or with `flush.acks` what of it is synced.
///
/// An I/O error takes the partition offline, since memory and disk may differ from then on: every call answers
/// KAFKA_STORAGE_ERROR, other partitions go on. The log is opened again after a pause, and again, until that succeeds.
/// Records that cannot be read are an exception: nothing differs, and only whoever asks for them is refused.
public final class Partition {
    /// Special timestamps of ListOffsets.
    public static final long LATEST = -1;
    public static final long EARLIEST = -2;
    public static final long MAX_TIMESTAMP = -3;

    private static final Logger LOG = LoggerFactory.getLogger(Partition.class);

    private final TopicPartition id;
    private final UUID topicId;
    private final DataFolder folder;
    private final Loop loop;
    private final CommitWaits waits;
    private final ReadWatches watches;
    private final PartitionReads reads;
    private final CommittedFeed feed;
    private final Followers followers;
    /// Null if it could not be opened.
    private PartitionLog log;
    private LogConfig config;
    private int leaderEpoch;
    private HighWatermark highWatermark = new HighWatermark(0);
    private String offlineReason;
    private String compactionFault;
    private boolean closed;
    /// The high watermark has moved since listeners and waiters were last told.
    private boolean feedDue;
    private boolean announcing;
    private final FlushPlan flushing;
    private final Reopening reopening;
    private final ProducerRoom room;
    private final List<Runnable> reopenListeners = new ArrayList<>();
    private Consumer<Boolean> availability = _ -> { };

    private Partition(PartitionSetup setup) {
        this.id = setup.id();
        this.topicId = setup.topicId();
        this.folder = setup.folder();
        this.loop = setup.loop();
        this.config = setup.config();
        this.waits = new CommitWaits(loop);
        this.watches = new ReadWatches(loop);
        this.feed = new CommittedFeed(setup.leaders().kept());
        this.followers = setup.leaders().followers();
        this.reads = new PartitionReads(this, new ReadFaults(id, loop));
        this.flushing = new FlushPlan(loop, this::isOnline, this::highWatermark, this::flushed, this::goOffline);
        this.flushing.configure(config);
        this.reopening = new Reopening(setup, () -> config, this::comeBack);
        this.room = new ProducerRoom(setup.producers());
    }

    /// Opens what is there, recovering what a crash left, or begins an empty partition, which has no file until its
    /// first append. On a failing disk the partition comes up offline.
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
        partition.use(opened);
        partition.becomeLeader(setup.leaderEpoch());
        return partition;
    }

    /// A partition whose log could not be opened.
    public static Partition offline(IOException cause, PartitionSetup setup) {
        Partition partition = new Partition(setup);
        partition.goOffline(cause);
        partition.becomeLeader(setup.leaderEpoch());
        return partition;
    }

    private void use(PartitionLog opened) {
        log = opened;
        log.configure(config);
        flushing.use(log);
        highWatermark = new HighWatermark(log.savedHighWatermark());
        log.producers().highWatermarkAdvanced(highWatermark());
        feed.forget();
        room.count(log.producers());
    }

    // ---- what it is

    public TopicPartition id() {
        return id;
    }

    public UUID topicId() {
        return topicId;
    }

    public int leaderEpoch() {
        return leaderEpoch;
    }

    public long highWatermark() {
        return highWatermark.value();
    }

    /// Readers of committed data stop here: the high watermark, or the first record whose transaction is undecided.
    public long lastStableOffset() {
        if (log == null) {
            return 0;
        }
        return Math.min(highWatermark(), Math.max(log.logStart(), log.producers().firstUnstableOffset()));
    }

    /// Below it compaction has been, so that nothing there may still be aborted.
    public long compactedUpTo() {
        return log == null ? 0 : log.cleanedUpTo();
    }

    public long logStartOffset() {
        return log == null ? 0 : log.logStart();
    }

    public long logEndOffset() {
        return log == null ? 0 : log.logEnd();
    }

    public long sizeInBytes() {
        return log == null ? 0 : log.sizeInBytes();
    }

    /// Offsets that a power cut may take.
    public long unsyncedOffsets() {
        return log == null ? 0 : Math.max(0, log.logEnd() - log.syncedTo());
    }

    /// Why the partition takes no part any more (an I/O error), or null while it is online.
    public String offlineReason() {
        return offlineReason;
    }

    /// Whether a reader was refused records lately because the disk did not give them.
    public boolean hasUnreadableRecords() {
        return reads.failedLately();
    }

    /// Why the last compaction came to nothing, or null.
    public String compactionFault() {
        return compactionFault;
    }

    void compactionFault(String why) {
        compactionFault = why;
    }

    public LogConfig config() {
        return config;
    }

    public void configure(LogConfig to) {
        config = to;
        flushing.configure(to);
        if (log != null) {
            log.configure(to);
        }
        if (isOnline()) {
            flushed();
            flushing.plan();
        }
    }

    /// A leadership of this replica. The epoch never falls; one that does not rise changes nothing.
    public void becomeLeader(int epoch) {
        leaderEpoch = Math.max(leaderEpoch, epoch);
        if (isOnline()) {
            log.beginEpoch(leaderEpoch);
            highWatermark.begin(followers.inSync(id));
            written();
            announce();
            followers.appended(this);
        }
    }

    private boolean isOnline() {
        return offlineReason == null && !closed;
    }

    private ErrorCode whyNot() {
        return closed ? ErrorCode.NOT_LEADER_OR_FOLLOWER : ErrorCode.KAFKA_STORAGE_ERROR;
    }

    // ---- append

    /// One batch of a Produce request. The bytes are stamped in place and written from where they are; they are the
    /// caller's again when this returns.
    public AppendOutcome appendFromClient(ByteBuffer oneBatch, ClientAppend how, long nowMs) {
        if (!isOnline()) {
            return new Rejected(whyNot(), offlineReason);
        }
        List<Rejected> why = new ArrayList<>(0);
        RecordBatch batch = Admission.parse(oneBatch, why);
        if (batch == null) {
            return why.getFirst();
        }
        Rejected rejected = Admission.judge(batch, how.apiVersion(), config, nowMs);
        if (rejected != null) {
            return rejected;
        }
        String full = batch.hasProducerId() && how.guard() == null ? noRoomFor(batch.producerId()) : null;
        AppendOutcome outcome = full != null
                ? new Rejected(ErrorCode.POLICY_VIOLATION, full) : appendData(batch, true, how.guard(), nowMs);
        countProducers();
        return outcome;
    }

    /// Why a producer that is not known here cannot be taken in. One that has a guard was asked about when it got it.
    private String noRoomFor(long producerId) {
        return log.producers().knows(producerId)
                ? null : room.refusal(log.producers(), loop.nowMs(), config.producerIdExpirationMs());
    }

    private void countProducers() {
        if (isOnline()) {
            room.count(log.producers());
        }
    }

    /// A batch that a coordinator of this broker has built for its internal topic. It has no sequence of its own.
    ///
    /// @param guard for a transactional batch (TxnOffsetCommit), as in [ClientAppend#guard()]; else null
    public AppendOutcome appendFromCoordinator(ByteBuffer oneBatch, VerificationGuard guard, long nowMs) {
        if (!isOnline()) {
            return new Rejected(whyNot(), offlineReason);
        }
        List<Rejected> why = new ArrayList<>(0);
        RecordBatch batch = Admission.parse(oneBatch, why);
        if (batch == null) {
            return why.getFirst();
        }
        Rejected rejected = Admission.judgeOwnSize(batch.sizeInBytes());
        AppendOutcome outcome = rejected != null ? rejected : appendData(batch, false, guard, nowMs);
        countProducers();
        return outcome;
    }

    private AppendOutcome appendData(
            RecordBatch given, boolean fromClient, VerificationGuard guard, long nowMs) {
        RecordBatch batch = given;
        if (batch.hasProducerId()) {
            AppendOutcome answer = answer(log.producers().check(batch, fromClient, guard));
            if (answer != null) {
                return answer;
            }
        }
        if (config.logAppendTime()) {
            batch.stampLogAppendTime(nowMs);
        }
        if (fromClient && config.compressionType() != null && config.compressionType() != batch.compression()) {
            try {
                batch = RecordBatch.at(BatchRewrite.recompress(batch, config.compressionType(),
                        config.maxDecompressedBytes(), Admission.maxRecompressedBytes(config)), 0);
            } catch (MalformedMessageException e) {
                return Admission.malformed(e);
            }
            Rejected tooLarge = Admission.judgeSize(batch.sizeInBytes(), config);
            if (tooLarge != null) {
                return tooLarge;
            }
        }
        if (fromClient && !InternalTopics.isInternal(id.topic()) && !folder.reserve().admits(batch.sizeInBytes())) {
            return new Rejected(ErrorCode.POLICY_VIOLATION, folder.reserve().refusal());
        }
        batch.stamp(log.logEnd(), leaderEpoch);
        AppendOutcome outcome = write(batch, config.logAppendTime() ? nowMs : -1);
        if (outcome instanceof Appended) {
            if (batch.isTransactional()) {
                log.producers().transactionBegun(batch.producerId(), batch.producerEpoch());
            }
            finish();
        }
        return outcome;
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
            outcomes.addAll(isOnline() ? append(run, nowMs) : run.unwritten(new Rejected(whyNot(), offlineReason)));
        }
        return outcomes;
    }

    private List<AppendOutcome> append(MarkerRun run, long nowMs) {
        List<RecordBatch> batches = run.judge(
                log, InternalTopics.isInternal(id.topic()), leaderEpoch, nowMs, this::noRoomFor);
        try {
            log.append(batches);
        } catch (IOException e) {
            goOffline(e);
            return run.unwritten(new Rejected(ErrorCode.KAFKA_STORAGE_ERROR, offlineReason));
        }
        List<AppendOutcome> outcomes = run.written(log);
        countProducers();
        if (!batches.isEmpty()) {
            batches.forEach(this::appended);
            finish();
        }
        return outcomes;
    }

    /// Null for "go on".
    private AppendOutcome answer(SequenceCheck check) {
        return switch (check) {
            case SequenceCheck.Accepted _ -> null;
            case SequenceCheck.Duplicate d -> new Appended(
                    d.firstOffset(), d.lastOffset(), config.logAppendTime() ? d.timestamp() : -1, log.logStart(), true);
            case SequenceCheck.Gap g -> new Rejected(ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER, g.reason());
            case SequenceCheck.Fenced f -> new Rejected(f.error(), f.reason());
            case SequenceCheck.NoTransaction n -> new Rejected(ErrorCode.INVALID_TXN_STATE, n.reason());
        };
    }

    private AppendOutcome write(RecordBatch batch, long logAppendTimeMs) {
        try {
            log.append(batch);
        } catch (IOException e) {
            goOffline(e);
            return new Rejected(ErrorCode.KAFKA_STORAGE_ERROR, offlineReason);
        }
        appended(batch);
        return new Appended(batch.baseOffset(), batch.lastOffset(), logAppendTimeMs, log.logStart(), false);
    }

    /// The batch stands in the log, and nobody has been told yet.
    private void appended(RecordBatch batch) {
        reopening.succeeded();
        feed.appended(batch);
        written();
    }

    /// What was appended is told, and what is told waits for nothing of the caller's any more.
    private void finish() {
        announce();
        feed.settle();
        if (isOnline()) {
            followers.appended(this);
            flushing.plan();
        }
    }

    /// @param addsPartition the coordinator is asked to add the partition (transaction version 2), not just to verify
    /// @return null when there is nothing to ask: the transaction is ongoing here, or the batch is stale or there is no
    ///         room for its producer, and the append will say so
    public VerificationGuard verificationGuard(
            long producerId, short producerEpoch, int baseSequence, boolean addsPartition) {
        if (!isOnline() || noRoomFor(producerId) != null) {
            return null;
        }
        VerificationGuard guard =
                log.producers().guard(producerId, producerEpoch, baseSequence, addsPartition, loop.nowMs());
        countProducers();
        return guard;
    }

    // ---- high watermark

    /// What a follower has of the epoch that this broker leads in. It never reaches beyond the end of the log.
    public void acknowledged(int node, long end) {
        if (isOnline() && highWatermark.acknowledged(node, end)) {
            rose();
            announce();
        }
    }

    /// This replica has more than before.
    private void written() {
        if (highWatermark.written(flushing.committable())) {
            rose();
        }
    }

    private void rose() {
        feedDue = true;
        log.producers().highWatermarkAdvanced(highWatermark());
    }

    /// Tells whoever waits. What they do here may append again; that is told by the outer call, after them.
    private void announce() {
        if (announcing) {
            return;
        }
        announcing = true;
        try {
            while (feedDue && isOnline()) {
                feedDue = false;
                feed.show(log, highWatermark());
                waits.release(highWatermark());
                watches.advanced(highWatermark(), lastStableOffset());
            }
        } catch (IOException e) {
            goOffline(e);
        } finally {
            announcing = false;
        }
    }

    /// `done` gets NONE once the high watermark is above the offset, at once if it is already; else REQUEST_TIMED_OUT,
    /// NOT_LEADER_OR_FOLLOWER or KAFKA_STORAGE_ERROR, all of which leave the outcome unknown.
    public void awaitCommitted(long lastOffset, long deadlineMs, Consumer<ErrorCode> done) {
        if (!isOnline()) {
            done.accept(whyNot());
        } else if (highWatermark() > lastOffset) {
            done.accept(ErrorCode.NONE);
        } else {
            waits.add(lastOffset, deadlineMs, done);
        }
    }

    /// The listener sees what is committed from now on.
    public void addAppendListener(AppendListener listener) {
        feed.add(listener, highWatermark());
    }

    public void removeAppendListener(AppendListener listener) {
        feed.remove(listener);
    }

    // ---- read

    public ReadOutcome read(ReadRequest request) {
        return isOnline() ? reads.read(log, request) : new ReadOutcome.ReadRejected(whyNot());
    }

    /// Wakes once there is something to read at the offset, or no point in waiting. One-shot; never inside this call.
    public Watch onReadable(Isolation isolation, long fetchOffset, Runnable wake) {
        boolean isReadable = isOnline()
                && (isolation == Isolation.READ_COMMITTED ? lastStableOffset() : highWatermark()) > fetchOffset;
        if (closed || isReadable) {
            loop.execute(wake);
            return () -> {};
        }
        return watches.add(isolation, fetchOffset, wake);
    }

    /// ListOffsets: the first record at or after the timestamp among those the isolation shows, exact to the record;
    /// or one of the special timestamps.
    public OffsetAtTime offsetForTimestamp(long timestamp, Isolation isolation, int currentLeaderEpoch) {
        return isOnline()
                ? reads.offsetForTimestamp(log, timestamp, isolation, currentLeaderEpoch)
                : new OffsetAtTime.Refused(whyNot());
    }

    /// OffsetForLeaderEpoch.
    public EpochEnd endOffsetForEpoch(int currentLeaderEpoch, int epoch) {
        return isOnline()
                ? reads.endOffsetForEpoch(log, currentLeaderEpoch, epoch)
                : EpochEnd.refused(whyNot());
    }

    // ---- upkeep

    /// Moves the log start. The new one is in [#logStartOffset()].
    ///
    /// @param offset -1 for the high watermark
    public ErrorCode deleteRecordsBefore(long offset) {
        if (!isOnline()) {
            return whyNot();
        }
        if (!config.delete()) {
            return ErrorCode.POLICY_VIOLATION;
        }
        long to = offset == -1 ? highWatermark() : offset;
        if (to < 0 || to > highWatermark()) {
            return ErrorCode.OFFSET_OUT_OF_RANGE;
        }
        try {
            log.advanceLogStart(to, highWatermark());
            flushing.recount();
            return ErrorCode.NONE;
        } catch (IOException e) {
            goOffline(e);
            return ErrorCode.KAFKA_STORAGE_ERROR;
        }
    }

    /// DescribeProducers.
    public List<ProducerDescription> describeProducers() {
        List<ProducerDescription> all = new ArrayList<>();
        if (log != null) {
            log.producers().describe((producerId, epoch, sequence, timestamp, coordinatorEpoch, txnStart) ->
                    all.add(new ProducerDescription(
                            producerId, epoch, sequence, timestamp, coordinatorEpoch, txnStart)));
        }
        return all;
    }

    /// The transactions that are open here, the one that holds the last stable offset first.
    public List<OpenTxn> openTxns() {
        return log == null ? List.of() : OpenTxn.all(id, log.producers());
    }

    /// Aborts the transaction here if nothing was written to it since it was seen. False when there was, or the
    /// partition cannot write.
    public boolean abortUnchanged(OpenTxn seen, long nowMs) {
        return openTxns().contains(seen) && appendMarker(seen.abortMarker(), nowMs) instanceof Appended;
    }

    /// Retention, and expiry of producers. Called every few minutes.
    public void housekeep() {
        var _ = onLog(log -> {
            room.expire(log.producers(), loop.nowMs(), config.producerIdExpirationMs());
            log.retain(loop.wallClockMs(), highWatermark());
            return log;
        });
    }

    /// Upkeep: what the task gives, or null if the partition takes no part any more. An I/O error takes it offline.
    <T> T onLog(LogTask<T> task) {
        if (!isOnline()) {
            return null;
        }
        try {
            T result = task.run(log);
            flushing.recount();
            return result;
        } catch (IOException e) {
            goOffline(e);
            return null;
        }
    }

    interface LogTask<T> {
        T run(PartitionLog log) throws IOException;
    }

    /// Begins to sync what is not on stable storage yet, away from the loop. False while a sync is still under way.
    public boolean flush() {
        return flushing.checkpoint();
    }

    /// As [#flush] without hurry: `then` runs later, when there is nothing to wait for any more.
    public void flushThen(Runnable then) {
        flushing.checkpointThen(then);
    }

    private void flushed() {
        written();
        announce();
    }

    private void goOffline(IOException cause) {
        if (offlineReason == null && !closed) {
            offlineReason = id + " is offline: " + Reopening.reason(cause);
            if (log != null) {
                log.abandon();
            }
            reopening.plan(cause);
            availability.accept(false);
            room.close();
            flushing.stop();
            waits.failAll(ErrorCode.KAFKA_STORAGE_ERROR);
            watches.wakeAll();
        }
    }

    private void comeBack(PartitionLog opened) {
        use(opened);
        offlineReason = null;
        availability.accept(true);
        List.copyOf(reopenListeners).forEach(Runnable::run);
        becomeLeader(leaderEpoch);
        watches.wakeAll();
    }

    /// Whoever keeps state by this log cannot read it, and has to begin anew with what the disk gives then.
    public void readFailed(IOException cause) {
        if (isOnline()) {
            goOffline(cause);
        }
    }

    /// The watcher is told whether the partition is online: as it is now, and with each change.
    public void watchAvailability(Consumer<Boolean> watcher) {
        availability = watcher;
        watcher.accept(offlineReason == null);
    }

    /// Runs the listener each time that the partition is online again after a failure of its disk: what was not
    /// committed by then may be in the log, or not.
    public void onReopened(Runnable listener) {
        reopenListeners.add(listener);
    }

    /// Syncs and writes what makes the next open instant. Blocks; the partition is of no use afterwards.
    public void close() {
        if (isOnline()) {
            try {
                log.close(highWatermark());
            } catch (IOException e) {
                goOffline(e);
            }
        }
        end();
    }

    /// Its log, for whoever closes many at a time and then calls [#abandon]; null when there is none to close.
    public PartitionLog logToClose() {
        return isOnline() ? log : null;
    }

    /// Gives the partition up as it is, as the end of the process would.
    public void abandon() {
        end();
    }

    /// Deletes the partition's folder, whether its log could be opened or not. The partition is of no use afterwards.
    public void delete() {
        if (!closed) {
            try {
                if (log != null) {
                    log.delete();
                } else {
                    PartitionLog.deleteUnopened(id, topicId, folder);
                }
            } catch (IOException e) {
                LOG.error("{} is deleted, but its files are not, and wait for the next start: {}", id,
                        Reopening.reason(e));
            }
        }
        end();
    }

    private void end() {
        closed = true;
        if (log != null) {
            log.abandon();
        }
        room.close();
        flushing.stop();
        reopening.stop();
        waits.failAll(ErrorCode.NOT_LEADER_OR_FOLLOWER);
        watches.wakeAll();
    }
}

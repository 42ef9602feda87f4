package io.chapar.broker.partition;

import io.chapar.broker.log.IndexBeingBuilt;
import io.chapar.broker.log.LogConfig;
import io.chapar.broker.log.PartitionLog;
import io.chapar.broker.metadata.InternalTopics;
import io.chapar.broker.metadata.PartitionImage;
import io.chapar.broker.partition.AppendOutcome.Appended;
import io.chapar.broker.partition.AppendOutcome.Rejected;
import io.chapar.broker.producer.SequenceCheck;
import io.chapar.broker.producer.VerificationGuard;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.MalformedMessageException;
import io.chapar.protocol.record.BatchRewrite;
import io.chapar.protocol.record.RecordBatch;
import io.chapar.protocol.record.compress.Compression;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/// This broker leads: it says who may append what, and how far who may read.
///
/// One append is one step: judged, written, folded into the producers' state, the high watermark moved, and only then
/// told to anybody.
///
/// `log start <= last stable offset <= high watermark <= log end`. The high watermark only rises, see [HighWatermark];
/// where nobody follows it is the log end, or with `flush.acks` what of it is synced. Where there are several replicas
/// it is what [Leadership] knows.
///
/// It is of one opened log: when that had to be opened anew another takes its place. Appending and telling are for a
/// replica that is online alone.
final class Leading implements Role {
    private final Partition partition;
    private final int node;
    private final Replica replica;
    private final Followers followers;
    private final CommitWaits waits;
    private final ReadWatches watches;
    private final CommittedFeed feed;
    private final HighWatermark highWatermark;
    private int epoch;
    /// Null while there is one replica.
    private @Nullable Leadership replicated;
    /// The high watermark has moved since listeners and waiters were last told.
    private boolean feedDue;
    /// What is due is in a segment whose index is being built.
    private boolean feedWaits;
    private boolean announcing;
    private boolean over;

    /// @param node this broker
    /// @param from what is known to be committed
    Leading(Partition partition, int node, Replica replica, Leaders leaders, long from) {
        this.partition = partition;
        this.node = node;
        this.replica = replica;
        this.followers = leaders.followers();
        this.waits = new CommitWaits(replica.loop());
        this.watches = new ReadWatches(replica.loop());
        this.feed = new CommittedFeed(leaders.kept());
        this.highWatermark = new HighWatermark(from);
    }

    private boolean isAble() {
        return replica.isOnline() && !over;
    }

    @Override
    public long highWatermark() {
        Leadership several = replicated;
        return several == null ? highWatermark.value() : several.core().highWatermark();
    }

    @Nullable Leadership replicated() {
        return isAble() ? replicated : null;
    }

    /// A leadership begins, perhaps right behind another of this broker: who waits goes on waiting.
    void begin(PartitionImage image) {
        epoch = image.leaderEpoch();
        if (isAble()) {
            replica.log().producers().forgetVerifications();
            replica.log().beginEpoch(epoch);
            if (image.replicas().size() > 1) {
                replicate(image);
            } else {
                if (replicated != null) {
                    replicated = null;
                    followers.rests(partition);
                }
                highWatermark.begin(followers.inSync(replica.id()));
            }
            written();
            announce();
            tellWhereTooFew();
            followers.appended(partition);
        }
    }

    private void replicate(PartitionImage image) {
        replicated = new Leadership(this, new IsrCore(node, image, replica.config().minInSyncReplicas(),
                followers.lagMs(), replica.log().logEnd(), highWatermark(), nowMs()));
        feed.followed();
        followers.leads(partition);
    }

    /// The same leadership, as the cluster has it now.
    void become(PartitionImage image) {
        if (replicated != null) {
            int before = replicated.core().inSync();
            replicated.become(image);
            partition.traffic().inSync(before, replicated.core().inSync());
            tellWhereTooFew();
            followers.leads(partition);
        } else if (image.replicas().size() > 1 && isAble()) {
            replicate(image);
            written();
            announce();
            tellWhereTooFew();
        }
    }

    long nowMs() {
        return replica.loop().nowMs();
    }

    PartitionLog log() {
        return replica.log();
    }

    CommittedFeed.@Nullable Copied copied(long from, int maxBytes) {
        return feed.copied(from, maxBytes);
    }

    /// Whoever waits gets no answer from this log.
    void wentOffline() {
        waits.failAll(ErrorCode.KAFKA_STORAGE_ERROR);
        watches.wakeAll();
    }

    /// The outcome of what is not committed yet is unknown from here on.
    void end() {
        over = true;
        waits.failAll(ErrorCode.NOT_LEADER_OR_FOLLOWER);
        watches.wakeAll();
        feed.forget();
    }

    // ---- append

    /// As [Partition#appendFromClient].
    AppendOutcome appendFromClient(ByteBuffer oneBatch, ClientAppend how, long nowMs) {
        List<Rejected> why = new ArrayList<>(0);
        LongLook looked = how.looked();
        RecordBatch batch = looked != null ? looked.batch() : Admission.parse(oneBatch, why);
        if (batch == null) {
            return why.getFirst();
        }
        if (replicated != null && followers.isCutOff()) {
            return AppendOutcome.CUT_OFF;
        }
        if (how.acks() == -1 && replicated != null && !replicated.core().isEnough()) {
            return tooFewReplicas();
        }
        Rejected rejected = looked != null ? looked.rejection()
                : Admission.judge(batch, how.apiVersion(), replica.config(), nowMs);
        if (rejected != null) {
            return rejected;
        }
        if (how.firstSequence() >= 0 && batch.baseSequence() > how.firstSequence()
                && !replica.log().producers().knows(batch.producerId())) {
            return new Rejected(ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER, "producer " + batch.producerId() + " epoch "
                    + batch.producerEpoch() + ": sequence " + batch.baseSequence() + " before " + how.firstSequence()
                    + ", which was refused earlier");
        }
        // One that has a guard was asked about when it got it.
        String full = batch.hasProducerId() && how.guard() == null ? replica.noRoomFor(batch.producerId()) : null;
        int bytes = batch.sizeInBytes();
        AppendOutcome outcome = full != null
                ? new Rejected(ErrorCode.POLICY_VIOLATION, full)
                : append(batch, true, looked != null, how.guard(), nowMs);
        // Who writes outside of its own transaction was never asked about, and would come again for ever.
        if (outcome instanceof Rejected no && no.error() == ErrorCode.INVALID_TXN_STATE && batch.isTransactional()
                && !how.isGuardedIn(epoch)) {
            outcome = new Rejected(ErrorCode.NOT_LEADER_OR_FOLLOWER,
                    replica.id() + " is led anew since this batch came");
        }
        if (outcome instanceof Appended appended && !appended.duplicate()) {
            partition.traffic().in(bytes);
        }
        replica.countProducers();
        return outcome;
    }

    /// As [Partition#appendFromCoordinator].
    AppendOutcome appendFromCoordinator(ByteBuffer oneBatch, @Nullable VerificationGuard guard, long nowMs) {
        List<Rejected> why = new ArrayList<>(0);
        RecordBatch batch = Admission.parse(oneBatch, why);
        if (batch == null) {
            return why.getFirst();
        }
        Rejected rejected = replicated != null && !replicated.core().isEnough()
                ? tooFewReplicas() : Admission.judgeOwnSize(batch.sizeInBytes());
        AppendOutcome outcome = rejected != null ? rejected : append(batch, false, true, guard, nowMs);
        replica.countProducers();
        return outcome;
    }

    private static Rejected tooFewReplicas() {
        return new Rejected(
                ErrorCode.NOT_ENOUGH_REPLICAS, "fewer replicas are in sync than min.insync.replicas asks for");
    }

    /// @param asItIs it has been brought into the topic's codec, whatever that has become since, or stays in its own
    private AppendOutcome append(RecordBatch given, boolean fromClient, boolean asItIs,
            @Nullable VerificationGuard guard, long nowMs) {
        PartitionLog log = replica.log();
        LogConfig config = replica.config();
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
        Compression codec = !asItIs ? LongLook.otherCodec(batch, config) : null;
        if (codec != null) {
            try {
                batch = RecordBatch.at(BatchRewrite.recompress(batch, codec, config.compressionLevel(),
                        config.maxDecompressedBytes(), Admission.maxRecompressedBytes(config)), 0);
            } catch (MalformedMessageException e) {
                return Admission.malformed(e);
            }
        }
        Rejected tooLarge = fromClient ? Admission.judgeSize(batch.sizeInBytes(), config) : null;
        if (tooLarge != null) {
            return tooLarge;
        }
        if (fromClient && !isInternal() && !replica.folder().reserve().admits(batch.sizeInBytes())) {
            return new Rejected(ErrorCode.POLICY_VIOLATION, replica.folder().reserve().refusal());
        }
        batch.stamp(log.logEnd(), epoch);
        AppendOutcome outcome = write(batch, config.logAppendTime() ? nowMs : -1);
        if (outcome instanceof Appended) {
            if (batch.isTransactional()) {
                log.producers().transactionBegun(batch.producerId(), batch.producerEpoch());
            }
            finish();
        }
        return outcome;
    }

    private boolean isInternal() {
        return InternalTopics.isInternal(replica.id().topic());
    }

    /// Null for "go on".
    private @Nullable AppendOutcome answer(SequenceCheck check) {
        return switch (check) {
            case SequenceCheck.Accepted _ -> null;
            case SequenceCheck.Duplicate d -> new Appended(d.firstOffset(), d.lastOffset(),
                    replica.config().logAppendTime() ? d.timestamp() : -1, replica.log().logStart(), true);
            case SequenceCheck.WrittenBefore w -> new AppendOutcome.WrittenBefore(w.lastOffset());
            case SequenceCheck.Gap g -> new Rejected(ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER, g.reason());
            case SequenceCheck.Fenced f -> new Rejected(f.error(), f.reason());
            case SequenceCheck.NoTransaction n -> new Rejected(ErrorCode.INVALID_TXN_STATE, n.reason());
        };
    }

    private AppendOutcome write(RecordBatch batch, long logAppendTimeMs) {
        PartitionLog log = replica.log();
        try {
            log.append(batch);
        } catch (IOException e) {
            return failed(e);
        }
        appended(batch);
        return new Appended(batch.baseOffset(), batch.lastOffset(), logAppendTimeMs, log.logStart(), false);
    }

    private Rejected failed(IOException cause) {
        replica.goOffline(cause);
        return new Rejected(ErrorCode.KAFKA_STORAGE_ERROR, replica.offlineReason());
    }

    /// Writes the run in one go.
    List<AppendOutcome> append(MarkerRun run, long nowMs) {
        if (replicated != null && !replicated.core().isEnough()) {
            return run.unwritten(tooFewReplicas());
        }
        PartitionLog log = replica.log();
        List<RecordBatch> batches = run.judge(log, isInternal(), epoch, nowMs, replica::noRoomFor);
        try {
            log.append(batches);
        } catch (IOException e) {
            return run.unwritten(failed(e));
        }
        List<AppendOutcome> outcomes = run.written(log);
        replica.countProducers();
        if (!batches.isEmpty()) {
            batches.forEach(this::appended);
            finish();
        }
        return outcomes;
    }

    /// The batch stands in the log, and nobody has been told yet.
    private void appended(RecordBatch batch) {
        replica.appended();
        feed.appended(batch);
        written();
    }

    /// What was appended is told, and what is told waits for nothing of the caller's any more.
    private void finish() {
        announce();
        feed.settle();
        if (isAble()) {
            followers.appended(partition);
            replica.planFlush();
        }
    }

    /// As [Partition#verificationGuard].
    @Nullable VerificationGuard verificationGuard(long producerId, short producerEpoch, int baseSequence,
            boolean addsPartition) {
        if (replica.noRoomFor(producerId) != null) {
            return null;
        }
        VerificationGuard guard = replica.log().producers()
                .guard(producerId, producerEpoch, baseSequence, addsPartition, replica.loop().nowMs());
        replica.countProducers();
        return guard;
    }

    // ---- high watermark

    /// What a follower has of this leadership.
    void acknowledged(int follower, long end) {
        if (replicated != null) {
            acknowledged(follower, end, end);
        } else if (isAble() && highWatermark.acknowledged(follower, end)) {
            rose();
            announce();
        }
    }

    /// As [Leadership#acknowledged].
    void acknowledged(int follower, long end, long synced) {
        if (isAble() && replicated != null) {
            moved(replicated.has(follower, end, synced));
        }
    }

    /// @param risen whether the high watermark rose
    void moved(boolean risen) {
        if (risen && isAble()) {
            rose();
            announce();
        }
    }

    /// After whatever may have left fewer in sync than have to be: what was appended is not committed for now, and
    /// whoever has no time to lose asks again. Nobody waits as such a one while that is so.
    private void tellWhereTooFew() {
        if (replicated != null && !replicated.core().isEnough()) {
            waits.failTimed(ErrorCode.NOT_ENOUGH_REPLICAS_AFTER_APPEND);
        }
    }

    /// More of this replica counts than before, or its settings are others.
    void synced() {
        if (isAble()) {
            if (replicated != null && replicated.core().require(replica.config().minInSyncReplicas())) {
                rose();
            }
            if (replicated != null && replicated.judge()) {
                rose();
            }
            written();
            announce();
            tellWhereTooFew();
        }
    }

    boolean syncs() {
        return replica.config().flushAcks();
    }

    void tellFollowers() {
        followers.rose(partition);
    }

    private void written() {
        long end = replica.committable();
        Leadership several = replicated;
        if (several == null ? highWatermark.written(end) : several.core().written(end, nowMs())) {
            rose();
        }
    }

    private void rose() {
        feedDue = true;
        replica.log().producers().highWatermarkAdvanced(highWatermark());
        if (replicated != null) {
            followers.rose(partition);
        }
    }

    /// Tells whoever waits. What they do here may append again; that is told by the outer call, after them.
    private void announce() {
        if (announcing || feedWaits) {
            return;
        }
        announcing = true;
        try {
            while (feedDue && isAble()) {
                feedDue = false;
                feed.show(replica.log(), highWatermark());
                waits.release(highWatermark());
                watches.advanced(highWatermark(), partition.lastStableOffset());
            }
        } catch (IndexBeingBuilt e) {
            feedWaits = true;
            onIndexed(() -> {
                feedWaits = false;
                feedDue = true;
                announce();
            });
        } catch (IOException e) {
            replica.goOffline(e);
        } finally {
            announcing = false;
        }
    }

    void onIndexed(Runnable wake) {
        var _ = replica.log().onIndexed(replica.loop(), wake);
    }

    /// Others may lead: whoever has no time to lose is better off asking them. What is appended may be committed yet.
    void cutOff() {
        waits.failTimed(ErrorCode.NOT_LEADER_OR_FOLLOWER);
    }

    boolean isCutOff() {
        return followers.isCutOff();
    }

    long nextProof() {
        return followers.nextProof();
    }

    boolean isProven(long proof) {
        return followers.isProven(partition, proof);
    }

    Watch onProven(long proof, Runnable wake) {
        return followers.onProven(proof, wake);
    }

    void awaitCommitted(long lastOffset, long deadlineMs, Consumer<ErrorCode> done) {
        if (highWatermark() > lastOffset) {
            done.accept(ErrorCode.NONE);
        } else {
            waits.add(lastOffset, deadlineMs, done);
        }
    }

    void add(AppendListener listener) {
        feed.add(listener, highWatermark());
    }

    void remove(AppendListener listener) {
        feed.remove(listener);
    }

    Watch watch(Isolation isolation, long fetchOffset, Runnable wake) {
        return watches.add(isolation, fetchOffset, wake);
    }
}

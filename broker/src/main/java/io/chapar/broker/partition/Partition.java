package io.chapar.broker.partition;

import io.chapar.broker.log.LogConfig;
import io.chapar.broker.producer.VerificationGuard;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.UUID;
import java.util.function.Consumer;

/// A partition's leader. Everything on its loop.
@SuppressWarnings("DoNotCallSuggester") // until it does what it says
public final class Partition {
    private final TopicPartition id;

    private Partition(TopicPartition id) {
        this.id = id;
    }

    /// Opens or creates; recovers what a crash left. On a failing disk the partition comes up offline.
    public static Partition open(PartitionSetup setup) {
        return new Partition(setup.id());
    }

    public TopicPartition id() {
        return id;
    }

    public UUID topicId() {
        throw new UnsupportedOperationException();
    }

    public int leaderEpoch() {
        throw new UnsupportedOperationException();
    }

    public long highWatermark() {
        throw new UnsupportedOperationException();
    }

    public long lastStableOffset() {
        throw new UnsupportedOperationException();
    }

    public long logStartOffset() {
        throw new UnsupportedOperationException();
    }

    public long logEndOffset() {
        throw new UnsupportedOperationException();
    }

    /// Why the partition takes no part any more (an I/O error), or null while it is online.
    public String offlineReason() {
        throw new UnsupportedOperationException();
    }

    public LogConfig config() {
        throw new UnsupportedOperationException();
    }

    public void configure(LogConfig config) {
        throw new UnsupportedOperationException();
    }

    /// A new leadership of this replica; the epoch only rises.
    public void becomeLeader(int epoch) {
        throw new UnsupportedOperationException();
    }

    public AppendOutcome appendFromClient(ByteBuffer oneBatch, ClientAppend how, long nowMs) {
        throw new UnsupportedOperationException();
    }

    public AppendOutcome appendFromCoordinator(ByteBuffer oneBatch, long nowMs) {
        return appendFromCoordinator(oneBatch, null, nowMs);
    }

    /// @param guard for a transactional batch (TxnOffsetCommit), as in [ClientAppend#guard()]
    public AppendOutcome appendFromCoordinator(ByteBuffer oneBatch, VerificationGuard guard, long nowMs) {
        throw new UnsupportedOperationException();
    }

    public AppendOutcome appendMarker(MarkerAppend marker, long nowMs) {
        throw new UnsupportedOperationException();
    }

    /// @param addsPartition the coordinator is asked to add the partition (transaction version 2), not just to verify
    /// @return null when there is nothing to ask: the transaction is ongoing here, or the batch is stale and the
    ///         append will say so
    public VerificationGuard verificationGuard(
            long producerId, short producerEpoch, int baseSequence, boolean addsPartition) {
        throw new UnsupportedOperationException();
    }

    /// `done` gets NONE once the high watermark is above the offset, at once if it is already; else REQUEST_TIMED_OUT,
    /// NOT_LEADER_OR_FOLLOWER or KAFKA_STORAGE_ERROR, all of which leave the outcome unknown.
    public void awaitCommitted(long lastOffset, long deadlineMs, Consumer<ErrorCode> done) {
        throw new UnsupportedOperationException();
    }

    public ReadOutcome read(ReadRequest request) {
        throw new UnsupportedOperationException();
    }

    public Watch onReadable(Isolation isolation, long fetchOffset, Runnable wake) {
        throw new UnsupportedOperationException();
    }

    public OffsetAtTime offsetForTimestamp(long timestamp, Isolation isolation, int currentLeaderEpoch) {
        throw new UnsupportedOperationException();
    }

    public EpochEnd endOffsetForEpoch(int currentLeaderEpoch, int epoch) {
        throw new UnsupportedOperationException();
    }

    /// @param offset -1 for the high watermark
    public ErrorCode deleteRecordsBefore(long offset, long nowMs) {
        throw new UnsupportedOperationException();
    }

    public void addAppendListener(AppendListener listener) {
        throw new UnsupportedOperationException();
    }

    public List<ProducerDescription> describeProducers() {
        throw new UnsupportedOperationException();
    }

    /// Retention, expiry of producers, age-driven rolls. Called every few minutes, or in tests at any time.
    public void housekeep(long nowMs) {
        throw new UnsupportedOperationException();
    }

    /// Syncs and writes what makes the next open instant. Blocks; the partition is of no use afterwards.
    public void close() {
        throw new UnsupportedOperationException();
    }

    /// Deletes the partition's folder. The partition is of no use afterwards.
    public void delete() {
        throw new UnsupportedOperationException();
    }
}

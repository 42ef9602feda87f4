package io.chapar.broker.share.state;

import io.chapar.broker.share.state.ShareStateRecord.Snapshot;
import io.chapar.broker.share.state.ShareStateRecord.Update;
import io.chapar.protocol.ErrorCode;

import java.util.List;

/// What is known of one partition of one share group. Changes by records alone.
final class ShareState {
    private int snapshotEpoch;
    private int stateEpoch;
    private int leaderEpoch;
    private long startOffset;
    private int completeCount;
    private long createdMs;
    private long writtenMs;
    private int updates;
    private long snapshotAt;
    private final StateBatches batches = new StateBatches();

    void apply(Snapshot record, long offset) {
        snapshotEpoch = record.snapshotEpoch();
        stateEpoch = record.stateEpoch();
        leaderEpoch = record.leaderEpoch();
        startOffset = record.startOffset();
        completeCount = record.completeCount();
        createdMs = record.createdMs();
        writtenMs = record.writtenMs();
        updates = 0;
        snapshotAt = offset;
        batches.clear();
        record.batches().forEach(batches::put);
    }

    void apply(Update record) {
        leaderEpoch = record.leaderEpoch();
        updates++;
        completeCount = record.completeCount() >= 0 ? record.completeCount() : completeCount;
        record.batches().forEach(batches::put);
        if (record.startOffset() >= 0) {
            startOffset = record.startOffset();
            batches.startAt(startOffset);
        }
    }

    /// Whether the write would take something back. Of one leadership there may be several who write one after the
    /// other: whoever was not answered in time goes on from what is written then, and does not know whether its write
    /// is still on its way. One that comes so late is behind; and whoever is behind a late one reads it before it
    /// writes.
    boolean isAheadOf(long start, List<StateBatch> said) {
        return (start >= 0 && start < startOffset) || said.stream().anyMatch(batches::isAheadOf);
    }

    int snapshotEpoch() {
        return snapshotEpoch;
    }

    int stateEpoch() {
        return stateEpoch;
    }

    int leaderEpoch() {
        return leaderEpoch;
    }

    /// Since the last snapshot.
    int updates() {
        return updates;
    }

    /// The offset of the last snapshot.
    long snapshotAt() {
        return snapshotAt;
    }

    int batchCount() {
        return batches.size();
    }

    /// What a snapshot says after the update, which nothing came between.
    Snapshot after(Update update, long nowMs) {
        ShareState then = new ShareState();
        then.apply(snapshot(update.key(), nowMs), 0);
        then.apply(update);
        return then.snapshot(update.key(), nowMs);
    }

    /// All of it, under the next epoch of snapshots.
    Snapshot snapshot(ShareKey key, long nowMs) {
        return new Snapshot(key, snapshotEpoch + 1, stateEpoch, leaderEpoch, startOffset, completeCount, createdMs,
                nowMs, batches.all());
    }

    ShareStateReply told() {
        return new ShareStateReply(
                ErrorCode.NONE, stateEpoch, leaderEpoch, startOffset, completeCount, batches.all());
    }

    ShareStateReply summary() {
        return new ShareStateReply(
                ErrorCode.NONE, stateEpoch, leaderEpoch, startOffset, completeCount, List.of());
    }

    @Override
    public String toString() {
        return "epochs " + snapshotEpoch + " " + stateEpoch + " " + leaderEpoch + " start " + startOffset + " complete "
                + completeCount + " at " + createdMs + " " + writtenMs + " updates " + updates + " since " + snapshotAt
                + " " + batches;
    }
}

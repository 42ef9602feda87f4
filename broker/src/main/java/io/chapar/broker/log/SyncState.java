package io.chapar.broker.log;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.SequencedSet;

/// How much of a log is on stable storage, ahead of what its checkpoint says. One sync at a time is under way.
///
/// `recovery point <= synced <= log end`: a sync of the batches alone moves `synced`; one of indexes and producers as
/// well moves the recovery point with it.
final class SyncState {
    private final SequencedSet<String> newNames = new LinkedHashSet<>();
    private long synced;
    private long bytesSinceCheckpoint;
    private boolean underWay;

    /// Files whose names no sync has covered yet.
    void created(String path) {
        newNames.add(path);
    }

    void appended(int bytes) {
        bytesSinceCheckpoint += bytes;
    }

    long bytesSinceCheckpoint() {
        return bytesSinceCheckpoint;
    }

    /// Every batch below is found again after any crash.
    long synced() {
        return synced;
    }

    /// @param bytesBehind of batches behind the recovery point
    void recovered(long syncedTo, long bytesBehind) {
        synced = syncedTo;
        bytesSinceCheckpoint = bytesBehind;
    }

    boolean isUnderWay() {
        return underWay;
    }

    /// Something else has the disk to itself, as a sync would.
    void hold() {
        underWay = true;
    }

    void release() {
        underWay = false;
    }

    /// Gives the new names that this sync is to cover.
    List<String> begin(boolean checkpoint) {
        underWay = true;
        if (checkpoint) {
            bytesSinceCheckpoint = 0;
        }
        return new ArrayList<>(newNames);
    }

    /// @param covered from [#begin]
    void ended(boolean well, List<String> covered, long upTo) {
        underWay = false;
        if (well) {
            newNames.removeAll(covered);
            synced = Math.max(synced, upTo);
        }
    }

    void truncated(long logEnd) {
        synced = Math.min(synced, logEnd);
    }
}

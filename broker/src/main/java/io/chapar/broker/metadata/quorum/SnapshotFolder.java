package io.chapar.broker.metadata.quorum;

import org.apache.ratis.statemachine.impl.SimpleStateMachineStorage;
import org.apache.ratis.statemachine.impl.SingleFileSnapshotInfo;
import org.jspecify.annotations.Nullable;

/// Where the library keeps snapshots. Whoever leads asks for the latest before whatever it sends to another voter, and
/// as long as there is none the library lists the folder for that, each time. A snapshot comes into the folder only by
/// this voter's taking one, or by another's that is loaded then; both are told here.
final class SnapshotFolder extends SimpleStateMachineStorage {
    private volatile @Nullable SingleFileSnapshotInfo latest;

    @Override
    public @Nullable SingleFileSnapshotInfo getLatestSnapshot() {
        return latest;
    }

    @Override
    public @Nullable SingleFileSnapshotInfo loadLatestSnapshot() {
        SingleFileSnapshotInfo loaded = super.loadLatestSnapshot();
        latest = loaded;
        return loaded;
    }

    @Override
    public SingleFileSnapshotInfo updateLatestSnapshot(SingleFileSnapshotInfo taken) {
        SingleFileSnapshotInfo updated = super.updateLatestSnapshot(taken);
        latest = updated;
        return updated;
    }
}

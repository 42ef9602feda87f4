package io.chapar.broker.partition;

import io.chapar.broker.log.PartitionLog;
import io.chapar.broker.metadata.PartitionImage;
import io.chapar.protocol.BufferRecords;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.IntPredicate;

/// What the leader of a partition with several replicas has to do with those who follow: from the first image of one
/// leadership on. Of the partition's loop.
public final class Leadership {
    private final Leading leading;
    private final IsrCore core;
    private final Map<Integer, Has> had = new TreeMap<>();
    /// What is on stable storage alone counts.
    private boolean syncs;

    /// What a follower has, and what of it is on stable storage there.
    private record Has(long end, long synced) {
        long counting(boolean syncs) {
            return syncs ? synced : end;
        }
    }

    Leadership(Leading leading, IsrCore core) {
        this.leading = leading;
        this.core = core;
        this.syncs = leading.syncs();
    }

    IsrCore core() {
        return core;
    }

    /// Whether it is a replica, as far as this leader knows.
    public boolean isReplica(int node) {
        return core.isReplica(node);
    }

    public boolean isInSync(int node) {
        return core.isInSync(node);
    }

    /// What a follower has of this leadership; -1 where that is not known.
    public long endOf(int node) {
        return core.endOf(node);
    }

    /// By node, how many records each follower misses; without those of whom that is not known.
    public Map<Integer, Long> behind() {
        return core.behind();
    }

    /// Whether as many are in sync as have to be.
    public boolean isEnough() {
        return core.isEnough();
    }

    /// As [Partition#isAtItsBeginning].
    boolean isAtItsBeginning() {
        return core.isAtItsBeginning();
    }

    /// As [Followers#isCutOff].
    boolean isCutOff() {
        return leading.isCutOff();
    }

    /// As [Followers#nextProof].
    long nextProof() {
        return leading.nextProof();
    }

    /// As [Followers#isProven].
    boolean isProven(long proof) {
        return leading.isProven(proof);
    }

    /// As [Followers#onProven].
    Watch onProven(long proof, Runnable wake) {
        return leading.onProven(proof, wake);
    }

    /// Nothing is to be expected of time alone.
    public boolean isSettled() {
        return core.isSettled();
    }

    /// What a follower has of this leadership.
    ///
    /// @param synced what of it is on stable storage there
    public void acknowledged(int node, long end, long synced) {
        leading.acknowledged(node, end, synced);
    }

    /// Whether the high watermark rose.
    boolean has(int node, long end, long synced) {
        Has now = new Has(end, synced);
        had.put(node, now);
        return core.acknowledged(node, now.counting(syncs), leading.nowMs());
    }

    /// Settings may be others: what followers have said counts by those of now. Whether the high watermark rose.
    boolean judge() {
        if (syncs == leading.syncs()) {
            return false;
        }
        syncs = leading.syncs();
        boolean risen = false;
        for (Map.Entry<Integer, Has> one : had.entrySet()) {
            risen |= core.acknowledged(one.getKey(), one.getValue().counting(syncs), leading.nowMs());
        }
        // They are told what is wanted of them.
        leading.tellFollowers();
        return risen;
    }

    /// Whether what is on stable storage alone counts, here and at followers.
    public boolean syncs() {
        return syncs;
    }

    /// A follower's link has ended, or its life: what it has is not known.
    public void lost(int node) {
        had.remove(node);
        core.lost(node, leading.nowMs());
    }

    /// This broker is cut off ([Followers#isCutOff]): those who wait for what is not committed, and not for ever, are
    /// told that another may lead.
    public void cutOff() {
        leading.cutOff();
    }

    /// Whom the cluster is to take for in sync; null for no change.
    ///
    /// @param mayJoin as of [IsrCore#wish]
    public IsrCore.@Nullable Wish wish(IntPredicate mayJoin) {
        return core.wish(leading.nowMs(), mayJoin);
    }

    /// The cluster has refused the wish, and has the partition as it was.
    public void refused(IsrCore.Wish wish) {
        leading.moved(core.refused(wish, leading.nowMs()));
    }

    /// The cluster has the partition so.
    void become(PartitionImage image) {
        leading.moved(core.become(image));
    }

    /// Whole batches from a position on, committed or not, at least one if there is any: from memory where they are
    /// fresh, else from the log. The bytes do not change any more.
    public Batches read(long from, int maxBytes) throws IOException {
        CommittedFeed.Copied fresh = leading.copied(from, maxBytes);
        if (fresh != null) {
            return new Batches(fresh.bytes(), fresh.next());
        }
        PartitionLog log = leading.log();
        PartitionLog.Slice slice = log.slice(from, log.logEnd(), maxBytes, true);
        if (slice == null) {
            return new Batches(BufferRecords.EMPTY.bytes(), log.logEnd());
        }
        try {
            return new Batches(slice.records().load(), slice.endOffset());
        } finally {
            slice.records().release();
        }
    }

    /// The same object for as long as nothing of the log is compacted away, and no other log takes its place.
    public Object shape() {
        return leading.log().cleaning().shape();
    }

    /// Whether the batch of this offset is in the log.
    public boolean has(long offset) throws IOException {
        PartitionLog log = leading.log();
        PartitionLog.Slice slice = log.slice(offset, log.logEnd(), 1, true);
        if (slice == null) {
            return false;
        }
        slice.records().release();
        return slice.baseOffset() <= offset;
    }

    /// Runs it in another turn, when what was not to be read because of [io.chapar.broker.log.IndexBeingBuilt] may be.
    public void onIndexed(Runnable wake) {
        leading.onIndexed(wake);
    }

    /// @param next the position behind them
    public record Batches(ByteBuffer bytes, long next) {}
}

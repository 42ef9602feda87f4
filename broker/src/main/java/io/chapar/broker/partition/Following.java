package io.chapar.broker.partition;

import io.chapar.broker.log.PartitionLog;
import io.chapar.protocol.MalformedMessageException;
import io.chapar.protocol.record.RecordBatch;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/// Another broker leads: the log becomes what its log is. Whatever comes has been judged by the leader and is not
/// judged again; it only has to be whole, to continue the log, and to be of no epoch that its leader cannot have had.
///
/// Of one leadership, and of the partition's loop.
public final class Following implements Role {
    private final Replica replica;
    private final int leader;
    private final int epoch;
    private final ReadWatches watches;
    private long highWatermark;
    /// Where the leader's log begins, as far as it has said.
    private long leaderStart;
    /// The log's start is being moved: one move at a time, and what the leader says meanwhile is the next one.
    private boolean starting;
    private boolean over;

    /// @param highWatermark what is known to be committed
    Following(Replica replica, int leader, int epoch, long highWatermark) {
        this.replica = replica;
        this.leader = leader;
        this.epoch = epoch;
        this.highWatermark = highWatermark;
        this.watches = new ReadWatches(replica.loop());
    }

    int leader() {
        return leader;
    }

    public int epoch() {
        return epoch;
    }

    @Override
    public long highWatermark() {
        return highWatermark;
    }

    public long logEnd() {
        return replica.figure(PartitionLog::logEnd);
    }

    /// Of the last batch; -1 for none.
    public int lastEpoch() {
        return (int) replica.figure(PartitionLog::lastEpoch);
    }

    /// Where the transactions begin that have no marker in the log.
    public List<Long> open() {
        PartitionLog log = replica.lastLog();
        return log == null ? List.of() : log.producers().open();
    }

    /// How far the log is on stable storage; 0 where nobody waits for it.
    public long synced() {
        return replica.syncsAtOnce() ? replica.figure(PartitionLog::syncedTo) : 0;
    }

    /// Whether the leader waits for what is appended here to be synced, whatever is set here.
    public void syncAtOnce(boolean wanted) {
        replica.syncAtOnce(wanted);
    }

    /// Takes the batches to the end of the log, all or none.
    ///
    /// @return false when they are not what can come next, or the disk took the replica offline
    public boolean append(ByteBuffer bytes) {
        if (!replica.isOnline()) {
            return false;
        }
        List<RecordBatch> batches = judged(bytes);
        if (batches == null) {
            return false;
        }
        try {
            for (int from = 0, to; from < batches.size(); from = to) {
                int of = batches.get(from).partitionLeaderEpoch();
                to = from + 1;
                while (to < batches.size() && batches.get(to).partitionLeaderEpoch() == of) {
                    to++;
                }
                replica.log().append(batches.subList(from, to));
            }
        } catch (IOException e) {
            replica.goOffline(e);
            return false;
        }
        replica.appended();
        replica.countProducers();
        replica.planFlush();
        return true;
    }

    /// Null when they cannot come next.
    private @Nullable List<RecordBatch> judged(ByteBuffer bytes) {
        List<RecordBatch> batches = new ArrayList<>(1);
        long end = logEnd();
        int last = lastEpoch();
        try {
            for (int at = bytes.position(); at < bytes.limit();) {
                if (bytes.limit() - at < RecordBatch.HEADER_BYTES) {
                    return null;
                }
                RecordBatch batch = RecordBatch.at(bytes, at);
                boolean fits = batch.isCrcValid() && batch.baseOffset() >= end && batch.nextOffset() > end
                        && batch.partitionLeaderEpoch() >= last && batch.partitionLeaderEpoch() <= epoch;
                if (!fits) {
                    return null;
                }
                batches.add(batch);
                end = batch.nextOffset();
                last = batch.partitionLeaderEpoch();
                at += batch.sizeInBytes();
            }
        } catch (MalformedMessageException e) {
            return null;
        }
        return batches;
    }

    /// All below is committed, as the leader says, and its log begins there.
    public void advance(long to, long logStart) {
        if (!replica.isOnline()) {
            return;
        }
        highWatermark = Math.max(highWatermark, Math.min(to, replica.log().logEnd()));
        replica.log().producers().highWatermarkAdvanced(highWatermark);
        watches.advanced(highWatermark, replica.lastStable(highWatermark));
        leaderStart = logStart;
        moveStart();
    }

    /// To where the leader's log begins, unless that has to wait for records. Where the disk refuses it the replica
    /// goes offline, and hears all anew once it is back.
    private void moveStart() {
        if (!starting && leaderStart > replica.log().logStart() && leaderStart <= highWatermark) {
            starting = true;
            replica.advanceLogStart(leaderStart, _ -> {
                starting = false;
                // The leader may have said more meanwhile, and may have nothing to say from now on.
                if (!over && replica.isOnline()) {
                    moveStart();
                }
            });
        }
    }

    /// What retention takes here is gone at the leader, too: whoever is sent here to read finds what it was sent for.
    long retainable() {
        return Math.min(highWatermark, leaderStart);
    }

    /// As [Partition#onReadableHere].
    Watch watch(Isolation isolation, long fetchOffset, Runnable wake) {
        long readable = isolation == Isolation.READ_COMMITTED ? replica.lastStable(highWatermark) : highWatermark;
        if (readable > fetchOffset) {
            replica.loop().execute(wake);
            return () -> { };
        }
        return watches.add(isolation, fetchOffset, wake);
    }

    /// There is no point in waiting any more: the partition has another role, or its disk does not give it.
    void end() {
        over = true;
        replica.syncAtOnce(false);
        watches.wakeAll();
    }

    /// Cuts the log to the end of this epoch in it, to `end`, or to where it ends, whichever is least, but not below
    /// its start; away from the loop. Nothing else happens to the partition until then.
    ///
    /// @param then runs on the loop when that is done; not where the disk took the replica offline, or it has ended
    public void cut(int ofEpoch, long end, Runnable then) {
        PartitionLog log = replica.log();
        long[] own = log.endOfEpoch(ofEpoch);
        long to = Math.min(end, Math.min(log.logEnd(), own[0] < 0 ? log.logEnd() : own[1]));
        replica.cut(Math.max(log.logStart(), to), then);
    }

    /// Drops all that the log holds, and begins it there. As [#cut].
    public void beginAnew(long logStart, Runnable then) {
        replica.beginAnew(logStart, then);
    }

    /// The log is another.
    void wasCut() {
        PartitionLog log = replica.log();
        highWatermark = Math.clamp(highWatermark, log.logStart(), log.logEnd());
    }
}

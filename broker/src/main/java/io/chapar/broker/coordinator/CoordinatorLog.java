package io.chapar.broker.coordinator;

import io.chapar.broker.partition.LeadershipProof;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.function.Consumer;

/// The log of one coordinator: one partition of an internal topic, used on that partition's loop alone.
///
/// A coordinator decides, appends here, and only when the append is [Appending.Committed] applies it to its state and
/// answers. What [Replay] shows after a restart is then exactly what was applied, in the same order.
public interface CoordinatorLog {
    TopicPartition id();

    /// The epoch of the leadership in which this log is written; a coordinator's own epoch.
    int coordinatorEpoch();

    /// Shows the whole log below the high watermark, in offset order, then runs `loaded`. Nothing that is committed
    /// meanwhile is lost: it is either shown before `loaded`, or reported by [#onMarker] and the appends' own results
    /// after it. Once only, before the first append.
    void load(Replay into, Runnable loaded);

    /// Appends the records together, in this order, in one batch: all of them become visible or none. Appends without
    /// a stamp that are made in one turn of the loop share a batch where it has room. `done` runs on the loop, in the
    /// order of the appends, never inside this call.
    ///
    /// @param txnOrNull the transaction that the records belong to (TxnOffsetCommit), from [#stamp]
    void append(List<KeyValue> records, @Nullable ProducerStamp txnOrNull, Consumer<Appending> done);

    /// To be taken before the transaction coordinator is asked to add or verify this partition, and handed to
    /// [#append] afterwards. If the transaction ended in between, the append fails with INVALID_TXN_STATE, or
    /// INVALID_PRODUCER_EPOCH, and has no effect.
    ///
    /// @param addsPartition the question will put the partition into the transaction (transaction version 2)
    ProducerStamp stamp(long producerId, short producerEpoch, boolean addsPartition);

    /// Tells whether the leadership in which this log is written was the latest when this was called, or later: whoever
    /// is told what this coordinator knows without an append would else be told what is old, where another has taken
    /// its place and it has not heard of that. `done` runs on the loop, once, now or later; false where it cannot be
    /// found out.
    void proveLeadership(LeadershipProof.Answer done);

    /// What stands before this offset is not needed any more, and may be deleted.
    void deleteBefore(long offset);

    /// Every marker that is committed in this partition after `loaded` goes to the listener, in offset order. One
    /// listener; set before [#load].
    void onMarker(MarkerListener listener);

    /// Runs `then`, once, when this log has come to its end: another broker leads the partition, or it was offline
    /// because of its disk and is online again with what the disk has kept. Nothing can be appended here any more;
    /// whoever coordinates over this log resigns, and another is elected with the log that is opened then.
    void onEnd(Runnable then);

    /// @param value null for a tombstone
    record KeyValue(ByteBuffer key, @Nullable ByteBuffer value) {}

    /// What became of an append.
    sealed interface Appending {
        /// Below the high watermark, in the leadership that wrote it.
        record Committed(long baseOffset) implements Appending {}

        /// Not applied and not to be answered as done. The records may still be found in the log after a change of
        /// leadership (REQUEST_TIMED_OUT, NOT_LEADER_OR_FOLLOWER); every other error had no effect.
        record Failed(ErrorCode error) implements Appending {}
    }

    /// Receives the log's records and markers in offset order. Buffers are the receiver's to keep.
    interface Replay {
        /// @param value null for a tombstone
        /// @param producerId of the transaction that the record belongs to, or -1
        void record(long offset, @Nullable ByteBuffer key, @Nullable ByteBuffer value, long producerId);

        void marker(Marker marker);
    }

    /// The end of a transaction, as found in the log at `offset`.
    record Marker(long offset, long producerId, short producerEpoch, int coordinatorEpoch, boolean commit) {}

    @FunctionalInterface
    interface MarkerListener {
        /// A transaction ended here. The listener runs `materialised`, once, when readers of its state see the
        /// outcome; the transaction coordinator counts the marker as written only then.
        void committed(Marker marker, Runnable materialised);
    }
}

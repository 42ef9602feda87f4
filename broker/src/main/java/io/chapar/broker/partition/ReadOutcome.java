package io.chapar.broker.partition;

import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.Records;
import org.jspecify.annotations.Nullable;

import java.util.List;

/// What a read found. The watermarks belong to the slice: all were taken at one moment.
public sealed interface ReadOutcome {

    /// Whole batches only; the first one may begin before the asked offset.
    ///
    /// @param records never null; when it is a [io.chapar.broker.log.FileRecords], whoever got it releases it once
    /// @param aborted exactly the aborted transactions that touch the slice, by first offset; null for
    ///        read_uncommitted
    record Slice(
            Records records, long highWatermark, long lastStableOffset, long logStartOffset,
            @Nullable List<AbortedTxn> aborted)
            implements ReadOutcome {}

    /// The reader's history differs from this log: what it has beyond `endOffset` of `epoch` was never committed.
    record Diverging(int epoch, long endOffset, long highWatermark, long lastStableOffset, long logStartOffset)
            implements ReadOutcome {}

    /// Where the records are is not known until an index has been built anew: see [Partition#onIndexed]. To a client it
    /// is as if there were none yet.
    record Indexing(long highWatermark, long lastStableOffset, long logStartOffset) implements ReadOutcome {}

    /// The reader asks for more than this log has, or names an epoch that it does not know. Either nobody has it, or
    /// another broker leads by now and this one has not heard of it, which is to be found out first: a reader that is
    /// told that its offset is out of range goes to where its policy sends it, and reads all again. To be asked for
    /// again when [Partition#onProven] wakes.
    ///
    /// @param proof as [Followers#nextProof], when the question came
    record Unproven(long proof, long highWatermark, long lastStableOffset, long logStartOffset)
            implements ReadOutcome {}

    /// Nothing was read: the reader is to ask that follower instead, which is nearer to it.
    record Elsewhere(int node, long highWatermark, long lastStableOffset, long logStartOffset)
            implements ReadOutcome {}

    /// The watermarks are -1 where the partition cannot say.
    record ReadRejected(ErrorCode error, long highWatermark, long lastStableOffset, long logStartOffset)
            implements ReadOutcome {
        public ReadRejected(ErrorCode error) {
            this(error, -1, -1, -1);
        }
    }

    /// From `firstOffset` on, the producer's transactional records are to be dropped, until its next ABORT marker.
    record AbortedTxn(long producerId, long firstOffset) {}
}

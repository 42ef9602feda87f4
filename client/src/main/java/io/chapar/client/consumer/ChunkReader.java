package io.chapar.client.consumer;

import io.chapar.protocol.MalformedMessageException;
import io.chapar.protocol.record.BatchFault;
import io.chapar.protocol.record.RecordBatch;
import io.chapar.protocol.record.RecordBatches;
import io.chapar.protocol.record.RecordCursor;
import io.chapar.protocol.record.TimestampType;
import org.jspecify.annotations.Nullable;

import java.util.Iterator;

import static java.util.Objects.requireNonNull;

/// Reads one [FetchedData] record by record: checks each batch before it opens it, leaves out what lies before the
/// position, control batches and, where asked for, aborted records. Decompresses one batch at a time, when it is
/// reached.
final class ChunkReader {
    private final FetchedData data;
    private final Iterator<RecordBatch> batches;
    private final @Nullable CommittedReadFilter filter;
    /// The batch and the record in it that was reached; null before the first and between two batches.
    private @Nullable Open open;
    private boolean waiting;
    private @Nullable MalformedMessageException failure;
    private long position;
    private int epoch;

    private record Open(RecordBatch batch, RecordCursor cursor) {
    }

    ChunkReader(FetchedData data) {
        this.data = data;
        batches = RecordBatches.of(data.records()).iterator();
        filter = data.aborted() == null ? null : new CommittedReadFilter(data.aborted());
        position = data.startOffset();
        epoch = RecordBatch.NO_LEADER_EPOCH;
    }

    FetchedData data() {
        return data;
    }

    /// Where reading goes on: behind everything taken and everything passed over.
    long position() {
        return position;
    }

    /// The epoch of the last batch that was opened or passed over; -1 before the first.
    int epoch() {
        return epoch;
    }

    /// Goes to the next record to be seen, unless one is waiting already. False at the end. After a
    /// [MalformedMessageException] nothing more can be read here: every further call throws it again. [#position()] is
    /// still right.
    boolean hasRecord() {
        if (failure != null) {
            throw failure;
        }
        try {
            return goToRecord();
        } catch (MalformedMessageException e) {
            failure = e;
            throw e;
        }
    }

    private boolean goToRecord() {
        while (!waiting) {
            Open here = open == null ? openNext() : open;
            open = here;
            if (here == null) {
                position = Math.max(position, data.nextOffset());
                epoch = data.lastEpoch();
                return false;
            }
            if (!here.cursor.advance()) {
                open = null;
                passed(here.batch);
            } else if (here.cursor.offset() >= position) {
                waiting = true;
            }
        }
        return true;
    }

    /// The record that is waiting, valid until it is taken.
    RecordCursor record() {
        return here().cursor;
    }

    /// The leader epoch of the batch of the waiting record.
    int batchEpoch() {
        return here().batch.partitionLeaderEpoch();
    }

    TimestampType timestampType() {
        return here().batch.timestampType();
    }

    /// The waiting record has been delivered.
    void take() {
        waiting = false;
        position = here().cursor.offset() + 1;
        epoch = here().batch.partitionLeaderEpoch();
    }

    void close() {
        if (open != null) {
            open.cursor.close();
            open = null;
        }
    }

    private Open here() {
        return requireNonNull(open, "a record waits");
    }

    private @Nullable Open openNext() {
        while (batches.hasNext()) {
            RecordBatch next = batches.next();
            BatchFault fault = next.fault();
            if (fault != null) {
                throw new MalformedMessageException("batch at offset " + next.baseOffset() + ": " + fault);
            }
            if (!next.isCrcValid()) {
                throw new MalformedMessageException("batch at offset " + next.baseOffset() + " fails its checksum");
            }
            boolean shown = filter == null ? !next.isControl() : filter.shows(next);
            if (shown && next.nextOffset() > position) {
                return new Open(next, next.cursor());
            }
            passed(next);
        }
        return null;
    }

    private void passed(RecordBatch over) {
        position = Math.max(position, over.nextOffset());
        epoch = over.partitionLeaderEpoch();
    }
}

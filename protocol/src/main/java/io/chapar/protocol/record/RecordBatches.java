package io.chapar.protocol.record;

import io.chapar.protocol.MalformedMessageException;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.util.Iterator;
import java.util.NoSuchElementException;

/// Consecutive batches in a buffer, from its position to its limit. What a fetch answers may end in the beginning of
/// another batch; the iteration stops before it. A length or format version that no batch can have is a
/// [MalformedMessageException] when the iteration gets there; nothing else of a batch has been checked.
public final class RecordBatches implements Iterable<RecordBatch> {
    private final ByteBuffer buffer;
    private final int start;

    private RecordBatches(ByteBuffer buffer) {
        this.buffer = buffer;
        this.start = buffer.position();
    }

    /// The buffer's position and limit may not change while this is in use.
    public static RecordBatches of(ByteBuffer buffer) {
        return new RecordBatches(buffer);
    }

    /// The one batch that fills the buffer from position to limit; anything else is malformed.
    public static RecordBatch single(ByteBuffer buffer) {
        RecordBatch batch = RecordBatch.at(buffer, buffer.position());
        if (batch.sizeInBytes() != buffer.remaining()) {
            throw new MalformedMessageException("expected one batch of " + buffer.remaining() + " bytes, found "
                    + batch.sizeInBytes());
        }
        return batch;
    }

    /// How many bytes the whole batches take, without a partial last one.
    public int completeBytes() {
        int position = start;
        for (RecordBatch batch = batchAt(position); batch != null; batch = batchAt(position)) {
            position += batch.sizeInBytes();
        }
        return position - start;
    }

    @Override
    public Iterator<RecordBatch> iterator() {
        return new Iterator<>() {
            private @Nullable RecordBatch next;
            private int position = start;

            @Override
            public boolean hasNext() {
                if (next == null) {
                    next = batchAt(position);
                }
                return next != null;
            }

            @Override
            public RecordBatch next() {
                RecordBatch batch = hasNext() ? next : null;
                if (batch == null) {
                    throw new NoSuchElementException();
                }
                position += batch.sizeInBytes();
                next = null;
                return batch;
            }
        };
    }

    private @Nullable RecordBatch batchAt(int position) {
        if (buffer.limit() - position < RecordBatch.HEADER_BYTES) {
            return null;
        }
        RecordBatch batch = RecordBatch.at(buffer, position);
        return batch.isComplete() ? batch : null;
    }
}

package io.chapar.console.view;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.chapar.protocol.record.Header;
import io.chapar.protocol.record.RecordBatch;
import io.chapar.protocol.record.RecordCursor;
import io.chapar.protocol.record.TimestampType;
import org.jspecify.annotations.Nullable;

import java.util.List;

/// One record, marker, or batch that cannot be read.
///
/// @param headerCount of which the first are here
/// @param transaction null where it is in none
@JsonInclude(JsonInclude.Include.NON_NULL)
record RecordRow(Kind kind, long offset, long timestamp, @Nullable Boolean appendTime, @Nullable Bytes key,
        @Nullable Bytes value, @Nullable List<HeaderRow> headers, int headerCount, @Nullable Fate transaction,
        @Nullable Long producerId, @Nullable Integer producerEpoch, @Nullable String compression, int leaderEpoch,
        @Nullable String fault) {

    enum Kind { RECORD, COMMIT, ABORT, CONTROL, UNREADABLE }

    /// What became of the transaction that a record is in. ENDED: it has been committed or aborted, and the marker that
    /// says which is farther on than was read.
    enum Fate { COMMITTED, ABORTED, OPEN, ENDED }

    record HeaderRow(String key, @Nullable Bytes value) {
    }

    /// How many bytes of each are shown.
    record Sizes(int key, int value, int header, int headers) {
        static final Sizes PREVIEW = new Sizes(256, 1_024, 128, 16);
        static final Sizes WHOLE = new Sizes(64 << 10, 1 << 20, 8 << 10, 100);
        private static final int HEADER_KEY = 256;
    }

    static RecordRow record(RecordBatch batch, RecordCursor cursor, @Nullable Fate fate, Sizes sizes) {
        List<Header> headers = cursor.headers();
        return new RecordRow(Kind.RECORD, cursor.offset(), cursor.timestamp(), appendTime(batch),
                Bytes.of(cursor.key(), sizes.key), Bytes.of(cursor.value(), sizes.value),
                headers.stream().limit(sizes.headers).map(one -> new HeaderRow(
                        one.key().substring(0, Math.min(one.key().length(), Sizes.HEADER_KEY)),
                        Bytes.of(one.value(), sizes.header))).toList(),
                headers.size(), fate, producerId(batch), producerEpoch(batch), batch.compression().toString(),
                batch.partitionLeaderEpoch(), null);
    }

    static RecordRow mark(RecordBatch batch, Kind kind) {
        return new RecordRow(kind, batch.baseOffset(), batch.maxTimestamp(), null, null, null, null, 0, null,
                producerId(batch), producerEpoch(batch), null, batch.partitionLeaderEpoch(), null);
    }

    static RecordRow unreadable(long offset, String fault) {
        return new RecordRow(Kind.UNREADABLE, offset, -1, null, null, null, null, 0, null, null, null, null, -1,
                fault);
    }

    private static Boolean appendTime(RecordBatch batch) {
        return batch.timestampType() == TimestampType.LOG_APPEND_TIME;
    }

    private static @Nullable Long producerId(RecordBatch batch) {
        return batch.hasProducerId() ? batch.producerId() : null;
    }

    private static @Nullable Integer producerEpoch(RecordBatch batch) {
        return batch.hasProducerId() ? (int) batch.producerEpoch() : null;
    }

    /// About what it takes in an answer, in bytes.
    int weight() {
        int weight = 200 + weight(key) + weight(value);
        for (HeaderRow header : headers == null ? List.<HeaderRow>of() : headers) {
            weight += header.key.length() + weight(header.value);
        }
        return weight;
    }

    private static int weight(@Nullable Bytes bytes) {
        if (bytes == null) {
            return 0;
        }
        return (bytes.text() == null ? 0 : bytes.text().length())
                + (bytes.base64() == null ? 0 : bytes.base64().length());
    }
}

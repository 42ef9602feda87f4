package io.chapar.broker.partition;

import io.chapar.broker.log.PartitionLog;
import io.chapar.protocol.record.RecordBatch;
import io.chapar.protocol.record.RecordBatches;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/// Shows committed batches to listeners, in offset order and once. A batch that is committed as it is appended is
/// shown as it came; what waited for the high watermark is read back from the log.
final class CommittedFeed {
    private static final int READ_BYTES = 1 << 20;

    private final List<Subscriber> subscribers = new ArrayList<>();

    private static final class Subscriber {
        private final AppendListener listener;
        private long next;

        private Subscriber(AppendListener listener, long next) {
            this.listener = listener;
            this.next = next;
        }
    }

    void add(AppendListener listener, long from) {
        subscribers.add(new Subscriber(listener, from));
    }

    void remove(AppendListener listener) {
        subscribers.removeIf(s -> s.listener.equals(listener));
    }

    boolean isIdle() {
        return subscribers.isEmpty();
    }

    /// @param appended the batch that was just appended, or null
    void show(PartitionLog log, RecordBatch appended, long highWatermark) throws IOException {
        for (int i = 0; i < subscribers.size(); i++) {
            Subscriber s = subscribers.get(i);
            if (appended != null && appended.baseOffset() == s.next && appended.nextOffset() <= highWatermark) {
                s.next = appended.nextOffset();
                s.listener.committed(appended);
            } else {
                readTo(log, s, highWatermark);
            }
        }
    }

    private static void readTo(PartitionLog log, Subscriber s, long highWatermark) throws IOException {
        while (s.next < highWatermark) {
            PartitionLog.Slice slice = log.slice(s.next, highWatermark, READ_BYTES, true);
            if (slice == null) {
                s.next = highWatermark;
                return;
            }
            try {
                for (RecordBatch batch : RecordBatches.of(slice.records().load())) {
                    if (batch.baseOffset() >= s.next) {
                        s.next = batch.nextOffset();
                        s.listener.committed(batch);
                    }
                }
            } finally {
                slice.records().release();
            }
            s.next = Math.max(s.next, slice.endOffset());
        }
    }
}

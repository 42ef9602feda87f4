package io.chapar.broker.partition;

import io.chapar.broker.log.PartitionLog;
import io.chapar.protocol.record.RecordBatch;
import io.chapar.protocol.record.RecordBatches;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

import static java.util.Objects.requireNonNull;

/// Shows committed batches to listeners, in offset order and once.
///
/// A batch that is committed while it is appended is shown as it came. What has to wait for the high watermark is kept
/// in memory, up to [#KEPT_BYTES] a partition and [KeptBytes] a loop, for those who follow as well; the log is read
/// for what found no room alone, and for who is behind. The bytes of an append are the caller's, so that they are
/// copied when it ends:
///
/// ```
/// appended(batch) ... show(log, high watermark) ... settle()
/// ```
final class CommittedFeed {
    static final int KEPT_BYTES = 1 << 20;
    private static final int READ_BYTES = 1 << 20;

    private final List<Subscriber> subscribers = new ArrayList<>();
    private final KeptBytes shared;
    /// By first offset. Copies are ours; what is borrowed is gone when the append ends.
    private final TreeMap<Long, Kept> kept = new TreeMap<>();
    private long copiedBytes;
    private boolean followed;

    private record Kept(RecordBatch batch, boolean copied) {
    }

    private static final class Subscriber {
        private final AppendListener listener;
        private long next;

        private Subscriber(AppendListener listener, long next) {
            this.listener = listener;
            this.next = next;
        }
    }

    CommittedFeed(KeptBytes shared) {
        this.shared = shared;
    }

    void add(AppendListener listener, long from) {
        subscribers.add(new Subscriber(listener, from));
    }

    void remove(AppendListener listener) {
        subscribers.removeIf(s -> s.listener.equals(listener));
        if (subscribers.isEmpty() && !followed) {
            forget();
        }
    }

    /// There are followers, who want what is not committed yet.
    void followed() {
        followed = true;
    }

    /// Whole batches from this position on that are in memory, one after the other, within `maxBytes` but at least one;
    /// null where none begins there. The bytes do not change any more.
    @Nullable Copied copied(long from, int maxBytes) {
        Kept first = kept.get(from);
        if (first == null || !first.copied()) {
            return null;
        }
        int bytes = first.batch().sizeInBytes();
        long next = first.batch().nextOffset();
        int count = 1;
        for (Kept more = kept.get(next);
                more != null && more.copied() && bytes + more.batch().sizeInBytes() <= maxBytes;
                more = kept.get(next)) {
            bytes += more.batch().sizeInBytes();
            next = more.batch().nextOffset();
            count++;
        }
        if (count == 1) {
            return new Copied(first.batch().bytes(), next);
        }
        ByteBuffer together = ByteBuffer.allocate(bytes);
        for (long at = from; at < next;) {
            RecordBatch batch = requireNonNull(kept.get(at), "counted").batch();
            together.put(batch.bytes());
            at = batch.nextOffset();
        }
        return new Copied(together.flip(), next);
    }

    /// @param next the position behind them
    record Copied(ByteBuffer bytes, long next) {}

    /// The batch stands in the log, at its end.
    void appended(RecordBatch batch) {
        if (!subscribers.isEmpty() || followed) {
            kept.put(batch.baseOffset(), new Kept(batch, false));
        }
    }

    /// Shows all that is below the high watermark. Listeners may append meanwhile.
    void show(PartitionLog log, long highWatermark) throws IOException {
        for (int i = 0; i < subscribers.size(); i++) {
            show(log, subscribers.get(i), highWatermark);
        }
        while (!kept.isEmpty() && kept.firstEntry().getValue().batch().nextOffset() <= highWatermark) {
            giveBack(kept.pollFirstEntry().getValue());
        }
    }

    private void show(PartitionLog log, Subscriber s, long highWatermark) throws IOException {
        while (s.next < highWatermark) {
            Map.Entry<Long, Kept> nearest = kept.ceilingEntry(s.next);
            if (nearest == null || nearest.getKey() > s.next) {
                readTo(log, s, nearest == null ? highWatermark : Math.min(highWatermark, nearest.getKey()));
                continue;
            }
            RecordBatch batch = nearest.getValue().batch();
            if (batch.nextOffset() > highWatermark) {
                return;
            }
            s.next = batch.nextOffset();
            s.listener.committed(batch);
        }
    }

    private static void readTo(PartitionLog log, Subscriber s, long end) throws IOException {
        PartitionLog.Slice slice = log.slice(s.next, end, READ_BYTES, true);
        if (slice == null) {
            s.next = end;
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

    /// The append ends, and with it the caller's bytes: what still waits is copied, or forgotten where no room is.
    void settle() {
        for (Map.Entry<Long, Kept> last = kept.lastEntry();
                last != null && !last.getValue().copied();
                last = kept.lowerEntry(last.getKey())) {
            RecordBatch batch = last.getValue().batch();
            int size = batch.sizeInBytes();
            if (copiedBytes + size <= KEPT_BYTES && shared.take(size)) {
                copiedBytes += size;
                ByteBuffer copy = ByteBuffer.allocate(size).put(batch.bytes()).flip();
                kept.put(last.getKey(), new Kept(RecordBatch.at(copy, 0), true));
            } else {
                kept.remove(last.getKey());
            }
        }
    }

    /// Nothing that is kept is to be relied on: the log may begin anew, or nobody listens.
    void forget() {
        kept.values().forEach(this::giveBack);
        kept.clear();
    }

    private void giveBack(Kept one) {
        if (one.copied()) {
            copiedBytes -= one.batch().sizeInBytes();
            shared.give(one.batch().sizeInBytes());
        }
    }
}

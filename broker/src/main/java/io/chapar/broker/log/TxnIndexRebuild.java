package io.chapar.broker.log;

import io.chapar.broker.log.disk.Disk;
import io.chapar.broker.producer.AbortedTxnIndex;
import io.chapar.broker.producer.ProducerSnapshot;
import io.chapar.broker.producer.ProducerTable;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.util.Iterator;
import java.util.List;
import java.util.NavigableMap;

/// A segment's transaction index, from its batches and from what had begun before it: by the newest snapshot at or
/// below its beginning that can be read, and the batches behind that. One segment at a time.
final class TxnIndexRebuild implements IndexRepair.Rebuild {
    private final Segment segment;
    private final LogFolder folder;
    private final TxnIndexFile file;
    private final NavigableMap<Long, Segment> upTo;
    private final AbortedTxnIndex fresh = new AbortedTxnIndex();
    private ProducerTable producers = new ProducerTable();
    /// Those whose batches are still to be read; null before it is known which.
    private @Nullable Iterator<Segment> rest;
    private long from;

    TxnIndexRebuild(Segment segment, LogFolder folder, TxnIndexFile file) {
        this.segment = segment;
        this.folder = folder;
        this.file = file;
        this.upTo = folder.segmentsTo(segment.baseOffset());
    }

    @Override
    public Disk.@Nullable Work next() throws IOException {
        if (rest == null) {
            rest = List.<Segment>of().iterator();
            return this::begin;
        }
        if (!rest.hasNext()) {
            return null;
        }
        Segment each = rest.next();
        if (!folder.holds(each)) {
            throw new IOException("segments before " + segment.path(PartitionFiles.LOG) + " went while its "
                    + "transaction index was built anew");
        }
        Segment.Reader reader = each.reader(0, BatchScan.FAR, true);
        return () -> Segment.fold(reader, producers, completed -> {
            if (each == segment && completed.aborted()) {
                fresh.add(completed);
            }
        });
    }

    private void begin() throws IOException {
        from = segment.baseOffset();
        for (long start : upTo.descendingKeySet()) {
            from = start;
            ProducerTable read = new ProducerTable();
            if (ProducerSnapshot.read(folder.disk().read(folder.snapshotPath(start)), read)) {
                producers = read;
                break;
            }
        }
        rest = upTo.tailMap(from, true).values().iterator();
    }

    @Override
    public void adopt() throws IOException {
        file.renew(fresh);
    }
}

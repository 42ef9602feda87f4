package io.chapar.broker.log;

import io.chapar.broker.log.disk.Disk;
import io.chapar.protocol.record.RecordBatch;
import org.jspecify.annotations.Nullable;

import java.io.IOException;

/// A segment's offset and time index, from the log itself.
///
/// They end where the log can be read no further: readers of what lies there are told so one by one, and this is not
/// done again for each of them.
final class IndexRebuild implements IndexRepair.Rebuild {
    static final int INTERVAL_BYTES = 4096;

    private final Segment segment;
    private final SegmentIndex fresh = new SegmentIndex();
    private boolean begun;

    IndexRebuild(Segment segment) {
        this.segment = segment;
    }

    @Override
    public Disk.@Nullable Work next() throws IOException {
        if (begun) {
            return null;
        }
        begun = true;
        Segment.Reader opened = segment.reader(0, BatchScan.FAR, false);
        return () -> {
            try (Segment.Reader reader = opened) {
                BatchScan scan = reader.scan();
                for (RecordBatch batch = scan.advance(); batch != null; batch = scan.advance()) {
                    fresh.add((int) (batch.lastOffset() - segment.baseOffset()), scan.position(), batch.sizeInBytes(),
                            batch.maxTimestamp(), INTERVAL_BYTES);
                }
            }
            fresh.seal();
        };
    }

    @Override
    public void adopt() throws IOException {
        segment.renew(fresh);
    }
}

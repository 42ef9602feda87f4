package io.chapar.broker.producer;

import io.chapar.protocol.record.RecordBatch;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// What the log must not lose so that its producers can be told from it again: the batches that are still in a
/// producer's window, or, where that is empty, the marker that gave the producer its epoch.
public final class LiveProducers {
    private final Map<Long, Window> byId = new LinkedHashMap<>();

    private record Window(short epoch, List<Long> lastOffsets) {}

    /// @param lastOffsets of the batches in the window
    public void add(long producerId, short epoch, List<Long> lastOffsets) {
        byId.put(producerId, new Window(epoch, List.copyOf(lastOffsets)));
    }

    /// Whether the batch must stay in the log, if only its header.
    public boolean needs(RecordBatch batch) {
        Window window = batch.hasProducerId() ? byId.get(batch.producerId()) : null;
        if (window == null) {
            return false;
        }
        if (batch.isControl()) {
            return window.lastOffsets().isEmpty() && window.epoch() == batch.producerEpoch();
        }
        return window.lastOffsets().contains(batch.lastOffset());
    }
}

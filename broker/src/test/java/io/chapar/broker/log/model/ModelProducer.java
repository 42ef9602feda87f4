package io.chapar.broker.log.model;

import io.chapar.broker.partition.ProducerDescription;
import io.chapar.protocol.record.EndTxnMarker;
import io.chapar.protocol.record.RecordBatch;
import io.chapar.protocol.record.Sequences;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/// What a log says of one producer, computed in the plainest way: batch by batch from its beginning.
final class ModelProducer {
    static final int WINDOW = 5;

    short epoch = -1;
    int coordinatorEpoch = -1;
    long lastTimestamp = -1;
    long txnFirstOffset = -1;
    final Deque<Batch> window = new ArrayDeque<>();

    /// The sequences that are there, since the latest gap.
    private final Set<Integer> present = new TreeSet<>();

    boolean hasAll(int first, int last) {
        for (int sequence = first;; sequence = Sequences.next(sequence, 1)) {
            if (!present.contains(sequence)) {
                return false;
            }
            if (sequence == last) {
                return true;
            }
        }
    }

    record Batch(int lastSequence, long lastOffset, int offsetDelta, long timestamp) {}

    /// In the form in which it is compared.
    record View(
            short epoch, int coordinatorEpoch, long lastTimestamp, long txnFirstOffset, List<Batch> window) {}

    View view() {
        return new View(epoch, coordinatorEpoch, lastTimestamp, txnFirstOffset, List.copyOf(window));
    }

    /// As far as a partition tells of it: the last sequence stands for the window.
    View viewWithoutWindow() {
        int last = window.isEmpty() ? RecordBatch.NO_SEQUENCE : window.getLast().lastSequence();
        return new View(epoch, coordinatorEpoch, lastTimestamp, txnFirstOffset, List.of(new Batch(last, 0, 0, 0)));
    }

    static View view(ProducerDescription d) {
        return new View(d.producerEpoch(), d.coordinatorEpoch(), d.lastTimestamp(), d.currentTxnStartOffset(),
                List.of(new Batch(d.lastSequence(), 0, 0, 0)));
    }

    /// Null for a producer that the batches from the given one on do not mention.
    static ModelProducer of(long producerId, List<Written> history, int from) {
        ModelProducer producer = null;
        for (Written each : history.subList(Math.min(from, history.size()), history.size())) {
            if (each.batch.producerId() == producerId) {
                producer = producer == null ? new ModelProducer() : producer;
                producer.add(each);
            }
        }
        return producer;
    }

    private void add(Written each) {
        RecordBatch batch = each.batch;
        if (batch.producerEpoch() != epoch) {
            epoch = batch.producerEpoch();
            window.clear();
            present.clear();
        }
        lastTimestamp = batch.maxTimestamp();
        EndTxnMarker marker = each.marker();
        if (marker != null) {
            coordinatorEpoch = marker.coordinatorEpoch();
            txnFirstOffset = -1;
            return;
        }
        int first = batch.baseSequence();
        if (!window.isEmpty() && first != Sequences.next(window.getLast().lastSequence(), 1)) {
            present.clear();
        }
        for (int i = 0; i <= batch.lastOffsetDelta(); i++) {
            present.add(Sequences.next(first, i));
        }
        if (window.size() == WINDOW) {
            window.removeFirst();
        }
        window.addLast(new Batch(batch.lastSequence(), batch.lastOffset(), batch.lastOffsetDelta(),
                batch.maxTimestamp()));
        if (batch.isTransactional() && txnFirstOffset < 0) {
            txnFirstOffset = batch.baseOffset();
        }
    }

    /// Reads a producer snapshot by its documented format.
    static Map<Long, View> parse(ByteBuffer snapshot) {
        ByteBuffer in = snapshot.duplicate().position(6);
        Map<Long, ModelProducer> all = new TreeMap<>();
        for (int n = in.getInt(); n > 0; n--) {
            ModelProducer p = new ModelProducer();
            all.put(in.getLong(), p);
            p.epoch = in.getShort();
            Batch last = new Batch(in.getInt(), in.getLong(), in.getInt(), in.getLong());
            if (last.lastOffset() >= 0) {
                p.window.add(last);
            }
            p.lastTimestamp = last.timestamp();
            p.coordinatorEpoch = in.getInt();
            p.txnFirstOffset = in.getLong();
        }
        in.getInt();
        for (int n = in.getInt(); n > 0; n--) {
            ModelProducer p = all.get(in.getLong());
            List<Batch> window = new ArrayList<>();
            for (int b = in.getInt(); b > 0; b--) {
                window.add(new Batch(in.getInt(), in.getLong(), in.getInt(), in.getLong()));
            }
            p.window.clear();
            p.window.addAll(window);
        }
        Map<Long, View> views = new TreeMap<>();
        all.forEach((id, p) -> views.put(id, p.view()));
        return views;
    }
}

package io.chapar.broker.log.model;

import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.record.EndTxnMarker;
import io.chapar.protocol.record.Record;
import io.chapar.protocol.record.Sequences;
import io.chapar.protocol.record.compress.Compression;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/// Random producers: without an id, idempotent (ids from 1), transactional of protocol version 2 (from 10) and of
/// version 1 (from 20). Most of what they send is right; some is a retry, has a gap, or is of an epoch gone by.
final class Writers {
    private static final int IDEMPOTENT = 1;
    private static final int TXN_2 = 10;
    private static final int TXN_1 = 20;
    private static final int EACH = 3;

    private final Random random;
    private final LogModel model;

    Writers(Random random, LogModel model) {
        this.random = random;
        this.model = model;
    }

    static boolean isVersion2(long producerId) {
        return producerId < TXN_1;
    }

    private List<Record> records(long nowMs) {
        List<Record> records = new ArrayList<>();
        boolean keyless = random.nextInt(12) == 0;
        for (int i = 1 + random.nextInt(random.nextInt(8) == 0 ? 20 : 4); i > 0; i--) {
            byte[] value = new byte[random.nextInt(random.nextInt(6) == 0 ? 300 : 60)];
            random.nextBytes(value);
            ByteBuffer key = keyless ? null : ByteBuffer.wrap(new byte[] {'k', (byte) ('a' + random.nextInt(8))});
            boolean tombstone = !keyless && random.nextInt(6) == 0;
            records.add(new Record(0, nowMs + random.nextInt(60) - 50, key,
                    tombstone ? null : ByteBuffer.wrap(value), List.of()));
        }
        return records;
    }

    private Intended data(long id, short epoch, int sequence, boolean transactional, List<Record> records) {
        Compression codec = random.nextInt(3) == 0 ? Compression.ofId(random.nextInt(5)) : Compression.NONE;
        return new Intended(null, id, epoch, sequence, transactional, codec, records);
    }

    Intended plain(long nowMs) {
        return data(-1, (short) -1, -1, false, records(nowMs));
    }

    Intended idempotent(long nowMs) {
        return next(IDEMPOTENT + random.nextInt(EACH), false, nowMs);
    }

    Intended transactional(long nowMs) {
        return next((random.nextInt(3) > 0 ? TXN_2 : TXN_1) + random.nextInt(EACH), true, nowMs);
    }

    private Intended next(long id, boolean transactional, long nowMs) {
        ModelProducer known = model.producer(id);
        List<Record> records = records(nowMs);
        if (known == null) {
            boolean fresh = transactional || random.nextBoolean();
            int first = fresh ? 0 : Integer.MAX_VALUE - random.nextInt(12);
            return data(id, (short) random.nextInt(2), first, transactional, records);
        }
        int next = known.window.isEmpty() ? 0 : Sequences.next(known.window.getLast().lastSequence(), 1);
        int odd = random.nextInt(16);
        if (odd == 0) {
            return data(id, known.epoch, Sequences.next(next, 1 + random.nextInt(3)), transactional, records);
        } else if (odd == 1 && known.epoch > 0) {
            return data(id, (short) (known.epoch - 1), next, transactional, records);
        } else if (odd == 2 && known.epoch < Short.MAX_VALUE && known.txnFirstOffset < 0) {
            return data(id, (short) (known.epoch + 1), random.nextInt(3) == 0 ? next : 0, transactional, records);
        } else if (odd == 3) {
            return data(id, known.epoch, next, !transactional && id >= TXN_2, records);
        } else if (odd < 7 && !known.window.isEmpty()) {
            return retry(id, known, transactional, records);
        }
        return data(id, known.epoch, next, transactional, records);
    }

    /// One of the batches that the producer sent last, perhaps one too many back, perhaps of another size.
    private Intended retry(long id, ModelProducer known, boolean transactional, List<Record> records) {
        List<Written> sent = model.history.stream()
                .filter(each -> each.batch.producerId() == id && each.batch.producerEpoch() == known.epoch
                        && each.marker() == null)
                .toList();
        if (sent.isEmpty()) {
            return data(id, known.epoch, 0, transactional, records);
        }
        Written again = sent.get(Math.max(0, sent.size() - 1 - random.nextInt(ModelProducer.WINDOW + 1)));
        boolean changed = random.nextInt(6) == 0;
        return data(id, known.epoch, again.batch.baseSequence(), again.batch.isTransactional(),
                changed ? records : again.records().stream()
                        .map(r -> new Record(0, r.timestamp(), r.key(), r.value(), List.of())).toList());
    }

    /// The end of a transaction, mostly one that is open.
    Intended marker() {
        List<Long> open = new ArrayList<>();
        model.producers().forEach((id, producer) -> {
            if (producer.txnFirstOffset >= 0) {
                open.add(id);
            }
        });
        long id = open.isEmpty() || random.nextInt(10) == 0
                ? (random.nextBoolean() ? TXN_2 : TXN_1) + random.nextInt(EACH)
                : open.get(random.nextInt(open.size()));
        ModelProducer known = model.producer(id);
        int epoch = known == null ? 0 : known.epoch;
        if (isVersion2(id) && epoch < Short.MAX_VALUE && random.nextInt(12) > 0) {
            epoch++;
        } else if (epoch > 0 && random.nextInt(8) == 0) {
            epoch--;
        }
        int coordinator = known == null ? 0 : Math.max(0, known.coordinatorEpoch + random.nextInt(8) / 6);
        if (coordinator > 0 && random.nextInt(12) == 0) {
            coordinator--;
        }
        EndTxnMarker marker = new EndTxnMarker(id, (short) epoch, coordinator, random.nextBoolean());
        return new Intended(marker, id, (short) epoch, -1, true, Compression.NONE, List.of());
    }

    /// Anything that a leader may have: what a follower is given is not judged again.
    Intended any(long nowMs) {
        Intended some = switch (random.nextInt(4)) {
            case 0 -> plain(nowMs);
            case 1 -> idempotent(nowMs);
            case 2 -> transactional(nowMs);
            default -> marker();
        };
        Verdict verdict = judge(some);
        return verdict instanceof Verdict.Accept || verdict instanceof Verdict.Unneeded ? some : plain(nowMs);
    }

    // ---- judgement

    sealed interface Verdict {
        record Accept() implements Verdict {}

        record Duplicate(long firstOffset, long lastOffset) implements Verdict {}

        /// All of it is in the log, in batches that are not remembered any more, or in others.
        record WrittenBefore(long lastOffset) implements Verdict {}

        /// A marker that ends nothing, which version 2 answers without writing it.
        record Unneeded() implements Verdict {}

        record Reject(ErrorCode error) implements Verdict {}
    }

    /// What the leader must answer.
    Verdict judge(Intended batch) {
        ModelProducer known = batch.producerId() < 0 ? null : model.producer(batch.producerId());
        if (batch.marker() != null) {
            return judgeMarker(batch.marker(), known);
        }
        if (batch.producerId() < 0) {
            return new Verdict.Accept();
        }
        boolean version2 = batch.transactional() && isVersion2(batch.producerId());
        int last = Sequences.next(batch.firstSequence(), batch.records().size() - 1);
        if (known == null) {
            return version2 && batch.firstSequence() != 0 ? gap() : new Verdict.Accept();
        }
        if (batch.producerEpoch() == known.epoch) {
            for (ModelProducer.Batch each : known.window) {
                if (each.lastSequence() == last && each.offsetDelta() == batch.records().size() - 1) {
                    return new Verdict.Duplicate(each.lastOffset() - each.offsetDelta(), each.lastOffset());
                }
            }
        }
        if (batch.producerEpoch() == known.epoch && !batch.transactional()
                && known.hasAll(batch.firstSequence(), last)) {
            return new Verdict.WrittenBefore(known.window.getLast().lastOffset());
        }
        if (batch.producerEpoch() < known.epoch) {
            return new Verdict.Reject(ErrorCode.INVALID_PRODUCER_EPOCH);
        }
        int expected = batch.producerEpoch() > known.epoch || known.window.isEmpty()
                ? 0
                : Sequences.next(known.window.getLast().lastSequence(), 1);
        if (batch.firstSequence() != expected) {
            // A late copy of what came before is not verified for a transaction that it cannot begin.
            boolean isLate = batch.producerEpoch() == known.epoch && !known.window.isEmpty()
                    && (batch.firstSequence() - expected & Integer.MAX_VALUE) > Integer.MAX_VALUE / 2;
            return batch.transactional() && known.txnFirstOffset < 0 && isLate
                    ? new Verdict.Reject(ErrorCode.INVALID_TXN_STATE)
                    : gap();
        }
        if (!batch.transactional() && known.txnFirstOffset >= 0) {
            return new Verdict.Reject(ErrorCode.INVALID_TXN_STATE);
        }
        return new Verdict.Accept();
    }

    private static Verdict gap() {
        return new Verdict.Reject(ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER);
    }

    private Verdict judgeMarker(EndTxnMarker marker, ModelProducer known) {
        boolean unneeded = model.start == 0 && isVersion2(marker.producerId())
                && (known == null || known.txnFirstOffset < 0);
        if (known == null) {
            return unneeded ? new Verdict.Unneeded() : new Verdict.Accept();
        }
        boolean open = known.txnFirstOffset >= 0;
        boolean right = marker.producerEpoch() > known.epoch
                || (marker.producerEpoch() == known.epoch
                        && (!isVersion2(marker.producerId()) || !open || known.epoch == Short.MAX_VALUE));
        if (!right) {
            return new Verdict.Reject(ErrorCode.INVALID_PRODUCER_EPOCH);
        }
        return marker.coordinatorEpoch() < known.coordinatorEpoch
                ? new Verdict.Reject(ErrorCode.TRANSACTION_COORDINATOR_FENCED)
                : unneeded ? new Verdict.Unneeded() : new Verdict.Accept();
    }
}

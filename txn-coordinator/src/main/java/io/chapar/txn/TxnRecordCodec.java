package io.chapar.txn;

import io.chapar.protocol.MalformedMessageException;
import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/// The bytes of a [TxnRecord] in `__transaction_state`: Kafka's TransactionLogKey and TransactionLogValue, which
/// Kafka's own tools read.
///
/// ```
/// key      type i16 = 0 | transactional id: length i16, UTF-8
/// value 0  version i16 = 0 | producer id i64 | epoch i16 | timeout ms i32 | status i8
///          | partitions: count i32 or -1, of (topic: length i16, UTF-8 | count i32, of i32)
///          | last update ms i64 | start ms i64
/// value 1  version i16 = 1 | the same fields with compact lengths (unsigned varint of length + 1, 0 for null),
///          each partitions entry closed by an empty tag section | tag section:
///          tag 0 previous producer id i64 | tag 1 next producer id i64 | tag 2 client transaction version i16
///          | tag 3 next producer epoch i16 | tag 1000 last epoch i16
/// ```
///
/// Tags 1 and 3 are the heir's pair in an open transaction (KIP-939), and the pair that follows in a decided one, where
/// epoch 0 is left out.
///
/// Tag 1000 is Chapar's own. Kafka keeps the last epoch in memory alone and fences a client that repeats its
/// InitProducerId across a change of coordinators; its readers skip tags they do not know. Where it is missing (a
/// record by Kafka, or of version 0) it is derived: the ended transaction's epoch in version 2, else none.
public final class TxnRecordCodec {
    static final short KEY_TYPE = 0;
    private static final int TAG_PREVIOUS_ID = 0;
    private static final int TAG_NEXT_ID = 1;
    private static final int TAG_CLIENT_VERSION = 2;
    private static final int TAG_NEXT_EPOCH = 3;
    private static final int TAG_LAST_EPOCH = 1000;

    private static final byte EMPTY = 0;
    private static final byte ONGOING = 1;
    private static final byte PREPARE_COMMIT = 2;
    private static final byte PREPARE_ABORT = 3;
    private static final byte COMPLETE_COMMIT = 4;
    private static final byte COMPLETE_ABORT = 5;

    private static final int MAX_VARINT_BYTES = 5;
    private static final int FIXED_BYTES = 64;
    private static final int TAG_BYTES = 64;

    private TxnRecordCodec() {}

    // ---- write

    public static ByteBuffer key(TxnRecord record) {
        byte[] id = record.transactionalId().getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(4 + id.length)
                .putShort(KEY_TYPE)
                .putShort((short) id.length)
                .put(id)
                .flip();
    }

    /// Null, a tombstone, when the record forgets its id.
    public static @Nullable ByteBuffer value(TxnRecord record) {
        return value(record, (short) 1);
    }

    /// @param version 0 or 1; version 0 cannot hold what a replaced producer id needs
    static @Nullable ByteBuffer value(TxnRecord record, short version) {
        if (record.state() == null) {
            return null;
        }
        Fields fields = Fields.of(record.state());
        SequencedMap<String, List<Integer>> topics = fields.status == EMPTY ? null : byTopic(fields.partitions);
        ByteBuffer out = ByteBuffer.allocate(FIXED_BYTES + TAG_BYTES + sizeOf(topics));
        out.putShort(version);
        out.putLong(fields.producerId).putShort(fields.producerEpoch).putInt(fields.timeoutMs).put(fields.status);
        if (version == 0) {
            writeClassic(out, topics);
        } else {
            writeCompact(out, topics);
        }
        out.putLong(fields.updatedMs).putLong(fields.startedMs);
        if (version > 0) {
            writeTags(out, fields);
        }
        return out.flip();
    }

    private static void writeClassic(ByteBuffer out, @Nullable SequencedMap<String, List<Integer>> topics) {
        out.putInt(topics == null ? -1 : topics.size());
        if (topics != null) {
            topics.forEach((topic, numbers) -> {
                byte[] name = topic.getBytes(StandardCharsets.UTF_8);
                out.putShort((short) name.length).put(name).putInt(numbers.size());
                numbers.forEach(out::putInt);
            });
        }
    }

    private static void writeCompact(ByteBuffer out, @Nullable SequencedMap<String, List<Integer>> topics) {
        putVarint(out, topics == null ? 0 : topics.size() + 1);
        if (topics != null) {
            topics.forEach((topic, numbers) -> {
                byte[] name = topic.getBytes(StandardCharsets.UTF_8);
                putVarint(out, name.length + 1);
                out.put(name);
                putVarint(out, numbers.size() + 1);
                numbers.forEach(out::putInt);
                putVarint(out, 0);
            });
        }
    }

    private static void writeTags(ByteBuffer out, Fields fields) {
        boolean lastEpoch = fields.status != ONGOING;
        int count = (fields.previousId >= 0 ? 1 : 0)
                + (fields.nextId >= 0 ? 1 : 0)
                + (fields.clientVersion != 0 ? 1 : 0)
                + (fields.nextEpoch >= 0 ? 1 : 0)
                + (lastEpoch ? 1 : 0);
        putVarint(out, count);
        if (fields.previousId >= 0) {
            putTag(out, TAG_PREVIOUS_ID, Long.BYTES).putLong(fields.previousId);
        }
        if (fields.nextId >= 0) {
            putTag(out, TAG_NEXT_ID, Long.BYTES).putLong(fields.nextId);
        }
        if (fields.clientVersion != 0) {
            putTag(out, TAG_CLIENT_VERSION, Short.BYTES).putShort(fields.clientVersion);
        }
        if (fields.nextEpoch >= 0) {
            putTag(out, TAG_NEXT_EPOCH, Short.BYTES).putShort(fields.nextEpoch);
        }
        if (lastEpoch) {
            putTag(out, TAG_LAST_EPOCH, Short.BYTES).putShort(fields.lastEpoch);
        }
    }

    private static ByteBuffer putTag(ByteBuffer out, int tag, int size) {
        putVarint(out, tag);
        putVarint(out, size);
        return out;
    }

    private static SequencedMap<String, List<Integer>> byTopic(SortedSet<TopicPartition> partitions) {
        SequencedMap<String, List<Integer>> topics = new TreeMap<>();
        for (TopicPartition partition : partitions) {
            topics.computeIfAbsent(partition.topic(), _ -> new ArrayList<>()).add(partition.partition());
        }
        return topics;
    }

    private static int sizeOf(@Nullable SequencedMap<String, List<Integer>> topics) {
        int size = MAX_VARINT_BYTES;
        if (topics != null) {
            for (Map.Entry<String, List<Integer>> topic : topics.entrySet()) {
                size += 3 * MAX_VARINT_BYTES
                        + topic.getKey().length() * 3
                        + topic.getValue().size() * Integer.BYTES;
            }
        }
        return size;
    }

    /// What the record of a transaction with these partitions takes at most, key and value, in whatever state.
    static int maxSizeOf(String transactionalId, SortedSet<TopicPartition> partitions) {
        long size = FIXED_BYTES + TAG_BYTES + MAX_VARINT_BYTES + 3L * transactionalId.length();
        String topic = null;
        for (TopicPartition partition : partitions) {
            if (!partition.topic().equals(topic)) {
                topic = partition.topic();
                size += 3 * MAX_VARINT_BYTES + topic.length() * 3L;
            }
            size += Integer.BYTES;
        }
        return (int) Math.min(size, Integer.MAX_VALUE);
    }

    // ---- read

    /// The record in these bytes; null when the key is of a kind that this build does not know. A value of a later
    /// version is not passed over: what it says of its id would be given up.
    public static @Nullable TxnRecord read(ByteBuffer key, @Nullable ByteBuffer value) {
        ByteBuffer in = key.duplicate();
        if (in.remaining() < Short.BYTES || in.getShort() != KEY_TYPE) {
            return null;
        }
        String transactionalId = text(in, classicLength(in));
        if (value == null) {
            return new TxnRecord(transactionalId, null);
        }
        ByteBuffer body = value.duplicate();
        need(body, Short.BYTES);
        short version = body.getShort();
        if (version < 0 || version > 1) {
            throw new MalformedMessageException("the state of transactional id '" + transactionalId
                    + "' is in version " + version + ", which this release does not know");
        }
        return new TxnRecord(transactionalId, readValue(body, version));
    }

    private static TxnState readValue(ByteBuffer in, short version) {
        Fields fields = new Fields();
        need(in, Long.BYTES + Short.BYTES + Integer.BYTES + Byte.BYTES);
        fields.producerId = in.getLong();
        fields.producerEpoch = in.getShort();
        fields.timeoutMs = in.getInt();
        fields.status = in.get();
        fields.partitions = version == 0 ? readClassic(in) : readCompact(in);
        need(in, 2 * Long.BYTES);
        fields.updatedMs = in.getLong();
        fields.startedMs = in.getLong();
        if (version > 0) {
            readTags(in, fields);
        }
        return fields.state();
    }

    private static SortedSet<TopicPartition> readClassic(ByteBuffer in) {
        need(in, Integer.BYTES);
        SortedSet<TopicPartition> partitions = new TreeSet<>();
        for (int topics = in.getInt(); topics > 0; topics--) {
            String topic = text(in, classicLength(in));
            need(in, Integer.BYTES);
            readNumbers(in, topic, in.getInt(), partitions);
        }
        return partitions;
    }

    private static SortedSet<TopicPartition> readCompact(ByteBuffer in) {
        SortedSet<TopicPartition> partitions = new TreeSet<>();
        for (int topics = varint(in) - 1; topics > 0; topics--) {
            String topic = text(in, varint(in) - 1);
            readNumbers(in, topic, varint(in) - 1, partitions);
            for (int tags = varint(in); tags > 0; tags--) {
                varint(in);
                skip(in, varint(in));
            }
        }
        return partitions;
    }

    private static void readNumbers(ByteBuffer in, String topic, int count, SortedSet<TopicPartition> partitions) {
        need(in, (long) count * Integer.BYTES);
        for (int i = 0; i < count; i++) {
            partitions.add(new TopicPartition(topic, in.getInt()));
        }
    }

    private static void readTags(ByteBuffer in, Fields fields) {
        for (int tags = varint(in); tags > 0; tags--) {
            int tag = varint(in);
            int size = varint(in);
            need(in, size);
            int end = in.position() + size;
            switch (tag) {
                case TAG_PREVIOUS_ID -> fields.previousId = wide(in, size);
                case TAG_NEXT_ID -> fields.nextId = wide(in, size);
                case TAG_CLIENT_VERSION -> fields.clientVersion = narrow(in, size);
                case TAG_NEXT_EPOCH -> fields.nextEpoch = narrow(in, size);
                case TAG_LAST_EPOCH -> {
                    fields.lastEpoch = narrow(in, size);
                    fields.lastEpochKnown = true;
                }
                default -> {}
            }
            in.position(end);
        }
    }

    private static long wide(ByteBuffer in, int size) {
        need(in, size < Long.BYTES ? Long.MAX_VALUE : size);
        return in.getLong();
    }

    private static short narrow(ByteBuffer in, int size) {
        need(in, size < Short.BYTES ? Long.MAX_VALUE : size);
        return in.getShort();
    }

    // ---- pieces

    private static int classicLength(ByteBuffer in) {
        need(in, Short.BYTES);
        return in.getShort();
    }

    private static String text(ByteBuffer in, int length) {
        need(in, length);
        byte[] bytes = new byte[length];
        in.get(bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private static void skip(ByteBuffer in, int size) {
        need(in, size);
        in.position(in.position() + size);
    }

    private static void need(ByteBuffer in, long bytes) {
        if (bytes < 0 || bytes > in.remaining()) {
            throw new MalformedMessageException("a transaction record ends too early");
        }
    }

    private static int varint(ByteBuffer in) {
        int value = 0;
        for (int shift = 0; shift < 7 * MAX_VARINT_BYTES; shift += 7) {
            need(in, 1);
            byte b = in.get();
            value |= (b & 0x7f) << shift;
            if (b >= 0) {
                return value;
            }
        }
        throw new MalformedMessageException("a length in a transaction record does not end");
    }

    private static void putVarint(ByteBuffer out, int value) {
        int rest = value;
        while ((rest & ~0x7f) != 0) {
            out.put((byte) (rest | 0x80));
            rest >>>= 7;
        }
        out.put((byte) rest);
    }

    /// The columns of the value, between bytes and [TxnState].
    private static final class Fields {
        long producerId;
        short producerEpoch;
        short lastEpoch = ProducerEpochs.NONE;
        boolean lastEpochKnown = false;
        long previousId = TxnState.NO_PRODUCER_ID;
        long nextId = TxnState.NO_PRODUCER_ID;
        short nextEpoch = ProducerEpochs.NONE;
        int timeoutMs;
        byte status;
        SortedSet<TopicPartition> partitions = Collections.emptySortedSet();
        long updatedMs;
        long startedMs = -1;
        short clientVersion = 0;

        static Fields of(TxnState state) {
            Fields fields = new Fields();
            fields.producerId = state.producerId();
            fields.producerEpoch = state.producerEpoch();
            fields.timeoutMs = state.timeoutMs();
            fields.updatedMs = state.updatedMs();
            switch (state) {
                case TxnState.Empty s -> {
                    fields.status = EMPTY;
                    fields.lastEpoch = s.lastEpoch();
                    fields.previousId = s.previousId();
                }
                case TxnState.Ongoing s -> {
                    fields.status = ONGOING;
                    fields.startedMs = s.startedMs();
                    fields.partitions = s.partitions();
                    fields.clientVersion = s.version().level();
                    if (s.heir() != null) {
                        fields.nextId = s.heir().producerId();
                        fields.nextEpoch = s.heir().producerEpoch();
                    }
                }
                case TxnState.Preparing s -> {
                    fields.status = s.outcome() == Outcome.COMMIT ? PREPARE_COMMIT : PREPARE_ABORT;
                    fields.lastEpoch = s.lastEpoch();
                    fields.nextId = s.nextId();
                    fields.nextEpoch = s.nextEpoch() == 0 ? ProducerEpochs.NONE : s.nextEpoch();
                    fields.startedMs = s.startedMs();
                    fields.partitions = s.partitions();
                    fields.clientVersion = s.version().level();
                }
                case TxnState.Completed s -> {
                    fields.status = s.outcome() == Outcome.COMMIT ? COMPLETE_COMMIT : COMPLETE_ABORT;
                    fields.lastEpoch = s.lastEpoch();
                    fields.previousId = s.previousId();
                    fields.startedMs = s.startedMs();
                    fields.clientVersion = s.version().level();
                }
            }
            return fields;
        }

        TxnState state() {
            if (previousId == producerId) {
                previousId = TxnState.NO_PRODUCER_ID;
            }
            TxnVersion version = TxnVersion.ofLevel(clientVersion);
            return switch (status) {
                case EMPTY -> new TxnState.Empty(
                        producerId, producerEpoch, lastEpoch, previousId, timeoutMs, updatedMs);
                case ONGOING -> ongoing(version);
                case PREPARE_COMMIT -> preparing(Outcome.COMMIT, version);
                case PREPARE_ABORT -> preparing(Outcome.ABORT, version);
                case COMPLETE_COMMIT -> completed(Outcome.COMMIT, version);
                case COMPLETE_ABORT -> completed(Outcome.ABORT, version);
                default -> throw new MalformedMessageException("no transaction has the status " + status);
            };
        }

        private TxnState ongoing(TxnVersion version) {
            if (partitions.isEmpty()) {
                throw new MalformedMessageException("an ongoing transaction without partitions");
            }
            TxnReply.Granted heir = nextId == TxnState.NO_PRODUCER_ID || nextEpoch == ProducerEpochs.NONE
                    ? null
                    : new TxnReply.Granted(nextId, nextEpoch);
            return new TxnState.Ongoing(
                    producerId, producerEpoch, timeoutMs, startedMs, updatedMs, partitions, version, heir);
        }

        private TxnState preparing(Outcome outcome, TxnVersion version) {
            return new TxnState.Preparing(
                    outcome, producerId, producerEpoch, endedEpoch(version), nextId, (short) Math.max(nextEpoch, 0),
                    timeoutMs, startedMs, updatedMs, partitions, version);
        }

        private TxnState completed(Outcome outcome, TxnVersion version) {
            return new TxnState.Completed(
                    outcome, producerId, producerEpoch, endedEpoch(version), previousId, timeoutMs, startedMs,
                    updatedMs, version);
        }

        private short endedEpoch(TxnVersion version) {
            if (lastEpochKnown || version == TxnVersion.V1) {
                return lastEpoch;
            }
            return previousId == TxnState.NO_PRODUCER_ID ? (short) (producerEpoch - 1) : ProducerEpochs.LAST_USABLE;
        }
    }
}

package io.chapar.client.consumer;

import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;

/// What members and the leader of a group tell each other of copies of state.
///
/// ```
/// report     version u8 (1) | instance 16 bytes | flags u8 (1: shared) | standbys u8
///            | topics u16, each: name length u16, name | copies u16, each: partition i32, degree u8
/// standbys   version u8 (1) | kept | warming
///            each of them: topics i32, each: name length u16, name | partitions i32, each i32
/// ```
/// A report goes as text, since those who know nothing of it read it as one more topic that belongs to no other: `#`,
/// which no topic's name has, and the bytes in Base64. Later versions add at the end. What cannot be read counts as
/// not told: it is a stranger's.
final class StateCodec {
    static final String SIGN = "#";
    private static final byte VERSION = 1;
    private static final int SHARED = 1;
    private static final int MAX_NAME_BYTES = 1 << 10;
    private static final int MAX_TOPICS = 1 << 10;
    private static final int MAX_TEXT = 1 << 18;
    private static final int HEADER_BYTES = 1 + 2 * Long.BYTES + 1 + 1 + Short.BYTES;
    private static final int COPY_BYTES = Integer.BYTES + 1;
    private static final int U8 = 0xff;
    private static final int U16 = 0xffff;

    private StateCodec() {
    }

    static String text(StateReport report) {
        int size = HEADER_BYTES;
        for (Map.Entry<String, SortedMap<Integer, Integer>> topic : report.degrees().entrySet()) {
            size += 2 * Short.BYTES + bytes(topic.getKey()).length + COPY_BYTES * topic.getValue().size();
        }
        ByteBuffer out = ByteBuffer.allocate(size).put(VERSION)
                .putLong(report.instance().getMostSignificantBits())
                .putLong(report.instance().getLeastSignificantBits())
                .put((byte) (report.shared() ? SHARED : 0))
                .put((byte) Math.min(report.standbys(), StateReport.MAX_STANDBYS))
                .putShort((short) Math.min(report.degrees().size(), MAX_TOPICS));
        int left = StateReport.MAX_COPIES;
        int topics = 0;
        for (Map.Entry<String, SortedMap<Integer, Integer>> topic : report.degrees().entrySet()) {
            if (topics++ == MAX_TOPICS) {
                break;
            }
            name(out, topic.getKey());
            int told = Math.min(left, topic.getValue().size());
            left -= told;
            out.putShort((short) told);
            topic.getValue().entrySet().stream().limit(told).forEach(copy ->
                    out.putInt(copy.getKey()).put(copy.getValue().byteValue()));
        }
        return SIGN + StandardCharsets.ISO_8859_1.decode(Base64.getEncoder().encode(out.flip()));
    }

    /// Null when it is none.
    static @Nullable StateReport report(String text) {
        if (!text.startsWith(SIGN) || text.length() > MAX_TEXT) {
            return null;
        }
        try {
            return report(ByteBuffer.wrap(Base64.getDecoder().decode(text.substring(SIGN.length()))));
        } catch (IllegalArgumentException | BufferUnderflowException e) {
            return null;
        }
    }

    private static @Nullable StateReport report(ByteBuffer in) {
        if (in.get() < VERSION) {
            return null;
        }
        UUID instance = new UUID(in.getLong(), in.getLong());
        boolean shared = (in.get() & SHARED) != 0;
        int standbys = Math.min(in.get() & U8, StateReport.MAX_STANDBYS);
        int topics = in.getShort() & U16;
        if (topics > MAX_TOPICS) {
            return null;
        }
        TreeMap<String, SortedMap<Integer, Integer>> degrees = new TreeMap<>();
        for (int topic = 0; topic < topics; topic++) {
            SortedMap<Integer, Integer> ofTopic = degrees.computeIfAbsent(name(in), key -> new TreeMap<>());
            int copies = in.getShort() & U16;
            for (int copy = 0; copy < copies; copy++) {
                int partition = in.getInt();
                int degree = in.get() & U8;
                if (partition >= 0 && degree < StateReport.NOTHING) {
                    ofTopic.put(partition, degree);
                }
            }
        }
        return new StateReport(instance, shared, standbys, degrees);
    }

    static ByteBuffer bytes(Standbys standbys) {
        int size = 1 + size(standbys.kept()) + size(standbys.warming());
        ByteBuffer out = ByteBuffer.allocate(size).put(VERSION);
        put(out, standbys.kept());
        put(out, standbys.warming());
        return out.flip();
    }

    /// `bytes` null: the leader knows nothing of copies.
    static Standbys standbys(@Nullable ByteBuffer bytes) {
        if (bytes == null || !bytes.hasRemaining()) {
            return Standbys.NONE;
        }
        ByteBuffer in = bytes.duplicate();
        try {
            return in.get() < VERSION ? Standbys.NONE : new Standbys(partitions(in), partitions(in));
        } catch (IllegalArgumentException | BufferUnderflowException e) {
            return Standbys.NONE;
        }
    }

    private static SortedMap<String, SortedSet<Integer>> byTopic(SortedSet<TopicPartition> partitions) {
        TreeMap<String, SortedSet<Integer>> byTopic = new TreeMap<>();
        partitions.forEach(one ->
                byTopic.computeIfAbsent(one.topic(), topic -> new TreeSet<>()).add(one.partition()));
        return byTopic;
    }

    private static int size(SortedSet<TopicPartition> partitions) {
        int size = Integer.BYTES;
        for (Map.Entry<String, SortedSet<Integer>> topic : byTopic(partitions).entrySet()) {
            size += Short.BYTES + bytes(topic.getKey()).length + Integer.BYTES * (1 + topic.getValue().size());
        }
        return size;
    }

    private static void put(ByteBuffer out, SortedSet<TopicPartition> partitions) {
        SortedMap<String, SortedSet<Integer>> byTopic = byTopic(partitions);
        out.putInt(byTopic.size());
        byTopic.forEach((topic, numbers) -> {
            name(out, topic);
            out.putInt(numbers.size());
            numbers.forEach(out::putInt);
        });
    }

    /// As long as what is said to be there can be there.
    private static SortedSet<TopicPartition> partitions(ByteBuffer in) {
        TreeSet<TopicPartition> partitions = new TreeSet<>();
        int topics = in.getInt();
        for (int topic = 0; topic < topics; topic++) {
            String name = name(in);
            int numbers = in.getInt();
            for (int number = 0; number < numbers; number++) {
                partitions.add(new TopicPartition(name, in.getInt()));
            }
        }
        return partitions;
    }

    private static void name(ByteBuffer out, String name) {
        byte[] bytes = bytes(name);
        out.putShort((short) bytes.length).put(bytes);
    }

    private static String name(ByteBuffer in) {
        int length = in.getShort() & U16;
        if (length > MAX_NAME_BYTES || length > in.remaining()) {
            throw new IllegalArgumentException("a name of " + length + " bytes");
        }
        byte[] bytes = new byte[length];
        in.get(bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private static byte[] bytes(String name) {
        return name.getBytes(StandardCharsets.UTF_8);
    }
}

package io.chapar.protocol.record;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/// Records that show every shape the format has: nulls, empties, headers of all kinds, and values larger than the
/// blocks and chunks that codecs and readers work in.
final class Samples {
    static final long FIRST_TIMESTAMP = 1_700_000_000_000L;

    private Samples() {
    }

    static ByteBuffer bytes(String text) {
        return text == null ? null : ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
    }

    static List<Record> records(long baseOffset) {
        Random random = new Random(7);
        List<Header> headers = List.of(
                new Header("trace", bytes("a1b2")),
                new Header("trace", bytes("again")),
                new Header("", bytes("")),
                new Header("null", null),
                new Header("چاپار 🐎", bytes("non-ascii key")));
        List<Record> records = new ArrayList<>();
        add(records, baseOffset, 0, bytes("key"), bytes("value"), List.of());
        add(records, baseOffset, 5, null, bytes("no key"), List.of());
        add(records, baseOffset, -40, bytes("tombstone"), null, headers);
        add(records, baseOffset, 90_000, null, null, List.of());
        add(records, baseOffset, 3, bytes(""), bytes(""), headers.subList(0, 1));
        add(records, baseOffset, 9, bytes("noise"), noise(random, 150_000), headers);
        add(records, baseOffset, 9, bytes("flat"), ByteBuffer.allocate(400_000), List.of());
        for (int i = 0; i < 2_000; i++) {
            add(records, baseOffset, i, bytes("k" + random.nextInt(50)), bytes("value number " + i), List.of());
        }
        return records;
    }

    static ByteBuffer noise(Random random, int size) {
        byte[] noise = new byte[size];
        random.nextBytes(noise);
        return ByteBuffer.wrap(noise);
    }

    private static void add(
            List<Record> records, long baseOffset, long late, ByteBuffer key, ByteBuffer value, List<Header> headers) {
        records.add(new Record(baseOffset + records.size(), FIRST_TIMESTAMP + late, key, value, headers));
    }

    static List<Record> list(Iterable<Record> records) {
        List<Record> list = new ArrayList<>();
        records.forEach(list::add);
        return list;
    }

    static ByteBuffer direct(ByteBuffer heap) {
        return ByteBuffer.allocateDirect(heap.remaining()).put(heap.duplicate()).flip();
    }

    /// The same bytes in the middle of a larger buffer.
    static ByteBuffer embedded(ByteBuffer bytes) {
        ByteBuffer larger = ByteBuffer.allocate(bytes.remaining() + 20);
        larger.position(7);
        larger.put(bytes.duplicate());
        return larger.limit(larger.position()).position(7);
    }
}

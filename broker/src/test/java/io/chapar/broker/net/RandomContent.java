package io.chapar.broker.net;

import io.chapar.protocol.record.RecordBatch;
import io.chapar.protocol.record.RecordBatchBuilder;
import io.chapar.protocol.record.compress.Compression;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.zip.CRC32C;

/// Whatever a client may say, by chance: mostly names of what there is and small numbers, at times the strangest, or
/// bytes up to what fits into a frame.
/// Never the canary's names; and nothing is waited for long, since nobody would.
final class RandomContent implements GeneratedRequests.Content {
    private static final List<String> NAMES =
            List.of("wide", "narrow", "made", "g", "tx", "tx", "", "x", "__consumer_offsets", "__transaction_state",
                    "1", "cleanup.policy", "compact", "retention.ms", "range", "consumer", "m");
    private static final long[] STRANGE = {0, 1, -1, -2, Long.MAX_VALUE, Long.MIN_VALUE, Integer.MAX_VALUE,
        Integer.MIN_VALUE, Short.MAX_VALUE, Byte.MIN_VALUE};
    private static final int LONGEST_TEXT = Short.MAX_VALUE;
    private static final int LARGEST_BYTES = 11 << 20;
    /// That is packed into little.
    private static final int MUCH_BYTES = 5 << 20;
    private static final Compression[] CODECS = Compression.values();
    private static final int CRC_AT = 17;

    private final Random random;
    private final UUID topicId;
    /// Lists are long, and nothing else is done at length.
    private final int mostElements;
    private int elements;

    RandomContent(Random random, UUID topicId, int mostElements) {
        this.random = random;
        this.topicId = topicId;
        this.mostElements = mostElements;
    }

    @Override
    public int length(String path) {
        int wanted = random.nextInt(100) == 0 ? random.nextInt(mostElements) : random.nextInt(4);
        int given = Math.min(wanted, mostElements - elements);
        elements += given;
        return given;
    }

    /// Those of all lists so far.
    int elements() {
        return elements;
    }

    @Override
    public String text(String name) {
        return switch (random.nextInt(elements > 1000 ? 20 : 40)) {
            case 0 -> "";
            case 1 -> "n" + random.nextInt(50);
            case 2 -> unicode(random.nextInt(300));
            case 21 -> "y".repeat(random.nextInt(LONGEST_TEXT + 1));
            case 22 -> "y".repeat(LONGEST_TEXT);
            default -> NAMES.get(random.nextInt(NAMES.size()));
        };
    }

    private String unicode(int length) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < length; i++) {
            text.appendCodePoint(random.nextBoolean() ? 0x4e00 + random.nextInt(1000) : random.nextInt(0x80));
        }
        return text.toString();
    }

    @Override
    public long number(String name, Class<?> type) {
        boolean waits = name.endsWith("Ms") || name.equals("minBytes");
        if (waits) {
            return name.equals("sessionTimeoutMs") ? 6_000 : random.nextInt(20);
        }
        boolean makes = name.equals("numPartitions") || name.equals("count");
        if (makes) {
            return random.nextInt(6) - 1L;
        }
        return switch (random.nextInt(8)) {
            case 0 -> STRANGE[random.nextInt(STRANGE.length)];
            case 1 -> random.nextLong();
            case 2 -> random.nextInt(1000);
            default -> random.nextInt(3);
        };
    }

    @Override
    public UUID uuid(String name) {
        return switch (random.nextInt(4)) {
            case 0 -> new UUID(0, 0);
            case 1 -> new UUID(random.nextLong(), random.nextLong());
            default -> topicId;
        };
    }

    @Override
    public byte[] bytes(String name) {
        int most = switch (random.nextInt(500)) {
            case 0 -> LARGEST_BYTES;
            case 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 -> 100_000;
            default -> 40;
        };
        byte[] bytes = new byte[random.nextInt(elements > 100 ? Math.min(100_000, most) : most)];
        random.nextBytes(bytes);
        return bytes;
    }

    @Override
    public byte[] records() {
        boolean packed = elements < 100 && random.nextInt(3) == 0;
        RecordBatchBuilder batch = new RecordBatchBuilder(packed ? CODECS[random.nextInt(CODECS.length)]
                : Compression.NONE);
        if (random.nextInt(4) == 0) {
            batch.producer(random.nextInt(20), (short) random.nextInt(3), random.nextInt(3));
            if (random.nextBoolean()) {
                batch.transactional();
            }
        }
        for (int left = 1 + random.nextInt(3); left > 0; left--) {
            boolean much = packed && random.nextInt(20) == 0;
            batch.append(1_700_000_000_000L, ByteBuffer.wrap(bytes("key")),
                    much ? ByteBuffer.allocate(MUCH_BYTES) : ByteBuffer.wrap(bytes("value")));
        }
        ByteBuffer built = batch.build();
        byte[] bytes = new byte[built.remaining()];
        built.get(bytes);
        for (int changes = random.nextInt(2) == 0 ? random.nextInt(4) : 0; changes > 0; changes--) {
            int at = random.nextInt(random.nextBoolean() ? RecordBatch.HEADER_BYTES : bytes.length);
            bytes[at] = (byte) random.nextInt();
        }
        if (random.nextBoolean()) {
            CRC32C right = new CRC32C();
            right.update(bytes, RecordBatch.CHECKED_FROM, bytes.length - RecordBatch.CHECKED_FROM);
            ByteBuffer.wrap(bytes).putInt(CRC_AT, (int) right.getValue());
        }
        return bytes;
    }

    @Override
    public boolean isNull(String name) {
        return random.nextInt(10) == 0;
    }
}

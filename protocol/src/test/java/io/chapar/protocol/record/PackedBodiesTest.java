package io.chapar.protocol.record;

import io.chapar.protocol.record.compress.Compression;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;

import static org.junit.jupiter.api.Assertions.assertEquals;

class PackedBodiesTest {
    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
    }

    private static byte @Nullable [] array(@Nullable ByteBuffer bytes) {
        return bytes == null ? null : bytes.array();
    }

    private record Said(@Nullable ByteBuffer key, @Nullable ByteBuffer value, List<Header> headers) {
    }

    private static final List<Said> ALL = List.of(
            new Said(bytes("k"), bytes("value"), List.of()),
            new Said(null, bytes("x".repeat(5_000)), List.of()),
            new Said(bytes("deleted"), null, List.of()),
            new Said(null, null, List.of(new Header("naïve", bytes("h")), new Header("empty", null))),
            new Said(bytes(""), bytes(""), List.of()));

    private static PackedBodies packed() {
        PackedBodies bodies = new PackedBodies(1, 10);
        ALL.forEach(said -> bodies.add(array(said.key()), array(said.value()), said.headers()));
        return bodies;
    }

    /// Byte for byte, at times that go forth and back.
    @Test
    void aBatchOfThemIsThatOfTheRecords() {
        PackedBodies bodies = packed();
        assertEquals(ALL.size(), bodies.count());
        RecordBatchBuilder fromBodies = new RecordBatchBuilder(Compression.NONE);
        RecordBatchBuilder fromRecords = new RecordBatchBuilder(Compression.NONE);
        for (int i = 0; i < ALL.size(); i++) {
            Said said = ALL.get(i);
            long timestampMs = 1_000 + (i % 2 == 0 ? i : -100L * i);
            fromBodies.append(timestampMs, bodies, i);
            fromRecords.append(timestampMs, said.key(), said.value(), said.headers());
        }
        assertEquals(fromRecords.build(), fromBodies.build());
    }

    @Test
    void oneAloneIsTheSame() {
        PackedBodies bodies = packed();
        for (int i = 0; i < ALL.size(); i++) {
            PackedBodies alone = bodies.alone(i);
            assertEquals(1, alone.count());
            assertEquals(bodies.sizeInBytes(i), alone.sizeInBytes(0));
            assertEquals(new RecordBatchBuilder(Compression.NONE).append(5, bodies, i).build(),
                    new RecordBatchBuilder(Compression.NONE).append(5, alone, 0).build());
        }
    }
}

package io.chapar.protocol.message;

import io.chapar.codegen.Schema;
import io.chapar.codegen.SchemaReader;
import io.chapar.protocol.MalformedMessageException;
import io.chapar.protocol.Message;
import io.chapar.protocol.message.SampleValues.Shape;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

import java.lang.reflect.InvocationTargetException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Every message at every version, byte for byte against Kafka's own classes.
class WireConformanceTest {
    private static final int RANDOM_SAMPLES = 8;
    private static final int MUTATIONS = 40;

    static List<Schema> schemas() throws java.io.IOException {
        List<Schema> all = new ArrayList<>();
        all.addAll(SchemaReader.readFolder(Path.of("target/schemas/wire/common/message")));
        all.addAll(SchemaReader.readFolder(Path.of("target/schemas/coordinator/common/message")));
        return all;
    }

    @Test
    void everySchemaIsThere() throws Exception {
        List<Schema> all = schemas();
        assertTrue(all.size() > 200, "only " + all.size() + " schemas");
        assertEquals(all.stream().filter(each -> each.kind() == Schema.Kind.REQUEST).count(), ApiKey.values().length);
    }

    @TestFactory
    List<DynamicTest> bytesAndValuesAreKafkas() throws Exception {
        return schemas().stream()
                .map(schema -> DynamicTest.dynamicTest(schema.name(), () -> {
                    for (int v = schema.versions().lowest(); v <= schema.versions().highest(); v++) {
                        short version = (short) v;
                        sameBothWays(schema, version, Shape.DEFAULTS, 0);
                        sameBothWays(schema, version, Shape.NULLS, 1);
                        for (int seed = 0; seed < RANDOM_SAMPLES; seed++) {
                            sameBothWays(schema, version, Shape.RANDOM, seed);
                        }
                    }
                }))
                .toList();
    }

    private static void sameBothWays(Schema schema, short version, Shape shape, long seed) throws Exception {
        Map<String, Object> values = new SampleValues(schema, version, shape, seed).message();
        KafkaMessage kafka = new KafkaMessage(schema, values);
        ChaparMessage chapar = new ChaparMessage(schema);
        String what = schema.name() + " v" + version + " " + shape + " " + seed;

        Message ours = chapar.of(values);
        ByteBuffer theirBytes = kafka.bytes(version);
        assertEquals(hex(theirBytes), hex(ChaparMessage.write(ours, version)), what);
        assertEquals(ours, chapar.read(theirBytes.duplicate(), version), what);

        if (schema.flexible().contains(version)) {
            kafka.addUnknownTaggedFields();
            assertEquals(ours, chapar.read(kafka.bytes(version), version), what + " with unknown tagged fields");
        }
    }

    @TestFactory
    List<DynamicTest> damagedBytesFailInOneWay() throws Exception {
        return schemas().stream()
                .map(schema -> DynamicTest.dynamicTest(schema.name(), () -> {
                    SplittableRandom random = new SplittableRandom(schema.name().hashCode());
                    for (int v = schema.versions().lowest(); v <= schema.versions().highest(); v++) {
                        short version = (short) v;
                        Map<String, Object> values = new SampleValues(schema, version, Shape.RANDOM, v).message();
                        ChaparMessage chapar = new ChaparMessage(schema);
                        ByteBuffer good = ChaparMessage.write(chapar.of(values), version);
                        for (int i = 0; i < MUTATIONS; i++) {
                            readOrRefuse(chapar, damaged(good, random), version);
                        }
                    }
                }))
                .toList();
    }

    private static void readOrRefuse(ChaparMessage chapar, ByteBuffer bytes, short version) throws Exception {
        try {
            chapar.read(bytes, version);
        } catch (InvocationTargetException e) {
            assertTrue(e.getCause() instanceof MalformedMessageException, () -> "threw " + e.getCause());
        } catch (IllegalStateException shorterThanBefore) {
            assertTrue(shorterThanBefore.getMessage().endsWith("left unread"), shorterThanBefore::toString);
        }
    }

    private static ByteBuffer damaged(ByteBuffer good, SplittableRandom random) {
        byte[] bytes = new byte[good.remaining()];
        good.duplicate().get(bytes);
        if (bytes.length == 0 || random.nextInt(4) == 0) {
            int cut = bytes.length == 0 ? 0 : random.nextInt(bytes.length);
            return ByteBuffer.wrap(bytes, 0, cut).slice();
        }
        for (int left = 1 + random.nextInt(4); left > 0; left--) {
            int at = random.nextInt(Math.min(bytes.length, 200));
            bytes[at] = (byte) (random.nextBoolean() ? random.nextInt() : 0x7f | random.nextInt(2) << 7);
        }
        return ByteBuffer.wrap(bytes);
    }

    private static String hex(ByteBuffer bytes) {
        byte[] copy = new byte[bytes.remaining()];
        bytes.duplicate().get(copy);
        return java.util.HexFormat.of().formatHex(copy);
    }
}

package io.chapar.protocol.message;

import io.chapar.codegen.Schema;
import io.chapar.codegen.VersionRange;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.UUID;

/// Values for the fields of a schema at one version, as a neutral tree: a map by field name for a structure, a list for
/// an array, `byte[]` for bytes and records, boxed values otherwise. Fields that the version lacks are left out.
final class SampleValues {
    /// What a sample is made of.
    enum Shape { DEFAULTS, NULLS, RANDOM }

    private static final int LONGEST = 4;

    private final Schema schema;
    private final short version;
    private final Shape shape;
    private final SplittableRandom random;

    SampleValues(Schema schema, short version, Shape shape, long seed) {
        this.schema = schema;
        this.version = version;
        this.shape = shape;
        this.random = new SplittableRandom(seed);
    }

    Map<String, Object> message() {
        return struct(schema.fields());
    }

    private Map<String, Object> struct(List<Schema.Field> fields) {
        Map<String, Object> values = new LinkedHashMap<>();
        for (Schema.Field field : fields) {
            boolean present = field.versions().contains(version);
            switch (shape) {
                case DEFAULTS -> {
                    if (present && needsOne(field)) {
                        values.put(field.name(), value(field.type()));
                    }
                }
                case NULLS -> {
                    if (present && nullable(field)) {
                        values.put(field.name(), null);
                    } else if (present) {
                        values.put(field.name(), value(field.type()));
                    }
                }
                case RANDOM -> {
                    if (present) {
                        boolean none = nullable(field) && random.nextInt(4) == 0;
                        values.put(field.name(), none ? null : value(field.type()));
                    }
                }
            }
        }
        return values;
    }

    private boolean nullable(Schema.Field field) {
        return field.nullable().contains(version);
    }

    /// Record data has no default that can be written where null is not lawful.
    private boolean needsOne(Schema.Field field) {
        boolean defaultsToNull = field.type() instanceof Schema.Type.RecordData || field.defaultText().equals("null");
        VersionRange tagged = field.tagged();
        return defaultsToNull && !nullable(field) && !tagged.contains(version);
    }

    private Object value(Schema.Type type) {
        return switch (type) {
            case Schema.Type.Scalar(Schema.Primitive primitive) -> scalar(primitive);
            case Schema.Type.Text() -> text();
            case Schema.Type.Bytes() -> bytes();
            case Schema.Type.RecordData() -> bytes();
            case Schema.Type.StructRef(String name) -> struct(fieldsOf(name));
            case Schema.Type.Array(Schema.Type element) -> {
                List<Object> all = new ArrayList<>();
                for (int left = random.nextInt(LONGEST); left > 0; left--) {
                    all.add(value(element));
                }
                yield all;
            }
        };
    }

    List<Schema.Field> fieldsOf(String struct) {
        return schema.structs().stream().filter(each -> each.name().equals(struct)).findFirst().orElseThrow().fields();
    }

    private Object scalar(Schema.Primitive primitive) {
        return switch (primitive) {
            case BOOL -> random.nextBoolean();
            case INT8 -> (byte) random.nextInt();
            case INT16 -> (short) random.nextInt();
            case UINT16 -> random.nextInt(1 << 16);
            case INT32 -> random.nextInt();
            case UINT32 -> random.nextLong(1L << 32);
            case INT64 -> random.nextLong();
            case FLOAT64 -> random.nextDouble();
            case UUID -> new UUID(random.nextLong(), random.nextLong());
        };
    }

    private String text() {
        StringBuilder text = new StringBuilder();
        for (int left = random.nextInt(12); left > 0; left--) {
            text.appendCodePoint(switch (random.nextInt(4)) {
                case 0 -> 'a' + random.nextInt(26);
                case 1 -> 0xe0 + random.nextInt(30);
                case 2 -> 0x4e00 + random.nextInt(1000);
                default -> 0x1f600 + random.nextInt(40);
            });
        }
        return text.toString();
    }

    private byte[] bytes() {
        byte[] bytes = new byte[random.nextInt(3000)];
        random.nextBytes(bytes);
        return bytes;
    }
}

package io.chapar.protocol.message;

import io.chapar.codegen.Schema;
import io.chapar.protocol.BufferRecords;
import io.chapar.protocol.Message;
import io.chapar.protocol.WireReader;
import io.chapar.protocol.WireWriter;

import java.lang.reflect.Method;
import java.lang.reflect.RecordComponent;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// The generated record of a message, filled by reflection from the same values as Kafka's class.
final class ChaparMessage {
    private final Schema schema;
    private final Class<?> type;

    ChaparMessage(Schema schema) throws ReflectiveOperationException {
        this.schema = schema;
        String folder = switch (schema.kind()) {
            case REQUEST, RESPONSE, HEADER, DATA -> "message";
            case COORDINATOR_KEY, COORDINATOR_VALUE -> "coordinator";
        };
        this.type = Class.forName("io.chapar.protocol." + folder + "." + schema.name());
    }

    Message of(Map<String, Object> values) throws ReflectiveOperationException {
        return (Message) fill(type, schema.fields(), values);
    }

    Message read(ByteBuffer bytes, short version) throws ReflectiveOperationException {
        WireReader in = new WireReader(bytes);
        Message message = (Message) type.getMethod("read", WireReader.class, short.class).invoke(null, in, version);
        if (in.remaining() != 0) {
            throw new IllegalStateException(in.remaining() + " bytes were left unread");
        }
        return message;
    }

    static ByteBuffer write(Message message, short version) {
        WireWriter out = new WireWriter();
        message.write(out, version);
        int announced = out.size();
        ByteBuffer bytes = out.toBuffer();
        if (bytes.remaining() != announced) {
            throw new IllegalStateException(announced + " bytes announced, " + bytes.remaining() + " written");
        }
        return bytes;
    }

    /// Goes through the builder, so that it is proven too. Components beyond the schema are Chapar's own tagged fields,
    /// which stay at their default here and leave no byte.
    private Object fill(Class<?> record, List<Schema.Field> fields, Map<String, Object> values)
            throws ReflectiveOperationException {
        Object builder = record.getMethod("builder").invoke(null);
        RecordComponent[] components = record.getRecordComponents();
        for (int i = 0; i < fields.size(); i++) {
            Schema.Field field = fields.get(i);
            if (values.containsKey(field.name())) {
                Method setter = builder.getClass().getMethod(components[i].getName(), components[i].getType());
                setter.invoke(builder, convert(field.type(), values.get(field.name())));
            }
        }
        return builder.getClass().getMethod("build").invoke(builder);
    }

    @SuppressWarnings("unchecked")
    private Object convert(Schema.Type fieldType, Object value) throws ReflectiveOperationException {
        if (value == null) {
            return null;
        }
        return switch (fieldType) {
            case Schema.Type.Scalar scalar -> value;
            case Schema.Type.Text text -> value;
            case Schema.Type.Bytes bytes -> ByteBuffer.wrap((byte[]) value);
            case Schema.Type.RecordData records -> new BufferRecords(ByteBuffer.wrap((byte[]) value));
            case Schema.Type.StructRef(String name) -> fill(Class.forName(type.getName() + "$" + name),
                    schema.structs().stream().filter(each -> each.name().equals(name)).findFirst().orElseThrow()
                            .fields(),
                    (Map<String, Object>) value);
            case Schema.Type.Array(Schema.Type element) -> {
                List<Object> all = new ArrayList<>();
                for (Object each : (List<Object>) value) {
                    all.add(convert(element, each));
                }
                yield all;
            }
        };
    }
}

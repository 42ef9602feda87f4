package io.chapar.protocol.message;

import io.chapar.codegen.Schema;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.Message;
import org.apache.kafka.common.protocol.ObjectSerializationCache;
import org.apache.kafka.common.protocol.types.RawTaggedField;
import org.apache.kafka.common.record.internal.MemoryRecords;

import java.lang.reflect.Method;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/// Kafka's own class of a message, filled by reflection: the oracle for every byte.
final class KafkaMessage {
    private final Schema schema;
    private final List<Message> filled = new ArrayList<>();
    private final Message message;

    KafkaMessage(Schema schema, Map<String, Object> values) throws ReflectiveOperationException {
        this.schema = schema;
        this.message = (Message) fill(kafkaClass(schema), values);
    }

    private static Class<?> kafkaClass(Schema schema) throws ClassNotFoundException {
        String name = schema.name();
        return switch (schema.kind()) {
            case REQUEST, RESPONSE, HEADER -> Class.forName("org.apache.kafka.common.message." + name + "Data");
            case DATA -> Class.forName("org.apache.kafka.common.message." + name);
            case COORDINATOR_KEY, COORDINATOR_VALUE ->
                Class.forName("org.apache.kafka.coordinator." + coordinator(name) + ".generated." + name);
        };
    }

    private static String coordinator(String name) {
        if (name.startsWith("TransactionLog")) {
            return "transaction";
        }
        return name.startsWith("ShareSnapshot") || name.startsWith("ShareUpdate") ? "share" : "group";
    }

    ByteBuffer bytes(short version) {
        ObjectSerializationCache cache = new ObjectSerializationCache();
        ByteBuffer out = ByteBuffer.allocate(message.size(cache, version));
        message.write(new ByteBufferAccessor(out), cache, version);
        if (out.hasRemaining()) {
            throw new IllegalStateException(out.remaining() + " bytes fewer than announced");
        }
        return out.flip();
    }

    /// Puts a tagged field that no schema knows into this message and every structure that was filled.
    void addUnknownTaggedFields() {
        for (Message struct : filled) {
            struct.unknownTaggedFields().add(new RawTaggedField(4711, new byte[] {1, 2, 3}));
        }
    }

    private Object fill(Class<?> type, Map<String, Object> values) throws ReflectiveOperationException {
        Object struct = type.getDeclaredConstructor().newInstance();
        filled.add((Message) struct);
        for (Map.Entry<String, Object> value : values.entrySet()) {
            Method setter = setter(type, value.getKey());
            setter.invoke(struct, convert(setter.getParameterTypes()[0], type, value.getKey(), value.getValue()));
        }
        return struct;
    }

    private static Method setter(Class<?> type, String field) {
        return Arrays.stream(type.getMethods())
                .filter(each -> each.getName().equalsIgnoreCase("set" + field) && each.getParameterCount() == 1)
                .findFirst().orElseThrow(() -> new IllegalStateException(type + " has no " + field));
    }

    @SuppressWarnings("unchecked")
    private Object convert(
            Class<?> to, Class<?> owner, String field, Object value) throws ReflectiveOperationException {
        return switch (value) {
            case null -> null;
            case UUID uuid -> new Uuid(uuid.getMostSignificantBits(), uuid.getLeastSignificantBits());
            case byte[] bytes when to == byte[].class -> bytes;
            case byte[] bytes when to == ByteBuffer.class -> ByteBuffer.wrap(bytes);
            case byte[] bytes -> MemoryRecords.readableRecords(ByteBuffer.wrap(bytes));
            case Map<?, ?> struct -> fill(to, (Map<String, Object>) struct);
            case List<?> list -> collection(to, owner, field, list);
            default -> value;
        };
    }

    @SuppressWarnings({"unchecked", "rawtypes"})
    private Object collection(
            Class<?> to, Class<?> owner, String field, List<?> list) throws ReflectiveOperationException {
        Collection all = to == List.class
                ? new java.util.ArrayList<>()
                : (Collection) to.getDeclaredConstructor().newInstance();
        for (Object each : list) {
            Class<?> element = each instanceof Map ? nested(elementType(owner, field)) : Object.class;
            all.add(each instanceof byte[] bytes ? bytes : convert(element, owner, field, each));
        }
        return all;
    }

    private Class<?> nested(String struct) throws ReflectiveOperationException {
        return Class.forName(kafkaClass(schema).getName() + "$" + struct);
    }

    /// The structure's name in an array field of `owner`, one of Kafka's classes.
    private String elementType(Class<?> owner, String field) {
        List<Schema.Field> fields = schema.structs().stream()
                .filter(each -> owner.getName().endsWith("$" + each.name()))
                .findFirst().map(Schema.Struct::fields).orElse(schema.fields());
        Schema.Type type = fields.stream().filter(each -> each.name().equals(field)).findFirst().orElseThrow().type();
        return ((Schema.Type.StructRef) ((Schema.Type.Array) type).element()).struct();
    }
}

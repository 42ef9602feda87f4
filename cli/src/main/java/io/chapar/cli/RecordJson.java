package io.chapar.cli;

import io.chapar.client.consumer.ConsumerRecord;
import io.chapar.client.producer.ProducerRecord;
import io.chapar.protocol.record.Header;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// A record as a JSON object. Bytes that are UTF-8 are given as text under their own name, others in Base64 under the
/// name with `Base64` behind it.
final class RecordJson {
    private static final List<String> KNOWN = List.of("topic", "partition", "offset", "timestamp", "key", "keyBase64",
            "value", "valueBase64", "headers");

    private RecordJson() {
    }

    static Map<String, Object> object(ConsumerRecord<byte[], byte[]> record) {
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("topic", record.topic());
        object.put("partition", record.partition());
        object.put("offset", record.offset());
        object.put("timestamp", record.timestamp());
        put(object, "key", record.key());
        put(object, "value", record.value());
        if (!record.headers().isEmpty()) {
            List<Map<String, Object>> headers = new ArrayList<>();
            for (Header header : record.headers()) {
                Map<String, Object> one = new LinkedHashMap<>();
                one.put("key", header.key());
                put(one, "value", bytes(header.value()));
                headers.add(one);
            }
            object.put("headers", headers);
        }
        return object;
    }

    /// Throws [IllegalArgumentException] with what is wrong with the line. What is missing is null; unknown names are
    /// an error, since they are likely slips. The topic and the offset that it names are those of where it was read.
    static ProducerRecord<byte[], byte[]> read(byte[] line, String topic) {
        if (!(Json.read(line) instanceof Map<?, ?> object)) {
            throw new IllegalArgumentException("no JSON object");
        }
        for (Object name : object.keySet()) {
            if (!KNOWN.contains(name)) {
                throw new IllegalArgumentException(
                        "an unknown \"" + name + "\"; there are " + String.join(", ", KNOWN));
            }
        }
        List<Header> headers = new ArrayList<>();
        if (object.get("headers") instanceof List<?> all) {
            for (Object one : all) {
                if (!(one instanceof Map<?, ?> header) || !(header.get("key") instanceof String key)) {
                    throw new IllegalArgumentException("a header without a key");
                }
                byte[] value = bytes(header, "value");
                headers.add(new Header(key, value == null ? null : ByteBuffer.wrap(value)));
            }
        }
        Long partition = number(object, "partition");
        return new ProducerRecord<>(topic, partition == null ? null : Math.toIntExact(partition),
                number(object, "timestamp"), bytes(object, "key"), bytes(object, "value"), headers);
    }

    private static byte @Nullable [] bytes(Map<?, ?> object, String name) {
        if (object.get(name + "Base64") instanceof String encoded) {
            return Base64.getDecoder().decode(encoded);
        }
        return switch (object.get(name)) {
            case null -> null;
            case String text -> Utf8.bytes(text);
            case Object other -> Utf8.bytes(Json.text(other));
        };
    }

    private static @Nullable Long number(Map<?, ?> object, String name) {
        return switch (object.get(name)) {
            case null -> null;
            case Long number -> number;
            case Object other -> throw new IllegalArgumentException("a " + name + " that is no number: " + other);
        };
    }

    private static void put(Map<String, Object> object, String name, byte @Nullable [] bytes) {
        String text = bytes == null ? null : Utf8.textOrNull(bytes);
        if (bytes != null && text == null) {
            object.put(name + "Base64", Base64.getEncoder().encodeToString(bytes));
        } else {
            object.put(name, text);
        }
    }

    private static byte @Nullable [] bytes(@Nullable ByteBuffer buffer) {
        if (buffer == null) {
            return null;
        }
        byte[] bytes = new byte[buffer.remaining()];
        buffer.duplicate().get(bytes);
        return bytes;
    }
}

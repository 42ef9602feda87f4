package io.chapar.cli;

import io.chapar.client.consumer.ConsumerRecord;
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

package io.chapar.processor.json;

import io.chapar.client.UsageException;
import io.chapar.client.serde.Serde;
import io.chapar.client.serde.SerdeException;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JavaType;
import tools.jackson.databind.MapperFeature;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.ObjectReader;
import tools.jackson.databind.ObjectWriter;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/// Records (and whatever else Jackson 3 maps) as JSON in UTF-8.
///
/// ```
/// record Payment(String card, long cents, Instant at) {
/// }
/// Serde<Payment> payments = JsonSerde.of(Payment.class);
/// ```
/// No bytes are null and null is no bytes, as with every [Serde]. The text `null` is no value, nor is anything behind
/// a value; nor is text in which a component of a primitive type is missing or null. Other components that are missing
/// are null, and members that the type does not know are passed over, so that a type can get more of either.
///
/// Equal values have equal bytes, as keys must, as long as what is in them has an order: members come in that of their
/// names, entries of maps in that of their keys. Times are in the form of ISO 8601.
///
/// @param <T> what it reads and writes
public final class JsonSerde<T> implements Serde<T> {
    /// As `max.request.size` of a producer and `message.max.bytes` of a broker have it, nearly.
    public static final int MAX_BYTES = 1 << 20;
    private static final JsonMapper PLAIN = JsonMapper.builder()
            .enable(MapperFeature.SORT_PROPERTIES_ALPHABETICALLY)
            .disable(MapperFeature.SORT_CREATOR_PROPERTIES_FIRST)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS)
            .build();

    private final ObjectMapper mapper;
    private final JavaType type;
    private final ObjectReader reader;
    private final ObjectWriter writer;
    private final int maxBytes;

    private JsonSerde(ObjectMapper mapper, JavaType type, int maxBytes) {
        this.mapper = mapper;
        this.type = type;
        this.maxBytes = maxBytes;
        reader = mapper.readerFor(type);
        writer = mapper.writerFor(type);
    }

    public static <T> JsonSerde<T> of(Class<T> type) {
        return new JsonSerde<>(PLAIN, PLAIN.constructType(type), MAX_BYTES);
    }

    /// For a type with parameters: `JsonSerde.of(new TypeReference<List<Payment>>() { })`.
    public static <T> JsonSerde<T> of(TypeReference<T> type) {
        return new JsonSerde<>(PLAIN, PLAIN.constructType(type), MAX_BYTES);
    }

    /// With a mapper of the user's, whose rules then hold.
    public JsonSerde<T> withMapper(ObjectMapper other) {
        return new JsonSerde<>(other, type, maxBytes);
    }

    /// Neither more is read (nor looked at) nor written.
    public JsonSerde<T> withMaxBytes(int bytes) {
        if (bytes < 1) {
            throw new UsageException("A limit of " + bytes + " bytes lets nothing through");
        }
        return new JsonSerde<>(mapper, type, bytes);
    }

    @Override
    public byte @Nullable [] serialize(String topic, @Nullable T data) {
        if (data == null) {
            return null;
        }
        byte[] bytes;
        try {
            bytes = writer.writeValueAsBytes(data);
        } catch (JacksonException e) {
            throw new SerdeException("No JSON of " + type.toCanonical() + ": " + e.getOriginalMessage(), e);
        }
        requireLimit(bytes.length);
        return bytes;
    }

    @Override
    public @Nullable T deserialize(String topic, byte @Nullable [] bytes) {
        if (bytes == null) {
            return null;
        }
        requireLimit(bytes.length);
        @Nullable T value;
        try {
            value = reader.readValue(bytes);
        } catch (JacksonException e) {
            throw new SerdeException("Not JSON of " + type.toCanonical() + ": " + e.getOriginalMessage(), e);
        }
        if (value == null) {
            throw new SerdeException("Not JSON of " + type.toCanonical() + ": null is what has no bytes");
        }
        return value;
    }

    private void requireLimit(int bytes) {
        if (bytes > maxBytes) {
            throw new SerdeException("JSON of " + bytes + " bytes, of at most " + maxBytes + " (withMaxBytes)");
        }
    }
}

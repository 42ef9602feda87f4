package io.chapar.client.serde;

import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.UUID;
import java.util.function.Function;

/// The serdes of plain types, with the bytes that Kafka's own serializers write: UTF-8, big-endian numbers. What has
/// another length than its type is refused; a text or an array is as long as a record may be (`max.request.size`).
public final class Serdes {
    private static final Serde<byte[]> BYTES = of(Function.identity(), Function.identity());
    private static final Serde<String> STRING =
            of(text -> text.getBytes(StandardCharsets.UTF_8), Serdes::decodeUtf8);
    private static final Serde<Long> LONG = of(
            number -> ByteBuffer.allocate(Long.BYTES).putLong(number).array(),
            bytes -> exactly(bytes, Long.BYTES).getLong());
    private static final Serde<Integer> INTEGER = of(
            number -> ByteBuffer.allocate(Integer.BYTES).putInt(number).array(),
            bytes -> exactly(bytes, Integer.BYTES).getInt());
    private static final Serde<Short> SHORT = of(
            number -> ByteBuffer.allocate(Short.BYTES).putShort(number).array(),
            bytes -> exactly(bytes, Short.BYTES).getShort());
    private static final Serde<Float> FLOAT = of(
            number -> ByteBuffer.allocate(Float.BYTES).putFloat(number).array(),
            bytes -> exactly(bytes, Float.BYTES).getFloat());
    private static final Serde<Double> DOUBLE = of(
            number -> ByteBuffer.allocate(Double.BYTES).putDouble(number).array(),
            bytes -> exactly(bytes, Double.BYTES).getDouble());
    private static final Serde<Boolean> BOOLEAN = of(flag -> new byte[] {(byte) (flag ? 1 : 0)}, Serdes::flag);
    private static final Serde<UUID> UUID_TEXT =
            of(id -> id.toString().getBytes(StandardCharsets.UTF_8), Serdes::id);
    private static final Serde<Void> NOTHING = of(nothing -> new byte[0], bytes -> {
        throw new SerdeException("Expected nothing, found " + bytes.length + " bytes");
    });

    private Serdes() {
    }

    public static Serde<byte[]> bytes() {
        return BYTES;
    }

    public static Serde<String> string() {
        return STRING;
    }

    public static Serde<Long> int64() {
        return LONG;
    }

    public static Serde<Integer> int32() {
        return INTEGER;
    }

    public static Serde<Short> int16() {
        return SHORT;
    }

    public static Serde<Float> float32() {
        return FLOAT;
    }

    public static Serde<Double> float64() {
        return DOUBLE;
    }

    /// One byte, 0 or 1.
    public static Serde<Boolean> bool() {
        return BOOLEAN;
    }

    /// As text, in the usual form with hyphens.
    public static Serde<UUID> uuid() {
        return UUID_TEXT;
    }

    /// For keys, or values, that are always null.
    public static Serde<Void> nothing() {
        return NOTHING;
    }

    /// A serde from two functions that never see null.
    public static <T> Serde<T> of(Function<? super T, byte[]> writer, Function<byte[], ? extends T> reader) {
        return new Serde<>() {
            @Override
            public byte @Nullable [] serialize(String topic, @Nullable T data) {
                return data == null ? null : writer.apply(data);
            }

            @Override
            public @Nullable T deserialize(String topic, byte @Nullable [] bytes) {
                return bytes == null ? null : reader.apply(bytes);
            }
        };
    }

    private static ByteBuffer exactly(byte[] bytes, int length) {
        if (bytes.length != length) {
            throw new SerdeException("Expected " + length + " bytes, found " + bytes.length);
        }
        return ByteBuffer.wrap(bytes);
    }

    private static boolean flag(byte[] bytes) {
        byte flag = exactly(bytes, 1).get();
        if (flag != 0 && flag != 1) {
            throw new SerdeException("Expected 0 or 1, found " + flag);
        }
        return flag == 1;
    }

    private static UUID id(byte[] bytes) {
        String text = decodeUtf8(bytes);
        try {
            return UUID.fromString(text);
        } catch (IllegalArgumentException e) {
            throw new SerdeException("Not a UUID", e);
        }
    }

    private static String decodeUtf8(byte[] bytes) {
        if (isAscii(bytes)) {
            return new String(bytes, StandardCharsets.ISO_8859_1);
        }
        try {
            return StandardCharsets.UTF_8.newDecoder()
                    .onMalformedInput(CodingErrorAction.REPORT)
                    .onUnmappableCharacter(CodingErrorAction.REPORT)
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new SerdeException("Not UTF-8", e);
        }
    }

    private static boolean isAscii(byte[] bytes) {
        int all = 0;
        for (byte one : bytes) {
            all |= one;
        }
        return all >= 0;
    }
}

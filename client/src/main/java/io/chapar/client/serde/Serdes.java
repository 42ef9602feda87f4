package io.chapar.client.serde;

import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.function.Function;

/// The serdes of plain types, with the bytes that Kafka's own serializers write: UTF-8, big-endian numbers.
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

    private static String decodeUtf8(byte[] bytes) {
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
}

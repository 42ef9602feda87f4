package io.chapar.client.serde;

import org.apache.kafka.common.serialization.BooleanSerializer;
import org.apache.kafka.common.serialization.DoubleSerializer;
import org.apache.kafka.common.serialization.FloatSerializer;
import org.apache.kafka.common.serialization.IntegerSerializer;
import org.apache.kafka.common.serialization.LongSerializer;
import org.apache.kafka.common.serialization.Serializer;
import org.apache.kafka.common.serialization.ShortSerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.common.serialization.UUIDSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

class SerdesTest {
    static Stream<Arguments> kafkas() {
        return Stream.of(
                Arguments.of(Serdes.int16(), new ShortSerializer(), List.of(Short.MIN_VALUE, (short) -1, (short) 7)),
                Arguments.of(Serdes.int32(), new IntegerSerializer(), List.of(Integer.MIN_VALUE, -1, 7)),
                Arguments.of(Serdes.int64(), new LongSerializer(), List.of(Long.MIN_VALUE, -1L, 7L)),
                Arguments.of(Serdes.float32(), new FloatSerializer(), List.of(-0.0f, Float.NaN, 1.5f)),
                Arguments.of(Serdes.float64(), new DoubleSerializer(), List.of(-0.0, Double.NaN, 1.5)),
                Arguments.of(Serdes.bool(), new BooleanSerializer(), List.of(true, false)),
                Arguments.of(Serdes.uuid(), new UUIDSerializer(), List.of(new UUID(0, 0), new UUID(-1, 77))),
                Arguments.of(Serdes.string(), new StringSerializer(), List.of("", "چاپار", "a")));
    }

    @ParameterizedTest
    @MethodSource("kafkas")
    <T> void bytesAreKafkas(Serde<T> serde, Serializer<T> kafkas, List<T> values) {
        for (T value : values) {
            byte[] bytes = serde.serialize("t", value);
            assertArrayEquals(kafkas.serialize("t", value), bytes);
            assertEquals(value, serde.deserialize("t", bytes));
        }
        assertNull(serde.serialize("t", null));
        assertNull(serde.deserialize("t", null));
    }

    @Test
    void whatIsNoneOfItsTypeIsRefused() {
        for (Serde<?> serde : List.of(Serdes.int16(), Serdes.int32(), Serdes.int64(), Serdes.float32(),
                Serdes.float64(), Serdes.bool(), Serdes.uuid(), Serdes.nothing(), Serdes.string())) {
            assertThrows(SerdeException.class, () -> serde.deserialize("t", new byte[] {-1, -1, -1}));
        }
        assertThrows(SerdeException.class, () -> Serdes.bool().deserialize("t", new byte[] {2}));
        assertNull(Serdes.nothing().deserialize("t", null));
    }
}

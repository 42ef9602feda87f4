package io.chapar.processor.json;

import io.chapar.client.UsageException;
import io.chapar.client.serde.SerdeException;
import io.chapar.client.serde.Serdes;
import io.chapar.processor.Delivery;
import io.chapar.processor.ErrorPolicy;
import io.chapar.processor.TestDriver;
import io.chapar.processor.Topology;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.json.JsonMapper;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class JsonSerdeTest {
    record Payment(String card, long cents, Instant at, Map<String, Integer> items) {
    }

    private static final JsonSerde<Payment> PAYMENTS = JsonSerde.of(Payment.class);

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }

    @Test
    void aRecordIsReadAsItWasWritten() {
        Payment payment = new Payment("visa ۱", -7, Instant.parse("2026-03-01T10:00:00.5Z"), Map.of("tea", 2));
        byte[] bytes = PAYMENTS.serialize("t", payment);
        assertEquals("{\"at\":\"2026-03-01T10:00:00.500Z\",\"card\":\"visa ۱\",\"cents\":-7,\"items\":{\"tea\":2}}",
                text(bytes));
        assertEquals(payment, PAYMENTS.deserialize("t", bytes));
    }

    @Test
    void equalValuesHaveEqualBytes() {
        Map<String, Integer> one = new LinkedHashMap<>();
        Map<String, Integer> other = new LinkedHashMap<>();
        for (int number = 0; number < 20; number++) {
            one.put("k" + number, number);
            other.put("k" + (19 - number), 19 - number);
        }
        assertArrayEquals(PAYMENTS.serialize("t", new Payment("c", 1, null, one)),
                PAYMENTS.serialize("t", new Payment("c", 1, null, other)));
    }

    @Test
    void nullIsWhatHasNoBytes() {
        assertNull(PAYMENTS.serialize("t", null));
        assertNull(PAYMENTS.deserialize("t", null));
        assertThrows(SerdeException.class, () -> PAYMENTS.deserialize("t", bytes("null")));
        assertThrows(SerdeException.class, () -> PAYMENTS.deserialize("t", new byte[0]));
    }

    @Test
    void aTypeMayGetMoreMembersOrLess() {
        assertEquals(new Payment(null, 5, null, null),
                PAYMENTS.deserialize("t", bytes("{\"cents\":5,\"shop\":\"of a later version\"}")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"{}", "{\"cents\":null}", "{\"cents\":5} {}", "{\"cents\":5", "[1]", "{\"cents\":\"x\"}",
        "{\"cents\":5,\"at\":\"soon\"}", "\u0000", "{\"cents\":1e400}"})
    void whatIsNoneIsRefused(String text) {
        SerdeException refused = assertThrows(SerdeException.class, () -> PAYMENTS.deserialize("t", bytes(text)));
        assertTrue(refused.getMessage().startsWith("Not JSON of "), refused.getMessage());
    }

    @Test
    void noValueIsDeeperOrLongerThanItMayBe() {
        assertThrows(SerdeException.class, () -> JsonSerde.of(Object.class)
                .deserialize("t", bytes("[".repeat(100_000) + "]".repeat(100_000))));
        JsonSerde<String> small = JsonSerde.of(String.class).withMaxBytes(10);
        assertEquals("12345678", small.deserialize("t", small.serialize("t", "12345678")));
        assertThrows(SerdeException.class, () -> small.serialize("t", "123456789"));
        assertThrows(SerdeException.class, () -> small.deserialize("t", bytes("\"123456789\"")));
        assertThrows(SerdeException.class, () ->
                JsonSerde.of(String.class).serialize("t", "x".repeat(JsonSerde.MAX_BYTES)));
        assertThrows(UsageException.class, () -> small.withMaxBytes(0));
    }

    @Test
    void typesWithParametersAndMappersOfOnesOwn() {
        JsonSerde<List<Payment>> lists = JsonSerde.of(new TypeReference<List<Payment>>() { });
        List<Payment> list = List.of(new Payment("c", 1, null, Map.of()));
        assertEquals(list, lists.deserialize("t", lists.serialize("t", list)));
        record Named(int unitPrice) {
        }
        assertEquals("{\"unit_price\":3}", text(JsonSerde.of(Named.class).withMapper(JsonMapper.builder()
                .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE).build()).serialize("t", new Named(3))));
    }

    @Test
    void whatCannotBeReadIsADeadLetterAndStateIsKeptInJson() {
        Topology topology = Topology.from("payments", Serdes.string(), PAYMENTS).groupByKey(Serdes.string())
                .aggregate("last", PAYMENTS, () -> new Payment("", 0, null, Map.of()), (card, payment, sum) ->
                        new Payment(card, payment.cents() + sum.cents(), payment.at(), payment.items()))
                .to("sums", Serdes.string(), PAYMENTS);
        try (TestDriver driver = TestDriver.of(topology, TestDriver.Settings.of(Delivery.EXACTLY_ONCE)
                .withOnError(ErrorPolicy.deadLetter("failed", 0)))) {
            driver.pipe("payments", Serdes.string(), PAYMENTS, "c", new Payment("c", 3, null, null))
                    .pipe("payments", Serdes.string(), Serdes.string(), "c", "{\"cents\":")
                    .pipe("payments", Serdes.string(), PAYMENTS, "c", new Payment("c", 4, null, null));
            driver.crashAfter(9).run().assertExactlyOnce();
            assertEquals(7, driver.read("sums", Serdes.string(), PAYMENTS).getLast().value().cents());
            assertEquals(1, driver.read("failed", Serdes.string(), Serdes.string()).size());
        }
    }
}

package io.chapar.processor;

import io.chapar.client.serde.Serdes;
import io.chapar.protocol.ErrorCode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.IntStream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// What becomes of a record of which an output cannot be written, under each policy and in each mode.
class RefusedOutputTest {
    private static final ErrorPolicy TO_DEAD = ErrorPolicy.deadLetter("dead", 0);

    /// Each record goes to the topic that its value names, or to "out".
    private static Topology topology() {
        return Topology.from("in", Serdes.string(), Serdes.string())
                .to(record -> record.value().startsWith("to:") ? record.value().substring(3) : "out",
                        Serdes.string(), Serdes.string());
    }

    private static TestDriver driver(Delivery delivery, ErrorPolicy policy, String... values) {
        TestDriver driver = TestDriver.of(topology(), TestDriver.Settings.of(delivery).withOnError(policy));
        for (String value : values) {
            driver.pipe("in", Serdes.string(), Serdes.string(), "k", value);
        }
        return driver;
    }

    private static List<String> values(TestDriver driver, String topic) {
        return driver.read(topic, Serdes.string(), Serdes.string()).stream().map(StreamRecord::value).toList();
    }

    private static String header(StreamRecord<?, ?> record, String name) {
        ByteBuffer value = record.headers().stream()
                .filter(header -> header.key().equals(ErrorPolicy.HEADER_PREFIX + name)).findFirst().orElseThrow()
                .value();
        return StandardCharsets.UTF_8.decode(value.duplicate()).toString();
    }

    private static boolean hasValue(SinkRecord record, String text) {
        return record.value() != null && new String(record.value(), StandardCharsets.UTF_8).contains(text);
    }

    @ParameterizedTest
    @EnumSource
    void whatNoClusterWouldTakeIsSkipped(Delivery delivery) {
        try (TestDriver driver = driver(delivery, ErrorPolicy.skip(0), "a", "to:bad name!", "x".repeat(1_200_000),
                "to:" + "x".repeat(250), "to:..", "b").run()) {
            assertEquals(List.of("a", "b"), values(driver, "out"));
            assertEquals(4, driver.status().skipped());
            assertEquals(0, driver.status().aborts());
            driver.assertExactlyOnce();
        }
    }

    @ParameterizedTest
    @EnumSource
    void whatNoClusterWouldTakeGoesToTheDeadLetters(Delivery delivery) {
        try (TestDriver driver = driver(delivery, TO_DEAD, "a", "to:bad name!", "b").run()) {
            assertEquals(List.of("a", "b"), values(driver, "out"));
            StreamRecord<String, String> dead = driver.read("dead", Serdes.string(), Serdes.string()).getFirst();
            assertEquals("to:bad name!", dead.value());
            assertTrue(header(dead, "error").contains("'bad name!' is not the name of a topic"),
                    header(dead, "error"));
            driver.assertExactlyOnce();
        }
    }

    @ParameterizedTest
    @EnumSource
    void whatTheClusterRefusesGoesToTheDeadLetters(Delivery delivery) {
        try (TestDriver driver = driver(delivery, TO_DEAD, "a", "bad", "b", "bad too", "c")
                .refuse(record -> record.topic().equals("out") && hasValue(record, "bad")
                        ? ErrorCode.MESSAGE_TOO_LARGE : null).run()) {
            assertEquals(List.of("a", "b", "c"), values(driver, "out").stream().distinct().toList());
            assertEquals(List.of("bad", "bad too"), values(driver, "dead"));
            assertEquals(2, driver.status().skipped());
            if (delivery == Delivery.EXACTLY_ONCE) {
                driver.assertExactlyOnce();
            }
        }
    }

    /// The answer to a batch does not say for which of its records it was refused.
    @ParameterizedTest
    @EnumSource(names = {"AT_LEAST_ONCE", "EXACTLY_ONCE"})
    void theOneRecordForWhichABatchWasRefusedIsFound(Delivery delivery) {
        try (TestDriver driver = driver(delivery, ErrorPolicy.skip(0), "a", "b", "bad", "c", "d")
                .refuse(record -> hasValue(record, "bad") ? ErrorCode.INVALID_RECORD : null).run()) {
            assertEquals(List.of("a", "b", "c", "d"), values(driver, "out"));
            assertEquals(1, driver.status().skipped());
            driver.assertExactlyOnce();
        }
    }

    /// Committed before, they are not read again: all that was in the batch is told of, and nothing is lost.
    @Test
    void atMostOnceEveryRecordOfARefusedBatchIsADeadLetter() {
        try (TestDriver driver = driver(Delivery.AT_MOST_ONCE, TO_DEAD, "a", "bad", "c")
                .refuse(record -> record.topic().equals("out") && hasValue(record, "bad")
                        ? ErrorCode.INVALID_RECORD : null).run()) {
            assertEquals(List.of(), values(driver, "out"));
            assertEquals(List.of("a", "bad", "c"), values(driver, "dead"));
        }
    }

    @ParameterizedTest
    @EnumSource
    void aDeadLetterThatIsRefusedBecomesANotice(Delivery delivery) {
        try (TestDriver driver = driver(delivery, TO_DEAD, "a", "bad", "b")
                .refuse(record -> hasValue(record, "bad") ? ErrorCode.INVALID_RECORD : null).run()) {
            StreamRecord<String, String> notice = driver.read("dead", Serdes.string(), Serdes.string()).stream()
                    .filter(record -> "in-0@1".equals(record.key())).findFirst().orElseThrow();
            assertNull(notice.value());
            assertEquals("1", header(notice, "offset"));
            assertTrue(header(notice, "error").startsWith("a record for out was refused"), header(notice, "error"));
            assertTrue(header(notice, "omitted").startsWith("a record for dead was refused"));
        }
    }

    @Test
    void anInputTooLargeForADeadLetterIsToldOfWithTheErrorOfTheFunction() {
        Topology topology = Topology.from("in", Serdes.string(), Serdes.string())
                .peek(record -> {
                    throw new IllegalArgumentException("poison");
                }).to("out", Serdes.string(), Serdes.string());
        try (TestDriver driver = TestDriver.of(topology, TestDriver.Settings.of(Delivery.EXACTLY_ONCE)
                .withOnError(TO_DEAD))) {
            driver.pipe("in", Serdes.string(), Serdes.string(), "k", "x".repeat(1_048_500)).run();
            StreamRecord<String, String> notice = driver.read("dead", Serdes.string(), Serdes.string()).getFirst();
            assertEquals("in-0@0", notice.key());
            assertTrue(header(notice, "error").contains("poison"), header(notice, "error"));
            assertEquals(0, driver.status().aborts());
        }
    }

    @ParameterizedTest
    @EnumSource
    void aTopicThatTakesNoDeadLettersEndsTheApplication(Delivery delivery) {
        try (TestDriver driver = driver(delivery, TO_DEAD, "a", "to:bad name!", "b")
                .refuse(record -> record.topic().equals("dead") ? ErrorCode.TOPIC_AUTHORIZATION_FAILED : null)) {
            ProcessorException failure = assertThrows(ProcessorException.class, driver::run);
            assertTrue(failure.getMessage().contains("offset 1 of in-0")
                    && failure.getMessage().contains("'bad name!'")
                    && failure.getMessage().contains("dead was refused"), failure.getMessage());
        }
    }

    @ParameterizedTest
    @EnumSource
    void withStopTheApplicationEndsAndNamesRecordAndTopic(Delivery delivery) {
        try (TestDriver driver = driver(delivery, ErrorPolicy.stop(), "a", "bad", "b")
                .refuse(record -> hasValue(record, "bad") ? ErrorCode.MESSAGE_TOO_LARGE : null)) {
            ProcessorException failure = assertThrows(ProcessorException.class, driver::run);
            assertTrue(failure.getMessage().contains("offset 1 of in-0")
                    && failure.getMessage().contains("a record for out was refused"), failure.getMessage());
            if (delivery == Delivery.EXACTLY_ONCE) {
                assertEquals(List.of("a"), values(driver, "out"));
            }
        }
    }

    @Test
    void withStopATopicThatIsMissingIsWaitedFor() {
        int[] refusals = {3};
        try (TestDriver driver = driver(Delivery.EXACTLY_ONCE, ErrorPolicy.stop(), "a", "b")
                .refuse(record -> refusals[0]-- > 0 ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION : null).run()) {
            assertEquals(List.of("a", "b"), values(driver, "out"));
            driver.assertExactlyOnce();
        }
    }

    /// However many are refused, each costs no more than two attempts beside its own dead letter.
    @ParameterizedTest
    @EnumSource(value = ErrorCode.class, names = {"INVALID_RECORD", "MESSAGE_TOO_LARGE"})
    void attemptsGrowWithTheNumberOfRefusedRecordsAndNoFaster(ErrorCode code) {
        String[] values = IntStream.range(0, 200).mapToObj(number -> "bad" + number).toArray(String[]::new);
        try (TestDriver driver = driver(Delivery.EXACTLY_ONCE, TO_DEAD, values)
                .refuse(record -> record.topic().equals("out") ? code : null).run()) {
            assertEquals(List.of(values), values(driver, "dead"));
            assertTrue(driver.status().aborts() <= 2L * values.length, () -> driver.status().toString());
            assertTrue(driver.status().recordsIn() <= 40L * values.length, () -> driver.status().toString());
            driver.assertExactlyOnce();
        }
    }

    @Test
    void anErrorOfTheProgramEndsTheApplicationUnderEveryPolicyAndNamesTheRecord() {
        Topology topology = Topology.from("in", Serdes.string(), Serdes.string())
                .peek(record -> {
                    throw new NoClassDefFoundError("some/Missing");
                }).to("out", Serdes.string(), Serdes.string());
        try (TestDriver driver = TestDriver.of(topology, TestDriver.Settings.of(Delivery.EXACTLY_ONCE)
                .withOnError(ErrorPolicy.skip(2)))) {
            driver.pipe("in", Serdes.string(), Serdes.string(), "k", "v");
            ProcessorException failure = assertThrows(ProcessorException.class, driver::run);
            assertEquals(NoClassDefFoundError.class, failure.getCause().getClass());
            assertTrue(failure.getMessage().contains("offset 0 of in-0"), failure.getMessage());
            assertEquals(failure, driver.status().lastError());
        }
    }

    @Test
    void aRecordTooDeepForTheStackIsOneRecordsFailure() {
        Topology topology = Topology.from("in", Serdes.string(), Serdes.string())
                .peek(record -> {
                    if (record.value().equals("deep")) {
                        throw new StackOverflowError();
                    }
                }).to("out", Serdes.string(), Serdes.string());
        try (TestDriver driver = TestDriver.of(topology, TestDriver.Settings.of(Delivery.EXACTLY_ONCE)
                .withOnError(ErrorPolicy.skip(0)))) {
            driver.pipe("in", Serdes.string(), Serdes.string(), "k", "deep");
            driver.pipe("in", Serdes.string(), Serdes.string(), "k", "v").run();
            assertEquals(List.of("v"), values(driver, "out"));
        }
    }
}

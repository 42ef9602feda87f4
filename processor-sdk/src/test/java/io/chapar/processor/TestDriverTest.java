package io.chapar.processor;

import io.chapar.client.FencedException;
import io.chapar.client.serde.Serdes;
import io.chapar.protocol.ErrorCode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class TestDriverTest {
    private static Topology copy() {
        return Topology.from("in", Serdes.string(), Serdes.string()).to("out", Serdes.string(), Serdes.string());
    }

    private static TestDriver with(TestDriver driver, int records) {
        for (int number = 0; number < records; number++) {
            driver.pipe("in", Serdes.string(), Serdes.string(), "k", "v" + number);
        }
        return driver;
    }

    private static List<String> out(TestDriver driver, String topic) {
        return driver.read(topic, Serdes.string(), Serdes.string()).stream().map(StreamRecord::value).toList();
    }

    @ParameterizedTest
    @EnumSource
    void copiesInOrder(Delivery delivery) {
        try (TestDriver driver = with(TestDriver.of(copy(), delivery), 3).run()) {
            assertEquals(List.of("v0", "v1", "v2"), out(driver, "out"));
            ProcessorStatus status = driver.status();
            assertEquals(3, status.recordsIn());
            assertEquals(3, status.recordsOut());
            assertTrue(status.commits() >= 1);
            assertEquals(0, status.aborts());
            assertEquals(1, status.partitions());
        }
    }

    @Test
    void atMostOnceLosesWhatWasCommittedBeforeACrash() {
        try (TestDriver driver = with(TestDriver.of(copy(), Delivery.AT_MOST_ONCE), 3)) {
            // open, poll, commit, send, send, then death
            driver.crashAfter(5).run();
            assertEquals(1, driver.crashes());
            assertEquals(new TestDriver.Verdict(3, 0, 3, 0), driver.verdict());
        }
    }

    @Test
    void atLeastOnceRepeatsWhatWasWrittenBeforeACrash() {
        try (TestDriver driver = with(TestDriver.of(copy(), Delivery.AT_LEAST_ONCE), 3)) {
            // open, poll, send, send, send, then death
            driver.crashAfterWritten(6).run();
            assertEquals(1, driver.crashes());
            assertEquals(List.of("v0", "v1", "v2", "v0", "v1", "v2"), out(driver, "out"));
            assertEquals(new TestDriver.Verdict(3, 6, 0, 3), driver.verdict());
            assertThrows(AssertionError.class, driver::assertExactlyOnce);
        }
    }

    @Test
    void exactlyOnceSurvivesACrashAtEveryCall() {
        for (int call = 1; call < 25; call++) {
            try (TestDriver driver = with(TestDriver.of(copy(), Delivery.EXACTLY_ONCE), 3)) {
                driver.crashAfterWritten(call).run();
                driver.assertExactlyOnce();
            }
        }
    }

    @Test
    void aFencedTransactionIsMadeAgain() {
        try (TestDriver driver = with(TestDriver.of(copy(), Delivery.EXACTLY_ONCE), 3).fence().run()) {
            driver.assertExactlyOnce();
            assertEquals(1, driver.status().aborts());
            assertEquals(6, driver.status().recordsIn());
        }
    }

    @Test
    void aLostAnswerToACommitIsFoundOut() {
        try (TestDriver driver = with(TestDriver.of(copy(), Delivery.EXACTLY_ONCE), 3)) {
            driver.loseCommitAnswer(true).run();
            driver.assertExactlyOnce();
            assertEquals(1, driver.status().commits());
            assertEquals(0, driver.status().aborts());
            assertEquals(3, driver.status().recordsIn());
        }
        try (TestDriver driver = with(TestDriver.of(copy(), Delivery.EXACTLY_ONCE), 3)) {
            driver.loseCommitAnswer(false).run();
            driver.assertExactlyOnce();
            assertEquals(1, driver.status().aborts());
            assertEquals(6, driver.status().recordsIn());
        }
    }

    @Test
    void aMemberThatWasGivenUpCannotCommit() {
        TestDriver.Settings settings = TestDriver.Settings.of(Delivery.EXACTLY_ONCE).withInstances(2, 2);
        try (TestDriver driver = with(TestDriver.of(copy(), settings), 1).run()) {
            with(driver, 5);
            for (int turn = 0; turn < 6; turn++) {
                driver.advance(Duration.ofMillis(1)).expireMember();
            }
            driver.rebalance().run();
            assertEquals(6, out(driver, "out").size());
        }
    }

    @Test
    void outputsShowOnlyWithTheCommit() {
        try (TestDriver driver = with(TestDriver.of(copy(), Delivery.EXACTLY_ONCE), 3)) {
            driver.advance(Duration.ofMillis(20));
            assertEquals(List.of(), out(driver, "out"));
            driver.advance(Duration.ofMillis(30));
            assertEquals(3, out(driver, "out").size());
        }
    }

    @Test
    void closingCommitsWhatWasBegun() {
        TestDriver driver = with(TestDriver.of(copy(), Delivery.EXACTLY_ONCE), 3);
        driver.advance(Duration.ofMillis(50));
        driver.close();
        assertEquals(3, out(driver, "out").size());
        assertEquals(ProcessorState.STOPPED, driver.status().state());
    }

    private static Topology failingOn(String poison) {
        return Topology.from("in", Serdes.string(), Serdes.string())
                .peek(record -> {
                    if (record.value().equals(poison)) {
                        throw new IllegalArgumentException("poison");
                    }
                })
                .to("out", Serdes.string(), Serdes.string());
    }

    @Test
    void aFailureStopsWithItsCause() {
        try (TestDriver driver = with(TestDriver.of(failingOn("v1"), Delivery.EXACTLY_ONCE), 3)) {
            ProcessorException failure = assertThrows(ProcessorException.class, driver::run);
            assertTrue(failure.getMessage().contains("offset 1 of in-0"), failure.getMessage());
            assertEquals(IllegalArgumentException.class, failure.getCause().getClass());
            assertEquals(List.of(), out(driver, "out"));
        }
    }

    @Test
    void aPoisonedRecordGoesToTheDeadLetters() {
        TestDriver.Settings settings = TestDriver.Settings.of(Delivery.EXACTLY_ONCE)
                .withOnError(ErrorPolicy.deadLetter("dead", 2));
        try (TestDriver driver = with(TestDriver.of(failingOn("v1"), settings), 3).run()) {
            assertEquals(List.of("v0", "v2"), out(driver, "out"));
            List<StreamRecord<String, String>> dead = driver.read("dead", Serdes.string(), Serdes.string());
            assertEquals(List.of("v1"), dead.stream().map(StreamRecord::value).toList());
            assertEquals("1", header(dead.getFirst(), "offset"));
            assertEquals("in", header(dead.getFirst(), "topic"));
            assertTrue(header(dead.getFirst(), "error").contains("poison"));
            assertEquals(1, driver.status().skipped());
        }
    }

    /// A verdict that ran the functions again would throw here, and repeat what they do besides.
    @Test
    void theVerdictCountsDeadLettersAndRunsNothing() {
        AtomicInteger runs = new AtomicInteger();
        Topology topology = Topology.from("in", Serdes.string(), Serdes.string()).peek(record -> {
            runs.incrementAndGet();
            if (record.value().equals("v1")) {
                throw new IllegalArgumentException("poison");
            }
        }).to("out", Serdes.string(), Serdes.string());
        TestDriver.Settings settings = TestDriver.Settings.of(Delivery.EXACTLY_ONCE)
                .withOnError(ErrorPolicy.deadLetter("dead", 0));
        try (TestDriver driver = with(TestDriver.of(topology, settings), 3).run()) {
            assertEquals(3, runs.get());
            driver.assertExactlyOnce();
            assertEquals(new TestDriver.Verdict(3, 3, 0, 0), driver.verdict());
            assertEquals(3, runs.get());
        }
        settings = TestDriver.Settings.of(Delivery.EXACTLY_ONCE).withOnError(ErrorPolicy.skip(0));
        try (TestDriver driver = with(TestDriver.of(topology, settings), 3).run()) {
            assertEquals(new TestDriver.Verdict(3, 2, 0, 0), driver.verdict());
        }
    }

    /// Three inputs, and a counter of the function's own, which has counted two of them before the death.
    @Test
    void stateThatAFunctionKeepsForItselfIsToldOf() {
        AtomicInteger counter = new AtomicInteger();
        Topology topology = Topology.from("in", Serdes.string(), Serdes.string())
                .mapValues(value -> "" + counter.incrementAndGet()).to("out", Serdes.string(), Serdes.string());
        try (TestDriver driver = with(TestDriver.of(topology, Delivery.EXACTLY_ONCE), 3).crashAfter(5).run()) {
            assertEquals(1, driver.crashes());
            assertEquals(List.of("3", "4", "5"), out(driver, "out"));
            AssertionError told = assertThrows(AssertionError.class, driver::assertExactlyOnce);
            assertTrue(told.getMessage().contains("A function keeps state of its own"), told.getMessage());
        }
    }

    @Test
    void aFencedInstanceIsToldInOneLineWhoHasItsName() {
        ProcessorConfig config = ProcessorConfig.builder("127.0.0.1:9092", "payments").instanceName("one").build();
        String reason = StopReason.of(new FencedException(ErrorCode.FENCED_INSTANCE_ID, "Joining group\npayments"),
                config);
        assertTrue(reason.contains("instanceName 'one'") && reason.lines().count() == 1, reason);
    }

    @Test
    void aPoisonedRecordIsSkipped() {
        TestDriver.Settings settings = TestDriver.Settings.of(Delivery.AT_LEAST_ONCE)
                .withOnError(ErrorPolicy.skip(0));
        try (TestDriver driver = with(TestDriver.of(failingOn("v0"), settings), 3).run()) {
            assertEquals(List.of("v1", "v2"), out(driver, "out"));
        }
    }

    private static String header(StreamRecord<?, ?> record, String name) {
        ByteBuffer value = record.headers().stream()
                .filter(header -> header.key().equals(ErrorPolicy.HEADER_PREFIX + name)).findFirst().orElseThrow()
                .value();
        return StandardCharsets.UTF_8.decode(value.duplicate()).toString();
    }
}

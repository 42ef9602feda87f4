package io.chapar.processor;

import io.chapar.client.UsageException;
import io.chapar.client.serde.Serdes;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.record.Header;
import org.h2.jdbcx.JdbcDataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Records that fail are tried again later, through topics of the application's own, while others go on.
class RetryAfterTest {
    private static final ErrorPolicy POLICY = ErrorPolicy.deadLetter("dead", 0)
            .retryAfter(Duration.ofSeconds(10), Duration.ofMinutes(1));
    private static final String FIRST = "test-in-retry-1";
    private static final int BAD = 3;

    /// How often each value was tried.
    private final Map<Integer, Integer> attempts = new TreeMap<>();
    private final List<StreamRecord<Integer, Integer>> seen = new ArrayList<>();

    /// The bad value fails so many times.
    private Topology failing(int times) {
        return Topology.from("in", Serdes.int32(), Serdes.int32()).mapValues(value -> {
            int attempt = attempts.merge(value, 1, Integer::sum);
            if (value == BAD && attempt <= times) {
                throw new IllegalStateException("the service is away");
            }
            return value;
        }).to("out", Serdes.int32(), Serdes.int32());
    }

    private static TestDriver.Settings settings(Delivery delivery) {
        return TestDriver.Settings.of(delivery).withOnError(POLICY).withCommitRecords(3, 4);
    }

    private static void feed(TestDriver driver, int count) {
        for (int number = 0; number < count; number++) {
            driver.pipe("in", Serdes.int32(), Serdes.int32(), number, number, 7_000 + number);
        }
    }

    private static List<Integer> values(TestDriver driver, String topic) {
        return driver.read(topic, Serdes.int32(), Serdes.int32()).stream().map(StreamRecord::value).sorted().toList();
    }

    @ParameterizedTest
    @EnumSource
    void othersGoOnAndTheDelaysAreKept(Delivery delivery) {
        try (TestDriver driver = TestDriver.of(failing(2), settings(delivery))) {
            feed(driver, 6);
            driver.advance(Duration.ofSeconds(8));
            assertEquals(List.of(0, 1, 2, 4, 5), values(driver, "out"));
            assertEquals(1, attempts.get(BAD));
            driver.advance(Duration.ofSeconds(4));
            assertEquals(2, attempts.get(BAD));
            assertEquals(List.of(0, 1, 2, 4, 5), values(driver, "out"));
            driver.advance(Duration.ofSeconds(55));
            assertEquals(2, attempts.get(BAD));
            driver.advance(Duration.ofSeconds(10));
            assertEquals(3, attempts.get(BAD));
            assertEquals(List.of(0, 1, 2, 3, 4, 5), values(driver, "out"));
            assertEquals(0, driver.status().skipped());
            driver.run().assertExactlyOnce();
        }
    }

    /// The function sees the record as it was, each time, and so does whoever reads the dead letter.
    @Test
    void whatIsTriedAgainIsTheRecordThatFailed() {
        Topology topology = Topology.from("in", Serdes.int32(), Serdes.int32()).filter(record -> {
            if (record.value() == BAD) {
                seen.add(record);
                throw new IllegalStateException("no");
            }
            return true;
        }).to("out", Serdes.int32(), Serdes.int32());
        try (TestDriver driver = TestDriver.of(topology, settings(Delivery.EXACTLY_ONCE))) {
            feed(driver, 6);
            driver.run().assertExactlyOnce();
            assertEquals(3, seen.size());
            assertEquals(1, seen.stream().distinct().count());
            assertEquals(7_000 + BAD, seen.getFirst().timestampMs());
            assertEquals("in", seen.getFirst().origin().topic());
            StreamRecord<Integer, Integer> dead = driver.read("dead", Serdes.int32(), Serdes.int32()).getFirst();
            assertEquals(7_000 + BAD, dead.timestampMs());
            assertEquals(List.of("topic", "partition", "offset", "error"), dead.headers().stream().map(Header::key)
                    .map(name -> name.substring(ErrorPolicy.HEADER_PREFIX.length())).toList());
            assertEquals(1, driver.status().skipped());
        }
    }

    @Test
    void theLastFailureStopsWhereThatIsThePolicy() {
        ErrorPolicy stop = ErrorPolicy.stop().retryAfter(Duration.ofSeconds(1));
        try (TestDriver driver = TestDriver.of(failing(9), settings(Delivery.EXACTLY_ONCE).withOnError(stop))) {
            feed(driver, 6);
            ProcessorException stopped = assertThrows(ProcessorException.class, driver::run);
            assertTrue(stopped.getMessage().contains("offset 3 of in-0"), stopped.getMessage());
            assertEquals(2, attempts.get(BAD));
        }
    }

    /// What is too large for its topic is so later too.
    @Test
    void refusedOutputsAreNotTriedAgainLater() {
        try (TestDriver driver = TestDriver.of(failing(0), settings(Delivery.EXACTLY_ONCE))) {
            driver.refuse(output -> output.topic().equals("out") && output.value()[3] == BAD
                    ? ErrorCode.MESSAGE_TOO_LARGE : null);
            feed(driver, 6);
            driver.run().assertExactlyOnce();
            assertEquals(List.of(BAD), values(driver, "dead"));
            assertEquals(List.of(), driver.read(FIRST, Serdes.int32(), Serdes.int32()));
        }
    }

    @Test
    void whatCannotWaitBecomesADeadLetter() {
        try (TestDriver driver = TestDriver.of(failing(9), settings(Delivery.EXACTLY_ONCE))) {
            driver.refuse(output -> output.topic().equals(FIRST) ? ErrorCode.MESSAGE_TOO_LARGE : null);
            feed(driver, 6);
            driver.run().assertExactlyOnce();
            assertEquals(List.of(BAD), values(driver, "dead"));
            assertTrue(driver.read("dead", Serdes.int32(), Serdes.int32()).getFirst().headers().toString()
                    .length() > 0);
        }
    }

    @Test
    void rowsThatTheDatabaseTakesLaterAreWrittenLater() {
        String sql = "INSERT INTO things VALUES (?)";
        AtomicBoolean away = new AtomicBoolean(true);
        Topology topology = Topology.from("in", Serdes.int32(), Serdes.int32()).toJdbc(new JdbcDataSource(),
                JdbcStatement.of(sql, record -> JdbcStatement.values(record.value())));
        try (TestDriver driver = TestDriver.of(topology, settings(Delivery.EXACTLY_ONCE))) {
            driver.refuseRows(values -> away.get() && values.equals(List.of(BAD)));
            feed(driver, 6);
            driver.advance(Duration.ofSeconds(5));
            assertEquals(5, driver.rows(sql).size());
            away.set(false);
            driver.run().assertExactlyOnce();
            assertEquals(6, driver.rows(sql).size());
            assertEquals(List.of(), values(driver, "dead"));
        }
    }

    @Test
    void delaysHaveLimits() {
        assertThrows(UsageException.class, () -> ErrorPolicy.stop().retryAfter(Duration.ZERO));
        assertThrows(UsageException.class, () -> ErrorPolicy.stop().retryAfter(Duration.ofDays(8)));
        Duration[] many = new Duration[ErrorPolicy.MAX_DELAYS + 1];
        Arrays.fill(many, Duration.ofSeconds(1));
        assertThrows(UsageException.class, () -> ErrorPolicy.stop().retryAfter(many));
        ErrorPolicy both = POLICY.backOff(Duration.ofMillis(1), Duration.ofMillis(2));
        assertEquals(2, both.backOff().later().size());
        Topology longName = Topology.from("i".repeat(245), Serdes.int32(), Serdes.int32())
                .to("out", Serdes.int32(), Serdes.int32());
        assertThrows(UsageException.class, () -> Plan.of(longName, "app", POLICY));
    }

    private static Header header(String name, String value) {
        return new Header(name, ByteBuffer.wrap(value.getBytes(StandardCharsets.UTF_8)));
    }

    /// Whatever a record brings along, a retry topic's own headers are the ones that count there.
    @Test
    void headersOfARecordSayNothingAboutItsPlace() {
        List<Header> own = List.of(header("chapar.retry.offset", "77"), header("chapar.retry.timestamp", "5"),
                header("chapar.retry.error", "none"), header("plain", "x"));
        SourceRecord first = new SourceRecord(new TopicPartition("in", 1), 3, 4, 7_000, null, null, own);
        RetryTopics retries = RetryTopics.of(List.of("in"), new InternalNames("test"),
                List.of(Duration.ofSeconds(10), Duration.ofMinutes(1)));
        SourceRecord waiting = first;
        for (int attempt = 1; attempt <= 2; attempt++) {
            SinkRecord next = Objects.requireNonNull(retries.next(waiting, "no"));
            assertEquals(own.size() + 3, next.headers().size());
            waiting = new SourceRecord(new TopicPartition(next.topic(), 1), 0, 4, 9_000, null, null, next.headers());
            SourceRecord seenAgain = retries.original(waiting);
            assertEquals(List.of(3L, 7_000L, own),
                    List.of(seenAgain.offset(), seenAgain.timestampMs(), seenAgain.headers()));
        }
    }

    /// Somebody else may write there, with any time: what waits behind it waits no longer than twice.
    @ParameterizedTest
    @ValueSource(longs = {Long.MAX_VALUE, 1L << 50, Long.MIN_VALUE, Long.MIN_VALUE + 5})
    void aTimeThatIsNonsenseHoldsUpNobody(long timestampMs) {
        try (TestDriver driver = TestDriver.of(failing(1), settings(Delivery.EXACTLY_ONCE))) {
            feed(driver, 2);
            driver.run();
            for (int number = 0; number < 3; number++) {
                driver.pipe(FIRST, Serdes.int32(), Serdes.int32(), 9, 90 + number, timestampMs);
            }
            driver.pipe("in", Serdes.int32(), Serdes.int32(), 9, BAD);
            driver.advance(Duration.ofSeconds(25));
            assertEquals(List.of(0, 1, BAD, 90, 91, 92), values(driver, "out"));
        }
    }
}

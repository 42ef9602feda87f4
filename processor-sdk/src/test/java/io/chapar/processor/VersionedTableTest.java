package io.chapar.processor;

import io.chapar.client.UsageException;
import io.chapar.client.serde.Serde;
import io.chapar.client.serde.Serdes;
import io.chapar.protocol.record.Header;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class VersionedTableTest {
    private static final Serde<String> TEXT = Serdes.string();
    private static final Duration HISTORY = Duration.ofMillis(100);
    private static final VersionedState<String> STATE = VersionedState.named("state", TEXT, HISTORY);

    /// Payments, each at the price of its time.
    private static Topology topology() {
        Table<String, String> prices = Topology.versionedTable("prices", "prices", TEXT, TEXT, HISTORY);
        return Topology.from("payments", TEXT, TEXT).groupByKey(TEXT)
                .leftJoin("priced", prices, (payment, price) -> payment + " at " + price).to("out", TEXT, TEXT)
                .and(Topology.from("prices", TEXT, TEXT).groupByKey(TEXT).process("p",
                        KeyProcess.<String, String, String>of((record, context) ->
                                context.of(STATE).put(record.value(), record.timestampMs())).keeping(STATE))
                        .forEach(record -> { }));
    }

    private static void price(TestDriver driver, String value, long timeMs) {
        driver.pipe("prices", TEXT, TEXT, "k", value, timeMs).run();
    }

    private static void pay(TestDriver driver, String value, long timeMs) {
        driver.pipe("payments", TEXT, TEXT, "k", value, timeMs).run();
    }

    private static List<String> out(TestDriver driver) {
        return driver.read("out", TEXT, TEXT).stream().map(record -> record.value() + " @" + record.timestampMs())
                .toList();
    }

    private static void scenario(TestDriver driver) {
        price(driver, "1.00", 1_000);
        price(driver, "3.00", 1_050);
        pay(driver, "early", 1_020);
        pay(driver, "before", 999);
        // Late, and yet in its place.
        price(driver, "2.00", 1_030);
        pay(driver, "again", 1_040);
        driver.crashAfter(2);
        price(driver, null, 1_060);
        pay(driver, "removed", 1_065);
        pay(driver, "now", 1_055);
        // Too late: nothing is changed.
        price(driver, "0.50", 900);
        price(driver, "4.00", 1_140);
        pay(driver, "old", 1_035);
        pay(driver, "new", 2_000);
        driver.assertExactlyOnce();
        assertEquals(List.of("early at 1.00 @1020", "before at null @999", "again at 2.00 @1040",
                "removed at null @1065", "now at 3.00 @1055", "old at null @1035", "new at 4.00 @2000"), out(driver));
        assertEquals(1, driver.status().lateRecords());
    }

    @Test
    void aRecordMeetsWhatItsKeyHadThen() {
        try (TestDriver driver = TestDriver.of(topology(), Delivery.EXACTLY_ONCE)) {
            scenario(driver);
            assertTrue(driver.crashes() > 0);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 4})
    void onDiskAndWithParallelToo(int parallel, @TempDir Path folder) {
        DiskStorage disk = DiskStorage.open(folder, "app", 8 << 20);
        TestDriver.Settings settings = TestDriver.Settings.of(Delivery.EXACTLY_ONCE).withParallel(parallel);
        try (TestDriver driver = TestDriver.of(topology(), settings, (call, instance) -> Fault.NONE,
                Pace.of(settings).withDisks(instance -> disk))) {
            scenario(driver);
        }
        disk.close();
    }

    /// With its headers and its origin, as it was.
    @Test
    void aRecordWaitsForWhatComesLate() {
        Header header = new Header("id", ByteBuffer.wrap(new byte[] {1, 2}));
        Header empty = new Header("none", null);
        Topology topology = Topology.from("payments", TEXT, TEXT)
                .map(record -> record.withHeader(header).withHeader(empty)).groupByKey(TEXT, TEXT)
                .leftJoin("waiting", Topology.versionedTable("prices", "prices", TEXT, TEXT, HISTORY)
                        .mapValues(price -> price + "0"), Duration.ofMillis(50), TEXT,
                        (payment, price) -> payment + " at " + price)
                .mapValues(text -> text + "!").filter(record -> record.origin().topic().endsWith("repartition"))
                .to("out", TEXT, TEXT);
        try (TestDriver driver = TestDriver.of(topology, Delivery.EXACTLY_ONCE)) {
            price(driver, "1.0", 1_000);
            pay(driver, "first", 1_030);
            pay(driver, "second", 1_030);
            price(driver, "2.0", 1_020);
            assertEquals(List.of(), out(driver));
            driver.crashAfter(3);
            pay(driver, "third", 1_080);
            pay(driver, "late", 1_010);
            driver.assertExactlyOnce();
            assertEquals(List.of("first at 2.00! @1030", "second at 2.00! @1030", "late at 1.00! @1010"), out(driver));
            assertEquals(List.of(header, empty), driver.read("out", TEXT, TEXT).getFirst().headers());
        }
    }

    /// Not with the record with which its time has come.
    @Test
    void aRecordThatHasWaitedIsGivenUpAlone() {
        Topology topology = Topology.from("payments", TEXT, TEXT).groupByKey(TEXT)
                .join("waiting", Topology.versionedTable("prices", "prices", TEXT, TEXT, HISTORY),
                        Duration.ofMillis(50), TEXT, (payment, price) -> {
                            if (payment.equals("bad")) {
                                throw new IllegalArgumentException("not this one");
                            }
                            return payment.equals("large") ? "x".repeat(2_000_000) : payment + " at " + price;
                        }).to("out", TEXT, TEXT);
        TestDriver.Settings settings = TestDriver.Settings.of(Delivery.EXACTLY_ONCE)
                .withOnError(ErrorPolicy.deadLetter("dead", 1));
        try (TestDriver driver = TestDriver.of(topology, settings)) {
            price(driver, "1.00", 1_000);
            pay(driver, "bad", 1_010);
            pay(driver, "large", 1_015);
            pay(driver, "good", 1_020);
            pay(driver, "later", 1_100);
            pay(driver, "last", 1_200);
            driver.assertExactlyOnce();
            assertEquals(List.of("good at 1.00 @1020", "later at 1.00 @1100"), out(driver));
            assertEquals(List.of("bad @1010", "large @1015"), driver.read("dead", TEXT, TEXT).stream()
                    .map(record -> record.value() + " @" + record.timestampMs()).toList());
            assertEquals(2, driver.status().skipped());
        }
    }

    @Test
    void atMostOnceKeepsNothingThatWaits() {
        Topology topology = Topology.from("payments", TEXT, TEXT).groupByKey(TEXT)
                .join("waiting", Topology.versionedTable("prices", "prices", TEXT, TEXT, HISTORY), HISTORY, TEXT,
                        (payment, price) -> payment).to("out", TEXT, TEXT);
        assertThrows(UsageException.class, () -> TestDriver.of(topology, Delivery.AT_MOST_ONCE).close());
    }

    @Test
    void versionsAreToldByTime() {
        try (TestDriver driver = TestDriver.of(topology(), TestDriver.Settings.of(Delivery.EXACTLY_ONCE)
                .withInstances(2, 3))) {
            scenario(driver);
            StateQuery query = driver.query();
            assertEquals("4.00", query.get("prices", TEXT, TEXT, "k"));
            assertEquals(new Version<>("4.00", 1_140, null), query.get("prices", TEXT, TEXT, "k", 5_000));
            assertEquals(new Version<>("3.00", 1_050, 1_060L), query.get("prices", TEXT, TEXT, "k", 1_059));
            assertNull(query.get("prices", TEXT, TEXT, "k", 1_060));
            assertNull(query.get("prices", TEXT, TEXT, "k", 1_039), "older than the history");
            assertNull(query.get("prices", TEXT, TEXT, "none", 1_059));
            List<Version<String>> versions = List.of(new Version<>("2.00", 1_030, 1_050L),
                    new Version<>("3.00", 1_050, 1_060L), new Version<>("4.00", 1_140, null));
            assertEquals(versions, query.versions("prices", TEXT, TEXT, "k", 0, Long.MAX_VALUE));
            assertEquals(versions.subList(1, 2), query.versions("prices", TEXT, TEXT, "k", 1_055, 1_139));
            assertEquals(List.of(), query.versions("prices", TEXT, TEXT, "none", 0, Long.MAX_VALUE));
            assertEquals(List.of(), query.versions("prices", TEXT, TEXT, "k", 6_000, 5_000));
            assertEquals(versions, query.versions("p", TEXT, STATE, "k", 0, Long.MAX_VALUE));
            assertEquals(versions.get(1), query.get("p", TEXT, STATE, "k", 1_055));
        }
    }

    @Test
    void whatDoesNotFitIsRefusedByName() {
        assertThrows(UsageException.class, () -> VersionedState.named("s", TEXT, Duration.ofMillis(-1)));
        assertThrows(UsageException.class, () -> VersionedState.named("s", TEXT, Duration.ofSeconds(Long.MAX_VALUE)));
        assertThrows(UsageException.class, () -> Topology.versionedTable("t", "in", TEXT, TEXT,
                Duration.ofMillis(-1)));
        KeyedStream<String, String> in = Topology.from("in", TEXT, TEXT).groupByKey(TEXT);
        assertThrows(UsageException.class, () -> in.join("j", Topology.table("t", "t", TEXT, TEXT), HISTORY, TEXT,
                (a, b) -> a));
        assertThrows(UsageException.class, () -> in.join("j", Topology.versionedTable("t", "t", TEXT, TEXT, HISTORY),
                HISTORY.plusMillis(1), TEXT, (a, b) -> a));
        KeyProcess<String, String, String> process = KeyProcess.<String, String, String>of((record, context) ->
                context.of(VersionedState.named("state", TEXT, Duration.ofMillis(7)))).keeping(STATE);
        assertThrows(UsageException.class, () -> process.keeping(STATE));
        try (TestDriver driver = TestDriver.of(Topology.from("in", TEXT, TEXT).groupByKey(TEXT).process("p", process)
                .forEach(record -> { }), Delivery.EXACTLY_ONCE)) {
            String refused = assertThrows(ProcessorException.class, () -> driver.pipe("in", TEXT, TEXT, "k", "v", 1)
                    .run()).getMessage();
            assertTrue(refused.contains("state") && refused.contains("keeping"), refused);
        }
        try (TestDriver driver = TestDriver.of(topology(), Delivery.EXACTLY_ONCE)) {
            StateQuery query = driver.query();
            assertThrows(UsageException.class, () -> query.get("p", TEXT, TEXT, "k", 1));
            assertThrows(UsageException.class, () -> query.get("prices", TEXT, STATE, "k", 1));
            assertThrows(UsageException.class, () -> query.forEach("prices", TEXT, TEXT, (key, value) -> { }));
        }
    }
}

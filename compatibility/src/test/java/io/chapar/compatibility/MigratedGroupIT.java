package io.chapar.compatibility;

import io.chapar.compatibility.WatchedMember.Ledger;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.GroupType;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// A group of stock consumers is taken from `group.protocol=classic` to `consumer` and back, one member after the
/// other, under load, at one broker and at three: no partition is with two of them, no record is left out, and none
/// that was committed comes again.
@Tag("nightly")
class MigratedGroupIT {
    private static final Duration LIMIT = Duration.ofMinutes(1);
    private static final String TOPIC = "work";
    private static final int PARTITIONS = 6;
    private static final int MEMBERS = 3;

    @TempDir
    Path folder;

    private final Ledger ledger = new Ledger();
    private SomeBrokers brokers;
    private StockClients stock;
    private String assignor;
    private int came = 0;

    /// @param kills whether a broker is killed with each member that is replaced
    @ParameterizedTest
    @CsvSource({"RangeAssignor,false,1", "CooperativeStickyAssignor,false,1", "RangeAssignor,true,1",
            "CooperativeStickyAssignor,true,1", "RangeAssignor,true,3", "CooperativeStickyAssignor,true,3"})
    void membersAreReplacedOneByOne(String named, boolean kills, int count) throws Exception {
        assignor = named;
        try (SomeBrokers started = SomeBrokers.start(folder, count, Map.of(
                "group.initial.rebalance.delay.ms", "0", "group.consumer.min.heartbeat.interval.ms", "50",
                "group.consumer.heartbeat.interval.ms", "100", "offsets.topic.num.partitions", "3"))) {
            brokers = started;
            stock = new StockClients(brokers.bootstrap());
            try (Admin admin = stock.admin()) {
                admin.createTopics(List.of(new NewTopic(TOPIC, PARTITIONS, brokers.count()))).all().get();
            }
            CountDownLatch ending = new CountDownLatch(1);
            long[] written = new long[1];
            Thread writer = Thread.ofPlatform().name("writer").start(() -> written[0] = write(ending));
            Deque<WatchedMember> members = new ArrayDeque<>();
            try {
                while (members.size() < MEMBERS) {
                    members.add(member("classic"));
                }
                untilAllWork(members);
                assertEquals(GroupType.CLASSIC, type());
                replace(members, "consumer", kills);
                assertEquals(GroupType.CONSUMER, type());
                replace(members, "classic", kills);
                assertEquals(GroupType.CLASSIC, type());
                ending.countDown();
                writer.join();
                await(members, () -> ledger.reached() == written[0]);
            } finally {
                ending.countDown();
                for (WatchedMember member : members) {
                    member.close();
                }
            }
            assertEquals(List.of(), List.copyOf(ledger.complaints));
            if (!kills) {
                assertEquals(List.of(), List.copyOf(ledger.losses));
                assertEquals(0, ledger.repeated());
            }
            System.out.println(assignor + ", " + count + " brokers, killed: " + kills + ": " + ledger);
        }
    }

    private long write(CountDownLatch ending) {
        try (KafkaProducer<String, String> producer = stock.producer()) {
            int count = 0;
            for (; !ending.await(2, TimeUnit.MILLISECONDS); count++) {
                var _ = producer.send(new ProducerRecord<>(TOPIC, "k" + count, "v" + count));
            }
            return count;
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private WatchedMember member(String protocol) {
        String name = protocol + "-" + came++;
        return "classic".equals(protocol)
                ? new WatchedMember(stock, TOPIC, name, ledger, "group.id=g", "group.protocol=classic",
                        "heartbeat.interval.ms=100", "session.timeout.ms=6000",
                        "partition.assignment.strategy=org.apache.kafka.clients.consumer." + assignor)
                : new WatchedMember(stock, TOPIC, name, ledger, "group.id=g", "group.protocol=consumer");
    }

    /// Each new one comes before an old one goes.
    private void replace(Deque<WatchedMember> members, String protocol, boolean kills) throws Exception {
        for (int i = 0; i < MEMBERS; i++) {
            members.add(member(protocol));
            untilAllWork(members);
            assertEquals(GroupType.CONSUMER, type());
            if (kills) {
                brokers.killOne();
            }
            members.removeFirst().close();
            untilAllWork(members);
        }
    }

    /// Together they have all partitions, each has some, and all go on.
    private void untilAllWork(Deque<WatchedMember> members) {
        await(members, () -> members.stream().noneMatch(one -> one.owned().isEmpty())
                && members.stream().mapToInt(one -> one.owned().size()).sum() == PARTITIONS);
        long from = ledger.reached();
        await(members, () -> ledger.reached() > from + 100);
    }

    private void await(Deque<WatchedMember> members, Callable<Boolean> done) {
        try {
            Awaitility.await().atMost(LIMIT).until(done);
        } catch (ConditionTimeoutException e) {
            List<Object> owned = new ArrayList<>();
            members.forEach(one -> owned.add(one.owned()));
            throw new AssertionError(
                    owned + " " + ledger.complaints + ledger + " reached " + ledger.reached(), e);
        }
    }

    private GroupType type() throws Exception {
        try (Admin admin = stock.admin()) {
            ConsumerGroupDescription described =
                    admin.describeConsumerGroups(List.of("g")).describedGroups().get("g").get();
            assertTrue(described.members().size() >= MEMBERS);
            return described.type();
        }
    }
}

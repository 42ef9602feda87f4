package io.chapar.compatibility;

import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

import static io.chapar.compatibility.StockClients.READ_COMMITTED;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// A loaded broker is killed with SIGKILL again and again. After each restart every committed transaction is whole,
/// every aborted one invisible, and none is stuck.
class KilledBrokerIT {
    private static final int KILLS = 10;
    private static final int WRITERS = 3;
    private static final int RECORDS = 6;
    private static final String TOPIC = "killed";

    @TempDir
    Path folder;

    /// What each transaction, named `writer.number`, came to as its writer knows it.
    private enum Known { COMMITTED, ABORTED, UNKNOWN }

    private final Map<String, Known> known = new java.util.concurrent.ConcurrentHashMap<>();
    private final AtomicInteger committed = new AtomicInteger();
    private final AtomicBoolean stop = new AtomicBoolean();
    private final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();

    @Test
    void committedTransactionsAreWholeAndAbortedOnesInvisible() throws Exception {
        try (ChaparProcess broker = ChaparProcess.start(folder.resolve("data"), "num.partitions=3")) {
            StockClients clients = new StockClients(broker.bootstrap());
            try (Admin admin = clients.admin()) {
                admin.createTopics(List.of(new NewTopic(TOPIC, 3, (short) 1))).all().get();
            }
            List<Thread> writers = new ArrayList<>();
            for (int i = 0; i < WRITERS; i++) {
                int number = i;
                writers.add(Thread.ofPlatform().name("writer-" + i).start(() -> write(clients, number)));
            }
            try {
                for (int kill = 1; kill <= KILLS; kill++) {
                    int before = committed.get();
                    Awaitility.await().atMost(Duration.ofSeconds(60))
                            .until(() -> committed.get() >= before + 30 || !failures.isEmpty());
                    assertEquals(List.of(), List.copyOf(failures));
                    broker.kill();
                    broker.start();
                    check(clients, Map.copyOf(known));
                }
            } finally {
                stop.set(true);
                for (Thread writer : writers) {
                    writer.join(Duration.ofSeconds(60));
                }
            }
            assertEquals(List.of(), List.copyOf(failures));
            Awaitility.await().atMost(Duration.ofSeconds(30)).untilAsserted(() -> {
                try (Admin admin = clients.admin()) {
                    assertEquals(Set.of(), openTransactions(admin), "no transaction is stuck");
                }
            });
            check(clients, Map.copyOf(known));
            assertTrue(known.containsValue(Known.ABORTED), "some were aborted");
        }
    }

    private static Set<String> openTransactions(Admin admin) throws Exception {
        Set<String> open = new java.util.TreeSet<>();
        admin.listTransactions().all().get().forEach(each -> {
            if (!each.state().toString().startsWith("Complete") && !each.state().toString().equals("Empty")) {
                open.add(each.transactionalId() + " " + each.state());
            }
        });
        return open;
    }

    /// One transactional producer after another: after a failure a new one takes over, as an application would.
    private void write(StockClients clients, int writer) {
        int number = 0;
        while (!stop.get()) {
            try (KafkaProducer<String, String> producer = clients.producer("transactional.id=writer-" + writer,
                    "transaction.timeout.ms=10000", "max.block.ms=30000", "delivery.timeout.ms=9000",
                    "request.timeout.ms=3000", "linger.ms=0")) {
                producer.initTransactions();
                while (!stop.get()) {
                    transaction(producer, writer + "." + number++);
                }
            } catch (KafkaException e) {
                // The broker died under this producer: what it was about stays unknown, and the next one takes over.
                assertTrue(e.getMessage() != null || e.getCause() != null, e::toString);
            } catch (RuntimeException | Error e) {
                failures.add(e);
                return;
            }
        }
    }

    private void transaction(KafkaProducer<String, String> producer, String name) {
        boolean abort = name.hashCode() % 5 == 0;
        known.put(name, Known.UNKNOWN);
        producer.beginTransaction();
        for (int i = 0; i < RECORDS; i++) {
            var _ = producer.send(new ProducerRecord<>(TOPIC, i % 3, name, name + "/" + i));
        }
        if (abort) {
            producer.flush();
            known.put(name, Known.ABORTED); // never committed, whatever becomes of the abort
            producer.abortTransaction();
        } else {
            producer.commitTransaction();
            known.put(name, Known.COMMITTED);
            committed.incrementAndGet();
        }
    }

    private static void check(StockClients clients, Map<String, Known> known) {
        Awaitility.await().atMost(Duration.ofSeconds(40)).untilAsserted(() -> {
            Map<String, Integer> seen = new TreeMap<>();
            Map<String, Integer> perRecord = new HashMap<>();
            for (ConsumerRecord<String, String> each : clients.records(TOPIC, READ_COMMITTED)) {
                seen.merge(each.key(), 1, Integer::sum);
                perRecord.merge(each.value(), 1, Integer::sum);
            }
            perRecord.forEach((value, count) -> assertEquals(1, count, value + " is there more than once"));
            known.forEach((name, outcome) -> {
                int count = seen.getOrDefault(name, 0);
                switch (outcome) {
                    case COMMITTED -> assertEquals(RECORDS, count, name + " was committed");
                    case ABORTED -> assertEquals(0, count, name + " was aborted");
                    case UNKNOWN -> assertTrue(count == 0 || count == RECORDS, name + " is torn: " + count);
                }
            });
        });
    }
}

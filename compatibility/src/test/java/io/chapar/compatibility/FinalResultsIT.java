package io.chapar.compatibility;

import io.chapar.client.serde.Serdes;
import io.chapar.processor.Delivery;
import io.chapar.processor.ProcessorApp;
import io.chapar.processor.ProcessorConfig;
import io.chapar.processor.TimeWindows;
import io.chapar.processor.Topology;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.awaitility.Awaitility;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

import static org.junit.jupiter.api.Assertions.assertEquals;

/// What windows give when they close, against a real broker, which is killed meanwhile, by an application that comes
/// back.
class FinalResultsIT extends SharedBroker {
    private static final Duration LIMIT = Duration.ofSeconds(90);
    private static final int RECORDS = 400;
    private static final int KEYS = 7;
    private static final int WINDOW = 10;

    FinalResultsIT() {
        super("group.initial.rebalance.delay.ms=0", "group.min.session.timeout.ms=500");
    }

    /// Of each key in each window its records.
    private static Topology topology(String name) {
        return Topology.from(name + "-in", Serdes.string(), Serdes.string()).groupByKey(Serdes.string())
                .windowedBy(TimeWindows.tumbling(Duration.ofSeconds(WINDOW))).emitFinal()
                .reduce("in-window", Serdes.string(), (all, more) -> all + "," + more)
                .map(result -> result.with(result.key().key(), result.value()))
                .to(name + "-out", Serdes.string(), Serdes.string());
    }

    /// A record of each second; the last window does not close.
    private void produce(String name, int from, int to) {
        try (KafkaProducer<String, String> producer = stock.producer()) {
            for (int number = from; number < to; number++) {
                var _ = producer.send(new ProducerRecord<>(
                        name + "-in", null, 1_000_000L + 1000L * number, "k" + number % KEYS, "" + number));
            }
        }
    }

    private static Set<String> expected() {
        Set<String> all = new HashSet<>();
        for (int begin = 0; begin + WINDOW < RECORDS; begin += WINDOW) {
            Map<Integer, String> ofKeys = new TreeMap<>();
            for (int number = begin; number < begin + WINDOW; number++) {
                ofKeys.merge(number % KEYS, "" + number, (some, more) -> some + "," + more);
            }
            all.addAll(ofKeys.values());
        }
        return all;
    }

    @ParameterizedTest
    @EnumSource(names = {"EXACTLY_ONCE", "AT_LEAST_ONCE"})
    void noneIsLost(Delivery delivery) {
        String name = "finals-" + delivery.name().toLowerCase(Locale.ROOT).replace('_', '-');
        create(name + "-in", 1);
        create(name + "-out", 2);
        ProcessorConfig config = ProcessorConfig.builder(broker.bootstrap(), name + "-app").delivery(delivery)
                .commitIntervalMs(50).build();
        produce(name, 0, RECORDS / 2);
        try (ProcessorApp app = ProcessorApp.start(config, topology(name))) {
            Awaitility.await().atMost(LIMIT).until(() -> app.status().commits() > 0);
            broker.kill();
            broker.start();
        }
        try (ProcessorApp _ = ProcessorApp.start(config, topology(name))) {
            produce(name, RECORDS / 2, RECORDS);
            Awaitility.await().atMost(LIMIT).until(() -> out(name).size() >= expected().size()
                    && new HashSet<>(out(name)).size() >= expected().size());
        }
        List<String> given = out(name);
        if (delivery == Delivery.EXACTLY_ONCE) {
            assertEquals(expected().size(), given.size());
            assertEquals(expected(), new HashSet<>(given));
        } else {
            Set<String> missing = new HashSet<>(expected());
            given.forEach(missing::remove);
            assertEquals(Set.of(), missing);
        }
    }

    private List<String> out(String name) {
        return stock.values(name + "-out", StockClients.READ_COMMITTED);
    }
}

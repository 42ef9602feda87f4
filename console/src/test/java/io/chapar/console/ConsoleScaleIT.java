package io.chapar.console;

import io.chapar.client.OffsetAndMetadata;
import io.chapar.client.admin.Admin;
import io.chapar.client.admin.AdminResult;
import io.chapar.client.admin.NewTopic;
import io.chapar.client.producer.Producer;
import io.chapar.client.producer.ProducerConfig;
import io.chapar.client.producer.ProducerRecord;
import io.chapar.client.serde.Serdes;
import io.chapar.protocol.TopicPartition;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;

import static org.junit.jupiter.api.Assertions.assertEquals;

/// The pages with nothing to show, and with 10,000 topics and 5,000 groups, while a producer works beside them.
@Tag("nightly")
final class ConsoleScaleIT {
    private static final Path PICTURES = Path.of("target", "console-pages");
    private static final int TOPICS = 10_000;
    private static final int GROUPS = 5_000;
    private static final int CANARIES = 2_000;

    @TempDir
    private Path folder;

    @Test
    void nothingAtAllIsShown() throws Exception {
        try (ConsoleBroker broker = ConsoleBroker.start(folder.resolve("data"), false);
                Chromium browser = Chromium.start(folder.resolve("browser"))) {
            browser.size(1280, 900);
            browser.open(broker.url("#/"));
            browser.until("Oldest open transactions");
            browser.picture(PICTURES.resolve("empty-overview.png"));
            for (String page : List.of("topics", "groups", "transactions")) {
                browser.open(broker.url("#/" + page));
                browser.until("None.");
                browser.picture(PICTURES.resolve("empty-" + page + ".png"));
            }
            assertEquals(List.of(), browser.complaints());
        }
    }

    @Test
    void tenThousandTopicsAndFiveThousandGroupsAreShown() throws Exception {
        try (ConsoleBroker broker = ConsoleBroker.start(folder.resolve("data"), false);
                Chromium browser = Chromium.start(folder.resolve("browser"))) {
            fill(broker);
            System.out.println("produced and acknowledged, p99, without the console: " + canary(broker) + " µs");
            browser.size(1280, 900);
            browser.open(broker.url("#/"));
            browser.until("10,00");
            browser.picture(PICTURES.resolve("many-overview.png"));
            System.out.println("with the overview open: " + canary(broker) + " µs");
            browser.open(broker.url("#/topics"));
            browser.until("1 to 50 of 10,00");
            browser.picture(PICTURES.resolve("many-topics.png"));
            System.out.println("with the topics open: " + canary(broker) + " µs");
            browser.open(broker.url("#/groups"));
            browser.until("1 to 50 of 5,000");
            browser.picture(PICTURES.resolve("many-groups.png"));
            System.out.println("with the groups open: " + canary(broker) + " µs");
            assertEquals(List.of(), browser.complaints());
        }
    }

    private static void fill(ConsoleBroker broker) {
        try (Admin admin = broker.admin()) {
            for (int from = 0; from < TOPICS; from += 500) {
                List<NewTopic> some = new ArrayList<>();
                for (int i = from; i < from + 500; i++) {
                    some.add(new NewTopic("topic-" + i, 1));
                }
                admin.createTopics(some).values().forEach(AdminResult::get);
            }
            for (int i = 0; i < GROUPS; i++) {
                admin.setCommittedOffsets("group-" + i, Map.of(new TopicPartition("topic-" + i, 0),
                        new OffsetAndMetadata(0, -1, ""))).values().forEach(AdminResult::get);
            }
        }
        broker.topic("canary", 1);
    }

    /// 99 of a hundred of records that are sent one after the other are acknowledged within, in microseconds.
    private static long canary(ConsoleBroker broker) throws Exception {
        List<Long> took = new ArrayList<>();
        try (Producer<byte[], byte[]> producer = Producer.open(
                ProducerConfig.builder(broker.address()).build(), Serdes.bytes(), Serdes.bytes())) {
            for (int i = 0; i < CANARIES; i++) {
                long startNs = System.nanoTime();
                producer.send(new ProducerRecord<>("canary", ConsoleBroker.utf8("v"))).get();
                took.add((System.nanoTime() - startNs) / 1_000);
            }
        }
        Collections.sort(took);
        return took.get(CANARIES * 99 / 100);
    }
}

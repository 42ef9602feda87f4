package io.chapar.examples.words;

import io.chapar.client.admin.Admin;
import io.chapar.client.admin.AdminResult;
import io.chapar.client.admin.CreatedTopic;
import io.chapar.client.admin.NewTopic;
import io.chapar.client.serde.Serdes;
import io.chapar.processor.Delivery;
import io.chapar.processor.ProcessorApp;
import io.chapar.processor.ProcessorConfig;
import io.chapar.processor.Topology;
import io.chapar.protocol.ErrorCode;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/// Counts the words of the lines in topic `lines`, exactly once; each new count of a word goes to topic `counts`.
///
/// `WordCount [ADDRESS]` makes the topics that are missing and runs until SIGTERM.
public final class WordCount {
    private static final int PARTITIONS = 4;

    private WordCount() {
    }

    /// A word's records have to be in one partition, where its count is, so the words go through a topic of the
    /// application's own, which it makes.
    static Topology topology() {
        return Topology.from("lines", Serdes.string(), Serdes.string())
                .flatMap(line -> Stream.of(line.value().toLowerCase(Locale.ROOT).split("\\W+"))
                        .filter(word -> !word.isEmpty())
                        .map(word -> line.with(word, "1")).toList())
                .groupByKey(Serdes.string(), Serdes.string())
                .count("words")
                .mapValues(String::valueOf)
                .to("counts", Serdes.string(), Serdes.string());
    }

    public static void main(String[] args) throws InterruptedException {
        String address = args.length > 0 ? args[0] : "127.0.0.1:9092";
        makeTopics(address);
        ProcessorConfig config = ProcessorConfig.builder(address, "word-count")
                .delivery(Delivery.EXACTLY_ONCE)
                .build();
        try (ProcessorApp app = ProcessorApp.start(config, topology())) {
            Runtime.getRuntime().addShutdownHook(new Thread(app::close));
            System.out.println("counting words: lines -> counts");
            app.awaitStopped();
        }
    }

    private static void makeTopics(String address) {
        try (Admin admin = Admin.open(address)) {
            for (String topic : List.of("lines", "counts")) {
                Map<String, AdminResult<CreatedTopic>> made = admin.createTopics(List.of(
                        new NewTopic(topic, PARTITIONS)));
                AdminResult<CreatedTopic> result = made.get(topic);
                boolean there = result instanceof AdminResult.Refused<CreatedTopic> refused
                        && refused.error() == ErrorCode.TOPIC_ALREADY_EXISTS;
                if (!there) {
                    result.get();
                }
            }
        }
    }
}

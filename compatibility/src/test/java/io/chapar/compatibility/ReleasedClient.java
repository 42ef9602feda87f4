package io.chapar.compatibility;

import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.BiFunction;

/// What an application does with a Kafka client of whatever release this class is loaded beside. It sees nothing but
/// that client and the JDK.
///
/// Numbers go to topic `numbers`; their squares, and how far they were read, go on in transactions of which every third
/// is aborted and tried again. The answer is the squares that a reader of committed records sees, in order.
final class ReleasedClient implements BiFunction<String, String, List<String>> {
    private static final int NUMBERS = 30;
    private static final int IN_ONE_TRANSACTION = 5;
    private static final long GIVE_UP_AFTER_MS = 90_000;

    @Override
    public List<String> apply(String bootstrap, String version) {
        try {
            return run(bootstrap, version);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private static List<String> run(String bootstrap, String version) throws Exception {
        String numbers = "numbers-" + version;
        String squares = "squares-" + version;
        try (Admin admin = Admin.create(settings(bootstrap))) {
            admin.createTopics(List.of(new NewTopic(numbers, 1, (short) 1), new NewTopic(squares, 2, (short) 1)))
                    .all().get();
        }
        try (KafkaProducer<String, String> producer = producer(bootstrap)) {
            for (int i = 0; i < NUMBERS; i++) {
                var _ = producer.send(new ProducerRecord<>(numbers, Integer.toString(i)));
            }
            producer.flush();
        }
        square(bootstrap, numbers, squares, version);
        TreeSet<Integer> seen = new TreeSet<>();
        List<String> answer = new ArrayList<>();
        try (KafkaConsumer<String, String> reader = consumer(bootstrap, "readers-" + version)) {
            reader.subscribe(List.of(squares));
            long giveUpMs = System.currentTimeMillis() + GIVE_UP_AFTER_MS;
            while (answer.size() < NUMBERS && System.currentTimeMillis() < giveUpMs) {
                for (ConsumerRecord<String, String> record : reader.poll(Duration.ofMillis(100))) {
                    seen.add(Integer.parseInt(record.value()));
                    answer.add(record.value());
                }
            }
            reader.commitSync();
        }
        return seen.size() == NUMBERS ? seen.stream().map(square -> Integer.toString(square)).toList() : answer;
    }

    private static void square(String bootstrap, String numbers, String squares, String version) {
        int begun = 0;
        TopicPartition source = new TopicPartition(numbers, 0);
        try (KafkaConsumer<String, String> reader = consumer(bootstrap, "squares-" + version);
                KafkaProducer<String, String> writer =
                        producer(bootstrap, "transactional.id", "squares-" + version)) {
            writer.initTransactions();
            reader.subscribe(List.of(numbers));
            long giveUpMs = System.currentTimeMillis() + GIVE_UP_AFTER_MS;
            long done = 0;
            while (done < NUMBERS) {
                if (System.currentTimeMillis() > giveUpMs) {
                    throw new IllegalStateException("only " + done + " numbers were squared in time");
                }
                List<ConsumerRecord<String, String>> records = reader.poll(Duration.ofMillis(100)).records(source);
                if (records.isEmpty()) {
                    continue;
                }
                List<ConsumerRecord<String, String>> part =
                        records.subList(0, Math.min(IN_ONE_TRANSACTION, records.size()));
                long next = part.get(part.size() - 1).offset() + 1;
                writer.beginTransaction();
                for (ConsumerRecord<String, String> record : part) {
                    int number = Integer.parseInt(record.value());
                    String square = Integer.toString(number * number);
                    var _ = writer.send(new ProducerRecord<>(squares, record.value(), square));
                }
                writer.sendOffsetsToTransaction(
                        Map.of(source, new OffsetAndMetadata(next)), reader.groupMetadata());
                // A commit may otherwise overtake the last records, see docs/transactions.md.
                writer.flush();
                if (++begun % 3 == 0) {
                    writer.abortTransaction();
                } else {
                    writer.commitTransaction();
                    done = next;
                }
                reader.seek(source, done);
            }
        }
    }

    private static KafkaProducer<String, String> producer(String bootstrap, String... settings) {
        return new KafkaProducer<>(settings(bootstrap, settings), new StringSerializer(), new StringSerializer());
    }

    private static KafkaConsumer<String, String> consumer(String bootstrap, String group) {
        return new KafkaConsumer<>(
                // Whoever goes back waits first for the end of a fetch at the end of the log.
                settings(bootstrap, "group.id", group, "auto.offset.reset", "earliest", "enable.auto.commit", "false",
                        "isolation.level", "read_committed", "fetch.max.wait.ms", "20"),
                new StringDeserializer(), new StringDeserializer());
    }

    private static Map<String, Object> settings(String bootstrap, String... settings) {
        Map<String, Object> all = new HashMap<>();
        all.put("bootstrap.servers", bootstrap);
        for (int i = 0; i < settings.length; i += 2) {
            all.put(settings[i], settings[i + 1]);
        }
        return all;
    }
}

package io.chapar.compatibility;

import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.connect.connector.Task;
import org.apache.kafka.connect.sink.SinkConnector;
import org.apache.kafka.connect.sink.SinkRecord;
import org.apache.kafka.connect.sink.SinkTask;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// A sink of Kafka Connect: a file for each partition with a line `offset key value` for each record. The last line
/// says where to go on; Connect's own offsets, which it commits too, lag behind. A line that a killed worker left
/// unended is cut off first.
public final class LinesSink extends SinkConnector {
    static final String FOLDER = "folder";

    private Map<String, String> settings = Map.of();

    @Override
    public void start(Map<String, String> given) {
        settings = Map.copyOf(given);
    }

    @Override
    public Class<? extends Task> taskClass() {
        return LinesTask.class;
    }

    @Override
    public List<Map<String, String>> taskConfigs(int most) {
        return Collections.nCopies(most, settings);
    }

    @Override
    public void stop() {
        settings = Map.of();
    }

    @Override
    public ConfigDef config() {
        return new ConfigDef()
                .define(FOLDER, ConfigDef.Type.STRING, ConfigDef.Importance.HIGH, "where the files go");
    }

    @Override
    public String version() {
        return "1";
    }

    static Path file(Path folder, int partition) {
        return folder.resolve("partition-" + partition);
    }

    /// Its partitions are open at one task at a time.
    public static final class LinesTask extends SinkTask {
        private final Map<TopicPartition, Long> next = new TreeMap<>(
                (a, b) -> Integer.compare(a.partition(), b.partition()));
        private Path folder = Path.of(".");

        @Override
        public void start(Map<String, String> given) {
            folder = Path.of(given.get(FOLDER));
        }

        @Override
        public void open(Collection<TopicPartition> partitions) {
            for (TopicPartition partition : partitions) {
                Path file = file(folder, partition.partition());
                try {
                    String text = Files.exists(file) ? Files.readString(file) : "";
                    String whole = text.substring(0, text.lastIndexOf('\n') + 1);
                    Files.writeString(file, whole);
                    String last = whole.isEmpty() ? "" : whole.lines().toList().getLast();
                    long offset = last.isEmpty() ? 0 : Long.parseLong(last.substring(0, last.indexOf(' '))) + 1;
                    next.put(partition, offset);
                    context.offset(partition, offset);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
        }

        @Override
        public void close(Collection<TopicPartition> partitions) {
            partitions.forEach(next::remove);
        }

        @Override
        public void put(Collection<SinkRecord> records) {
            for (SinkRecord record : records) {
                TopicPartition at = new TopicPartition(record.topic(), record.kafkaPartition());
                try {
                    Files.writeString(file(folder, record.kafkaPartition()), record.kafkaOffset() + " " + record.key()
                            + " " + record.value() + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
                next.put(at, record.kafkaOffset() + 1);
            }
        }

        @Override
        public Map<TopicPartition, OffsetAndMetadata> preCommit(Map<TopicPartition, OffsetAndMetadata> delivered) {
            Map<TopicPartition, OffsetAndMetadata> done = new TreeMap<>(
                    (a, b) -> Integer.compare(a.partition(), b.partition()));
            next.forEach((partition, offset) -> done.put(partition, new OffsetAndMetadata(offset)));
            return done;
        }

        @Override
        public void stop() {
            next.clear();
        }

        @Override
        public String version() {
            return "1";
        }
    }
}

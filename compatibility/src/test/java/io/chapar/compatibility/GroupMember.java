package io.chapar.compatibility;

import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RebalanceInProgressException;
import org.apache.kafka.common.errors.TimeoutException;

import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// A member of a consumer group of Kafka's client in a process of its own, which commits what it has read before it
/// reads on. Says what `group-member.py` says, and leaves when its standard input ends.
final class GroupMember {
    private static final Duration POLL = Duration.ofMillis(100);

    private final KafkaConsumer<String, String> consumer;
    /// What is read and not committed.
    private final Map<TopicPartition, OffsetAndMetadata> read = new HashMap<>();
    private volatile boolean ending = false;

    private GroupMember(KafkaConsumer<String, String> consumer) {
        this.consumer = consumer;
    }

    /// @param words bootstrap servers, topic, group, and settings of the consumer
    public static void main(String[] words) {
        List<String> settings = new ArrayList<>(Arrays.asList(words).subList(3, words.length));
        settings.addAll(List.of("group.id=" + words[2], "enable.auto.commit=false", "max.poll.records=20"));
        GroupMember member = new GroupMember(
                new StockClients(words[0]).consumer(settings.toArray(String[]::new)));
        Thread.ofPlatform().daemon().start(member::awaitEnd);
        member.run(words[1]);
    }

    private void awaitEnd() {
        try {
            System.in.transferTo(OutputStream.nullOutputStream());
        } catch (IOException e) {
            say("failed", e);
        }
        ending = true;
    }

    private static void say(String what, Object... words) {
        StringBuilder line = new StringBuilder().append(System.nanoTime()).append(' ').append(what);
        for (Object word : words) {
            line.append(' ').append(word);
        }
        System.out.println(line);
    }

    private void run(String topic) {
        try (consumer) {
            consumer.subscribe(List.of(topic), new Watcher());
            while (!ending) {
                ConsumerRecords<String, String> records = consumer.poll(POLL);
                records.partitions().forEach(partition -> note(partition, records.records(partition)));
                commit();
            }
        }
        say("left");
    }

    private void note(TopicPartition partition, List<ConsumerRecord<String, String>> records) {
        long first = records.getFirst().offset();
        long last = first;
        for (ConsumerRecord<String, String> each : records) {
            if (each.offset() > last + 1) {
                say("read", partition.partition(), first, last);
                first = each.offset();
            }
            last = each.offset();
        }
        say("read", partition.partition(), first, last);
        read.put(partition, new OffsetAndMetadata(last + 1));
    }

    private void commit() {
        if (read.isEmpty()) {
            return;
        }
        try {
            consumer.commitSync(read);
            read.forEach((partition, offset) -> say("committed", partition.partition(), offset.offset()));
            read.clear();
        } catch (CommitFailedException | RebalanceInProgressException | TimeoutException e) {
            say("refused", -1, e.getClass().getSimpleName());
        }
    }

    private final class Watcher implements ConsumerRebalanceListener {
        @Override
        public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
            partitions.forEach(each -> say("assigned", each.partition()));
        }

        @Override
        public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
            commit();
            give("revoked", partitions);
        }

        @Override
        public void onPartitionsLost(Collection<TopicPartition> partitions) {
            give("lost", partitions);
        }

        private void give(String how, Collection<TopicPartition> partitions) {
            partitions.forEach(each -> {
                read.remove(each);
                say(how, each.partition());
            });
        }
    }
}

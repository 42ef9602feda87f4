package io.chapar.processor;

import io.chapar.client.GroupMetadata;
import io.chapar.client.OffsetAndMetadata;
import io.chapar.client.consumer.Consumer;
import io.chapar.client.consumer.ConsumerRecord;
import io.chapar.client.consumer.ConsumerRecords;
import io.chapar.client.consumer.RebalanceListener;
import io.chapar.client.serde.Serdes;
import io.chapar.protocol.TopicPartition;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/// A [RecordSource] over the client's consumer.
final class GroupSource implements RecordSource {
    private final Consumer<byte[], byte[]> consumer;
    private final SortedSet<TopicPartition> owned = new TreeSet<>();
    /// Where reading began in partitions that had no committed position, so that a rewind goes back there.
    private final TreeMap<TopicPartition, Long> began = new TreeMap<>();
    private Rebalance listener;

    GroupSource(Consumer<byte[], byte[]> consumer, Set<String> topics) {
        this.consumer = consumer;
        consumer.subscribe(topics, new Listening());
    }

    static GroupSource open(ProcessorConfig config, Set<String> topics, String memberName) {
        return new GroupSource(Consumer.open(ClientSettings.consumer(config, memberName), Serdes.bytes(),
                Serdes.bytes()), topics);
    }

    @Override
    public Polled poll(long maxWaitMs, Rebalance rebalance) {
        listener = rebalance;
        ConsumerRecords<byte[], byte[]> polled = consumer.poll(Duration.ofMillis(maxWaitMs));
        List<SourceRecord> records = new ArrayList<>(polled.count());
        for (ConsumerRecord<byte[], byte[]> record : polled) {
            TopicPartition partition = record.topicPartition();
            began.putIfAbsent(partition, record.offset());
            records.add(new SourceRecord(partition, record.offset(), record.leaderEpoch(), record.timestamp(),
                    record.key(), record.value(), record.headers()));
        }
        return new Polled(records, polled.nextOffsets());
    }

    @Override
    public void commit(Map<TopicPartition, OffsetAndMetadata> positions) {
        if (!positions.isEmpty()) {
            consumer.commit(positions);
        }
    }

    @Override
    public Map<TopicPartition, OffsetAndMetadata> rewind() {
        if (owned.isEmpty()) {
            return Map.of();
        }
        Map<TopicPartition, OffsetAndMetadata> committed = consumer.committed(new TreeSet<>(owned));
        for (TopicPartition partition : owned) {
            OffsetAndMetadata position = committed.get(partition);
            if (position != null) {
                consumer.seek(partition, position);
            } else if (began.containsKey(partition)) {
                consumer.seek(partition, began.get(partition));
            }
        }
        return committed;
    }

    @Override
    public GroupMetadata group() {
        return consumer.groupMetadata();
    }

    @Override
    public void wakeup() {
        consumer.wakeup();
    }

    @Override
    public void close(Rebalance rebalance) {
        listener = rebalance;
        consumer.close();
    }

    private final class Listening implements RebalanceListener {
        @Override
        public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
            owned.addAll(partitions);
            listener.assigned(new TreeSet<>(partitions));
        }

        @Override
        public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
            listener.revoked(new TreeSet<>(partitions));
            forget(partitions);
        }

        @Override
        public void onPartitionsLost(Collection<TopicPartition> partitions) {
            listener.lost(new TreeSet<>(partitions));
            forget(partitions);
        }

        private void forget(Collection<TopicPartition> partitions) {
            owned.removeAll(partitions);
            partitions.forEach(began::remove);
        }
    }
}

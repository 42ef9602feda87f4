package io.chapar.compatibility;

import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Reads committed data from the beginning, further each time, and compares it with the ledger.
final class ChaosReader implements AutoCloseable {
    private static final Duration LIMIT = Duration.ofSeconds(90);

    private final TransactionLedger ledger;
    private final KafkaConsumer<String, String> consumer;

    ChaosReader(StockClients clients, TransactionLedger ledger, String topic, int partitions) {
        this.ledger = ledger;
        consumer = clients.consumer("isolation.level=read_committed", "reconnect.backoff.max.ms=200");
        List<TopicPartition> all =
                IntStream.range(0, partitions).mapToObj(each -> new TopicPartition(topic, each)).toList();
        consumer.assign(all);
        consumer.seekToBeginning(all);
    }

    /// Until all that is known by now is seen as it must be. A transaction that its writer left open holds readers back
    /// up to its timeout.
    void catchUp() {
        Map<String, ?> now = ledger.snapshot();
        long giveUp = System.nanoTime() + LIMIT.toNanos();
        String wrong = ledger.wrong(now, ChaosWriter.RECORDS);
        while (wrong != null && System.nanoTime() < giveUp) {
            poll();
            wrong = ledger.wrong(now, ChaosWriter.RECORDS);
        }
        assertNull(wrong);
    }

    /// Everything that readers of committed data can see now.
    void toTheEnd() {
        Map<TopicPartition, Long> ends = consumer.endOffsets(consumer.assignment());
        long giveUp = System.nanoTime() + LIMIT.toNanos();
        while (ends.entrySet().stream().anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
            assertTrue(System.nanoTime() < giveUp, () -> "the reader stands before " + ends);
            poll();
        }
    }

    private void poll() {
        consumer.poll(Duration.ofMillis(100))
                .forEach(each -> ledger.saw(each.key(), Integer.parseInt(each.value())));
    }

    @Override
    public void close() {
        consumer.close();
    }
}

package io.chapar.compatibility;

import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.awaitility.Awaitility;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;

import static org.junit.jupiter.api.Assertions.assertEquals;

/// What must hold when everybody has gone home.
final class ChaosEnd implements AutoCloseable {
    private final Admin admin;

    ChaosEnd(StockClients clients) {
        admin = clients.admin();
    }

    /// No transaction is under way, and in no partition of the topic, nor of the groups, is anything held back.
    void assertNothingIsOpen(String topic) {
        Awaitility.await().atMost(Duration.ofSeconds(120)).ignoreExceptionsMatching(ChaosEnd::isTheClientsOwn)
                .untilAsserted(() -> {
            TreeSet<String> open = new TreeSet<>();
            admin.listTransactions().all().get().forEach(each -> {
                if (!each.state().toString().startsWith("Complete") && !each.state().toString().equals("Empty")) {
                    open.add(each.transactionalId() + " " + each.state());
                }
            });
            assertEquals(new TreeSet<>(), open, "no transaction is stuck");
            assertEquals(ends(topic, IsolationLevel.READ_UNCOMMITTED), ends(topic, IsolationLevel.READ_COMMITTED));
        });
    }

    /// Kafka's own client (4.4.0) gives up so when a broker that it has just heard of cannot be reached: it looks once
    /// more for where that broker is, and its AllBrokersStrategy knows no such question.
    private static boolean isTheClientsOwn(Throwable failure) {
        return failure instanceof ExecutionException && failure.getCause() instanceof IllegalArgumentException;
    }

    private Map<TopicPartition, Long> ends(String topic, IsolationLevel isolation) throws Exception {
        Map<TopicPartition, OffsetSpec> asked = new LinkedHashMap<>();
        admin.describeTopics(List.of(topic, "__consumer_offsets")).allTopicNames().get().forEach((name, description) ->
                description.partitions().forEach(each ->
                        asked.put(new TopicPartition(name, each.partition()), OffsetSpec.latest())));
        Map<TopicPartition, Long> ends = new LinkedHashMap<>();
        admin.listOffsets(asked, new ListOffsetsOptions(isolation)).all().get()
                .forEach((partition, found) -> ends.put(partition, found.offset()));
        return ends;
    }

    /// Each writer's offset is the number of its last transaction whose records are visible.
    void assertOffsetsAgree(TransactionLedger ledger, List<ChaosWriter> writers, String topic) throws Exception {
        for (ChaosWriter writer : writers) {
            OffsetAndMetadata found = admin.listConsumerGroupOffsets(writer.group())
                    .partitionsToOffsetAndMetadata().get().get(new TopicPartition(topic, 0));
            assertEquals(ledger.lastSeen(writer.number()), found == null ? -1 : found.offset(), writer.group());
        }
    }

    @Override
    public void close() {
        admin.close();
    }
}

package io.chapar.compatibility;

import io.chapar.client.ChaparException;
import io.chapar.client.FatalException;
import io.chapar.client.OffsetAndMetadata;
import io.chapar.client.UsageException;
import io.chapar.client.admin.Admin;
import io.chapar.client.admin.AdminResult;
import io.chapar.client.admin.NewTopic;
import io.chapar.client.consumer.Consumer;
import io.chapar.client.consumer.ConsumerConfig;
import io.chapar.client.producer.Producer;
import io.chapar.client.producer.ProducerConfig;
import io.chapar.client.producer.ProducerRecord;
import io.chapar.client.serde.Serdes;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.function.Executable;

import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// What no string of the protocol can hold is refused at once, with what it is, and nothing else suffers.
@Timeout(180)
class LongStringsIT extends SharedBroker {
    private static final String LONG = "x".repeat(40_000);

    private static void refused(String api, Executable call) {
        UsageException cause = assertThrows(UsageException.class, call);
        assertEquals(ErrorCode.INVALID_REQUEST, cause.errorCode());
        assertTrue(cause.getMessage().startsWith(api + " cannot be sent: a string of 40000 bytes"), cause::getMessage);
    }

    @Test
    void anAdministratorsCallIsRefusedAloneAndTheNextOneGoesOn() {
        try (Admin admin = Admin.open(broker.bootstrap())) {
            refused("CREATE_TOPICS", () -> admin.createTopics(List.of(new NewTopic(LONG, 1, 1, Map.of()))));
            refused("METADATA", () -> admin.describeTopics(List.of(LONG)));
            refused("INCREMENTAL_ALTER_CONFIGS",
                    () -> admin.changeTopicConfig("known", Map.of("retention.ms", LONG), List.of()));
            refused("FIND_COORDINATOR", () -> admin.deleteGroup(LONG));
            NewTopic known = new NewTopic("known", 1, 1, Map.of());
            assertInstanceOf(AdminResult.Done.class, admin.createTopics(List.of(known)).get("known"));
        }
    }

    @Test
    void aCommitIsRefusedAloneAndTheNextOneGoesOn() throws Exception {
        create("committed", 1);
        TopicPartition partition = new TopicPartition("committed", 0);
        try (Consumer<String, String> consumer = Consumer.open(
                ConsumerConfig.builder(broker.bootstrap()).groupId("long-metadata").build(),
                Serdes.string(), Serdes.string())) {
            consumer.assign(List.of(partition));
            ChaparException cause = assertThrows(FatalException.class,
                    () -> consumer.commit(Map.of(partition, new OffsetAndMetadata(0, -1, LONG))));
            assertEquals(ErrorCode.INVALID_REQUEST, cause.errorCode());
            assertTrue(cause.getMessage().contains("a string of 40000 bytes"), cause::getMessage);
            consumer.commit(Map.of(partition, new OffsetAndMetadata(0, -1, "short")));
            UsageException name = assertThrows(UsageException.class, () -> consumer.subscribe(List.of(LONG)));
            assertTrue(name.getMessage().startsWith("A topic's name has at most 249 characters, not 40000"));
        }
    }

    @Test
    void aRecordForATopicThatCannotBeIsRefusedAloneAndOthersAreWritten() throws Exception {
        create("written", 1);
        try (Producer<String, String> producer = Producer.open(
                ProducerConfig.builder(broker.bootstrap()).build(), Serdes.string(), Serdes.string())) {
            CompletableFuture<?> tooLong = producer.send(new ProducerRecord<>(LONG, "k", "v"));
            CompletableFuture<?> known = producer.send(new ProducerRecord<>("written", "k", "v"));
            FatalException cause = assertInstanceOf(FatalException.class,
                    assertThrows(ExecutionException.class, tooLong::get).getCause());
            assertEquals(ErrorCode.INVALID_TOPIC_EXCEPTION, cause.errorCode());
            known.get();
        }
    }

    @Test
    void settingsThatGoWithEveryRequestAreRefusedAtOnce() {
        assertThrows(UsageException.class, () -> ConsumerConfig.builder(broker.bootstrap()).groupId(LONG).build());
        UsageException cause = assertThrows(UsageException.class,
                () -> ProducerConfig.builder(broker.bootstrap()).transactionalId(LONG).build());
        assertEquals("Setting transactional.id must be at most 32767 bytes long, not 40000", cause.getMessage());
    }
}

package io.chapar.broker;

import io.chapar.protocol.BufferRecords;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.AlterClientQuotasRequest;
import io.chapar.protocol.message.AlterClientQuotasRequest.EntityData;
import io.chapar.protocol.message.AlterClientQuotasRequest.EntryData;
import io.chapar.protocol.message.AlterClientQuotasRequest.OpData;
import io.chapar.protocol.message.AlterClientQuotasResponse;
import io.chapar.protocol.message.DescribeClientQuotasRequest;
import io.chapar.protocol.message.DescribeClientQuotasRequest.ComponentData;
import io.chapar.protocol.message.DescribeClientQuotasResponse;
import io.chapar.protocol.message.FetchRequest;
import io.chapar.protocol.message.FetchResponse;
import io.chapar.protocol.message.ProduceRequest;
import io.chapar.protocol.message.ProduceResponse;
import io.chapar.protocol.record.RecordBatchBuilder;
import io.chapar.protocol.record.compress.Compression;
import org.junit.jupiter.api.Test;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Quotas of clients as they are set, told and kept to. The client is `test`.
final class ClientQuotaScenarios {
    private static final UUID NO_ID = new UUID(0, 0);
    private static final int BYTES = 1000;

    private final BrokerFixture broker = BrokerFixture.onOneLoop(Map.of("quota.window.num", "2"));

    private static EntityData part(String type, String name) {
        return new EntityData(type, name);
    }

    private static OpData quota(String name, double value) {
        return new OpData(name, value, false);
    }

    private String alter(List<EntityData> entity, OpData... ops) {
        AlterClientQuotasResponse.EntryData altered = ((AlterClientQuotasResponse) broker.ask(
                AlterClientQuotasRequest.builder().entries(List.of(new EntryData(entity, List.of(ops)))).build(), 1))
                .entries().getFirst();
        return altered.errorCode() == 0 ? "done" : ErrorCode.of(altered.errorCode()) + " " + altered.errorMessage();
    }

    private List<String> describe(boolean strict, ComponentData... components) {
        DescribeClientQuotasResponse described = (DescribeClientQuotasResponse) broker.ask(
                DescribeClientQuotasRequest.builder().components(List.of(components)).strict(strict).build(), 1);
        if (described.errorCode() != 0) {
            return List.of(described.errorMessage());
        }
        List<String> all = new ArrayList<>();
        described.entries().forEach(entry -> {
            StringBuilder text = new StringBuilder();
            entry.entity().forEach(part -> text.append(part.entityType()).append(' ').append(part.entityName())
                    .append(' '));
            entry.values().forEach(value -> text.append(value.key()).append('=').append(value.value()));
            all.add(text.toString());
        });
        return all;
    }

    private BrokerFixture.Asked produce(int acks) {
        ByteBuffer batch = new RecordBatchBuilder(Compression.NONE)
                .append(1_700_000_000_000L, null, ByteBuffer.allocate(BYTES)).build();
        return broker.later(new ProduceRequest(null, (short) acks, 5_000, List.of(
                new ProduceRequest.TopicProduceData("t", NO_ID, List.of(
                        new ProduceRequest.PartitionProduceData(0, new BufferRecords(batch)))))), 9);
    }

    private BrokerFixture.Asked fetch() {
        return broker.later(FetchRequest.builder().maxWaitMs(0).minBytes(1).maxBytes(1 << 20)
                .topics(List.of(new FetchRequest.FetchTopic("t", NO_ID, List.of(
                        FetchRequest.FetchPartition.builder().partitionMaxBytes(1 << 20).build())))).build(), 12);
    }

    @Test
    void whoWritesMoreIsToldForHowLongToWait() {
        broker.createTopic("t", 1);
        assertEquals("done", alter(List.of(part("client-id", "test")), quota("producer_byte_rate", 1100)));
        BrokerFixture.Asked first = produce(1);
        assertEquals(0, ((ProduceResponse) first.answer()).throttleTimeMs());
        BrokerFixture.Asked second = produce(1);
        int waitMs = ((ProduceResponse) second.answer()).throttleTimeMs();
        assertEquals(2 * second.requestBytes() * 1000 / 1100 - 1000, waitMs, 1);
        assertEquals(waitMs, second.throttledMs());
        assertEquals(0, ((ProduceResponse) second.answer()).responses().getFirst().partitionResponses().getFirst()
                .errorCode());
        assertTrue(produce(0).throttledMs() > waitMs, "without an answer there is a pause all the same");
        broker.advance(10_000);
        assertEquals(0, produce(1).throttledMs());
        assertEquals("done", alter(List.of(part("client-id", "test")), new OpData("producer_byte_rate", 0, true)));
        assertEquals(0, produce(1).throttledMs());
        assertEquals(List.of(), describe(false));
    }

    @Test
    void whoReadsIsGivenWhatTheQuotaGivesAtOnce() {
        broker.createTopic("t", 1);
        for (int i = 0; i < 8; i++) {
            produce(1);
        }
        assertEquals("done", alter(List.of(part("client-id", null)), quota("consumer_byte_rate", 2500)));
        FetchResponse first = (FetchResponse) fetch().answer();
        int read = first.responses().getFirst().partitions().getFirst().records().sizeInBytes();
        assertEquals(2, read / BYTES);
        assertEquals(0, first.throttleTimeMs());
        BrokerFixture.Asked second = fetch();
        assertEquals(2 * read * 1000 / 2500 - 1000, ((FetchResponse) second.answer()).throttleTimeMs(), 1);
        assertTrue(second.throttledMs() > 0);
    }

    @Test
    void quotasAreToldAsTheyAreAskedFor() {
        assertEquals("done", alter(List.of(part("client-id", "c")), quota("producer_byte_rate", 5)));
        assertEquals("done", alter(List.of(part("client-id", null)), quota("request_percentage", 2.5)));
        assertEquals("done", alter(List.of(part("user", "u"), part("client-id", "c")), quota("consumer_byte_rate", 7)));
        assertEquals("done", alter(List.of(part("ip", "10.0.0.1")), quota("connection_creation_rate", 0)));
        broker.crashAndRestart();
        assertEquals(4, describe(false).size());
        assertEquals(List.of("client-id c producer_byte_rate=5.0", "user u client-id c consumer_byte_rate=7.0"),
                describe(false, new ComponentData("client-id", (byte) 0, "c")));
        assertEquals(List.of("client-id c producer_byte_rate=5.0"),
                describe(true, new ComponentData("client-id", (byte) 0, "c")));
        assertEquals(List.of("client-id null request_percentage=2.5"),
                describe(false, new ComponentData("client-id", (byte) 1, null)));
        assertEquals(3, describe(false, new ComponentData("client-id", (byte) 2, null)).size());
        assertEquals(List.of("ip 10.0.0.1 connection_creation_rate=0.0"),
                describe(true, new ComponentData("ip", (byte) 2, null)));
        assertEquals(List.of("There are no quotas for 'host', but for user, client-id, ip."),
                describe(true, new ComponentData("host", (byte) 2, null)));
        assertEquals(List.of("A name goes with an exact match alone."),
                describe(true, new ComponentData("ip", (byte) 1, "x")));
    }

    @Test
    void whatMakesNoSenseIsRefused() {
        List<EntityData> client = List.of(part("client-id", "c"));
        assertTrue(alter(client, quota("producer_bite_rate", 5)).contains("There is no quota 'producer_bite_rate'"));
        assertTrue(alter(client, quota("producer_byte_rate", 1.5)).contains("whole number"));
        assertTrue(alter(client, quota("producer_byte_rate", 0)).contains("above 0"));
        assertTrue(alter(client, quota("request_percentage", Double.NaN)).contains("above 0"));
        assertTrue(alter(client, quota("producer_byte_rate", 1), quota("producer_byte_rate", 2)).contains("twice"));
        assertTrue(alter(List.of(part("client-id", "c"), part("ip", "1")), quota("producer_byte_rate", 5))
                .contains("not for both"));
        assertTrue(alter(List.of(), quota("producer_byte_rate", 5)).startsWith("INVALID_REQUEST"));
        assertTrue(alter(List.of(part("client-id", "")), quota("producer_byte_rate", 5)).contains("not empty"));
        assertTrue(alter(List.of(part("client-id", "x".repeat(300))), quota("producer_byte_rate", 5))
                .contains("249 characters"));
        assertEquals(List.of(), describe(false));
    }

    @Test
    void noMoreThanTenThousandAreKept() {
        List<EntryData> many = new ArrayList<>();
        for (int i = 0; i < 10_001; i++) {
            many.add(new EntryData(
                    List.of(part("client-id", "c" + i)), List.of(quota("producer_byte_rate", 1))));
        }
        AlterClientQuotasResponse altered = (AlterClientQuotasResponse) broker.ask(
                AlterClientQuotasRequest.builder().entries(many).build(), 1);
        assertEquals(0, altered.entries().get(9_999).errorCode());
        assertTrue(altered.entries().get(10_000).errorMessage().startsWith("There are 10000 already"));
    }
}

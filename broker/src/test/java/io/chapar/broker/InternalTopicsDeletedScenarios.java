package io.chapar.broker;

import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.DeleteTopicsRequest;
import io.chapar.protocol.message.DeleteTopicsResponse;
import io.chapar.protocol.message.OffsetCommitRequest;
import io.chapar.protocol.message.OffsetCommitResponse;
import io.chapar.protocol.message.OffsetFetchRequest;
import io.chapar.protocol.message.OffsetFetchResponse;
import org.junit.jupiter.api.Test;

import java.util.List;
import java.util.Map;
import java.util.UUID;

import static org.junit.jupiter.api.Assertions.assertEquals;

/// The coordinators' own topics are deleted, as Kafka lets its administrators do: what was in them is forgotten, and
/// everything goes on with new ones.
final class InternalTopicsDeletedScenarios {
    private final BrokerFixture broker = BrokerFixture.onOneLoop(Map.of());

    private void delete(String topic) {
        DeleteTopicsResponse deleted = (DeleteTopicsResponse) broker.ask(DeleteTopicsRequest.builder()
                .topicNames(List.of(topic)).timeoutMs(1000).build(), 5);
        assertEquals(ErrorCode.NONE.code(), deleted.responses().getFirst().errorCode());
    }

    private short commit(long offset) {
        return ((OffsetCommitResponse) broker.ask(OffsetCommitRequest.builder().groupId("g")
                .generationIdOrMemberEpoch(-1)
                .topics(List.of(new OffsetCommitRequest.OffsetCommitRequestTopic("t", new UUID(0, 0), List.of(
                        new OffsetCommitRequest.OffsetCommitRequestPartition(0, offset, -1, "")))))
                .build(), 8)).topics().getFirst().partitions().getFirst().errorCode();
    }

    private long committed() {
        OffsetFetchResponse fetched = (OffsetFetchResponse) broker.ask(OffsetFetchRequest.builder().groupId("g")
                .topics(List.of(new OffsetFetchRequest.OffsetFetchRequestTopic("t", List.of(0)))).build(), 7);
        return fetched.errorCode() != 0 ? -1000 - fetched.errorCode()
                : fetched.topics().getFirst().partitions().getFirst().committedOffset();
    }

    @Test
    void groupsForgetTheirOffsetsAndGoOn() {
        broker.createTopic("t", 1);
        broker.createCoordinators();
        assertEquals(ErrorCode.NONE.code(), commit(5));
        assertEquals(5, committed());
        delete("__consumer_offsets");
        broker.createCoordinators();
        assertEquals(-1, committed());
        assertEquals(ErrorCode.NONE.code(), commit(7));
        assertEquals(7, committed());
        broker.crashAndRestart();
        assertEquals(7, committed());
    }

    @Test
    void transactionsBeginAnew() {
        broker.createTopic("t", 1);
        broker.createCoordinators();
        WireProducer before = WireProducer.ofVersion2(broker, "x");
        before.init();
        before.write("t", 0, "a");
        before.end(true);
        delete("__transaction_state");
        broker.createCoordinators();
        WireProducer after = WireProducer.ofVersion2(broker, "x");
        after.init();
        after.write("t", 0, "b");
        after.end(true);
        broker.crashAndRestart();
        WireProducer last = WireProducer.ofVersion2(broker, "x");
        last.init();
        assertEquals(after.producerId(), last.producerId());
        last.write("t", 0, "c");
        last.end(false);
    }
}

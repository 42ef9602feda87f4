package io.chapar.broker;

import io.chapar.broker.BrokerFixture.Asked;
import io.chapar.broker.metadata.MetadataLog;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.CreatePartitionsRequest;
import io.chapar.protocol.message.CreatePartitionsResponse;
import io.chapar.protocol.message.CreateTopicsRequest;
import io.chapar.protocol.message.CreateTopicsResponse;
import io.chapar.protocol.message.DeleteRecordsRequest;
import io.chapar.protocol.message.DeleteRecordsResponse;
import io.chapar.protocol.message.DeleteTopicsRequest;
import io.chapar.protocol.message.DeleteTopicsResponse;
import io.chapar.protocol.message.IncrementalAlterConfigsRequest;
import io.chapar.protocol.message.IncrementalAlterConfigsResponse;
import io.chapar.protocol.message.MetadataRequest;
import io.chapar.protocol.message.MetadataResponse;
import io.chapar.protocol.record.RecordBatchBuilder;
import io.chapar.protocol.record.compress.Compression;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Changes of the cluster on a slow disk: whoever said how long to wait is answered by then, with an error after which
/// it may be done or not, or with one that says that it is not.
class MetadataDeadlineScenarios {
    private static final short TIMED_OUT = ErrorCode.REQUEST_TIMED_OUT.code();
    private static final long SYNC_MS = 5_000;

    private final BrokerFixture broker = BrokerFixture.onOneLoop(Map.of());

    @BeforeEach
    void theDiskIsSlow() {
        broker.createTopic("t", 1);
        broker.settle();
        broker.disk().faults().syncDelayMs(SYNC_MS);
    }

    private Asked create(int timeoutMs, String... names) {
        List<CreateTopicsRequest.CreatableTopic> topics = new ArrayList<>();
        for (String name : names) {
            topics.add(CreateTopicsRequest.CreatableTopic.builder()
                    .name(name).numPartitions(1).replicationFactor((short) 1).build());
        }
        return broker.later(CreateTopicsRequest.builder().topics(topics).timeoutMs(timeoutMs).build(), 7);
    }

    private static List<Short> errors(Asked asked) {
        assertNotNull(asked.answer(), "answered by then");
        return ((CreateTopicsResponse) asked.answer()).topics().stream()
                .map(CreateTopicsResponse.CreatableTopicResult::errorCode).toList();
    }

    private static String reason(Asked asked) {
        return ((CreateTopicsResponse) asked.answer()).topics().getFirst().errorMessage();
    }

    @Test
    void aTopicWhoseCreationIsNotOverInTimeMayComeToBe() {
        Asked asked = create(1_000, "a");
        broker.advance(999);
        assertNull(asked.answer());
        broker.advance(1);
        assertEquals(List.of(TIMED_OUT), errors(asked));
        assertTrue(reason(asked).contains("whether it is done"), reason(asked));
        broker.advance(SYNC_MS);
        broker.disk().faults().syncDelayMs(0);
        assertEquals(List.of(ErrorCode.TOPIC_ALREADY_EXISTS.code()), errors(create(1_000, "a")));
    }

    @Test
    void whatWasNotBegunInTimeIsNotDone() {
        Asked first = create(60_000, "a");
        Asked second = create(1_000, "b");
        broker.advance(1_000);
        assertEquals(List.of(TIMED_OUT), errors(second));
        assertTrue(reason(second).startsWith("Nothing was done"), reason(second));
        broker.advance(SYNC_MS);
        assertEquals(List.of(ErrorCode.NONE.code()), errors(first));
        broker.disk().faults().syncDelayMs(0);
        assertEquals(List.of(ErrorCode.NONE.code()), errors(create(1_000, "b")));
    }

    /// The commands of one request have one time together.
    @Test
    void theRestOfALongRequestIsNotBegunWhenItsTimeIsOver() {
        String[] names = new String[150];
        for (int i = 0; i < names.length; i++) {
            names[i] = "many" + i;
        }
        Asked asked = create(2_000, names);
        broker.advance(2_000);
        List<Short> errors = errors(asked);
        assertEquals(names.length, errors.size());
        assertTrue(errors.stream().allMatch(error -> error == TIMED_OUT), errors::toString);
        broker.advance(SYNC_MS);
        broker.disk().faults().syncDelayMs(0);
        assertEquals(List.of(ErrorCode.TOPIC_ALREADY_EXISTS.code(), ErrorCode.NONE.code()),
                errors(create(1_000, "many0", "many149")));
    }

    @Test
    void deletionsAndMorePartitionsHaveTheirTimeToo() {
        Asked more = broker.later(CreatePartitionsRequest.builder()
                .topics(List.of(CreatePartitionsRequest.CreatePartitionsTopic.builder()
                        .name("t").count(2).assignments(null).build()))
                .timeoutMs(1_000).build(), 3);
        Asked deleted = broker.later(
                DeleteTopicsRequest.builder().topicNames(List.of("t")).timeoutMs(2_000).build(), 5);
        broker.advance(1_000);
        assertEquals(TIMED_OUT, ((CreatePartitionsResponse) more.answer()).results().getFirst().errorCode());
        assertNull(deleted.answer());
        broker.advance(1_000);
        assertEquals(TIMED_OUT, ((DeleteTopicsResponse) deleted.answer()).responses().getFirst().errorCode());
        broker.advance(SYNC_MS);
        assertEquals(0, broker.partition("t", 1).logEndOffset(), "it has more partitions, and was not deleted");
    }

    /// Who does not want to wait is told so, and it is done.
    @Test
    void noTimeIsNoReasonToDoNothing() {
        Asked asked = create(0, "a");
        Asked negative = create(-1, "b");
        broker.advance(1);
        assertEquals(List.of(TIMED_OUT), errors(asked));
        assertEquals(List.of(TIMED_OUT), errors(negative));
        broker.advance(SYNC_MS);
        broker.disk().faults().syncDelayMs(0);
        assertEquals(List.of(ErrorCode.TOPIC_ALREADY_EXISTS.code()), errors(create(1_000, "a")));
    }

    private static IncrementalAlterConfigsRequest.AlterConfigsResource keepShortly(String topic) {
        return new IncrementalAlterConfigsRequest.AlterConfigsResource((byte) 2, topic, List.of(
                new IncrementalAlterConfigsRequest.AlterableConfig("retention.ms", (byte) 0, "60000")));
    }

    /// Its client waits twice as long.
    @Test
    void settingsOfAllTopicsAreAnsweredInTimeThoughTheRequestNamesNone() {
        broker.disk().faults().syncDelayMs(0);
        broker.createTopic("u", 1);
        broker.settle();
        broker.disk().faults().syncDelayMs(10_000);
        Asked asked = broker.later(IncrementalAlterConfigsRequest.builder()
                .resources(List.of(keepShortly("t"), keepShortly("u"))).build(), 1);
        broker.advance(MetadataLog.TIMEOUT_MS);
        assertNotNull(asked.answer(), "answered by then");
        assertEquals(List.of(ErrorCode.NONE.code(), TIMED_OUT),
                ((IncrementalAlterConfigsResponse) asked.answer()).responses().stream()
                        .map(one -> one.errorCode()).toList());
    }

    @Test
    void aTopicThatIsUsedIsAnsweredForInTime() {
        broker.disk().faults().syncDelayMs(20_000);
        Asked asked = broker.later(MetadataRequest.builder()
                .topics(List.of(MetadataRequest.MetadataRequestTopic.builder().name("new").build()))
                .allowAutoTopicCreation(true).build(), 12);
        broker.advance(MetadataLog.TIMEOUT_MS);
        assertNotNull(asked.answer(), "answered by then");
        assertEquals(TIMED_OUT, ((MetadataResponse) asked.answer()).topics().getFirst().errorCode());
    }

    @Test
    void deletedRecordsHaveTheirTimeToo() {
        ByteBuffer batch = new RecordBatchBuilder(Compression.NONE)
                .append(broker.nowMs(), null, ByteBuffer.allocate(1)).build();
        broker.ask(WireProducer.plainProduce("t", 0, batch), 9);
        DeleteRecordsRequest request = DeleteRecordsRequest.builder()
                .topics(List.of(new DeleteRecordsRequest.DeleteRecordsTopic(
                        "t", List.of(new DeleteRecordsRequest.DeleteRecordsPartition(0, 1)))))
                .timeoutMs(1_000).build();
        Asked asked = broker.later(request, 2);
        broker.advance(999);
        assertNull(asked.answer());
        broker.advance(1);
        assertEquals(TIMED_OUT, error((DeleteRecordsResponse) asked.answer()));
        broker.advance(3 * SYNC_MS);
        broker.disk().faults().syncDelayMs(0);
        DeleteRecordsResponse again = (DeleteRecordsResponse) broker.ask(request, 2);
        assertEquals(ErrorCode.NONE.code(), error(again));
        assertEquals(1, again.topics().getFirst().partitions().getFirst().lowWatermark());
    }

    private static short error(DeleteRecordsResponse answer) {
        return answer.topics().getFirst().partitions().getFirst().errorCode();
    }
}

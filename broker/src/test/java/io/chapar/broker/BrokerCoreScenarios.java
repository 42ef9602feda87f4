package io.chapar.broker;

import io.chapar.protocol.BufferRecords;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.ApiVersionsRequest;
import io.chapar.protocol.message.ApiVersionsResponse;
import io.chapar.protocol.message.DeleteGroupsRequest;
import io.chapar.protocol.message.DeleteGroupsResponse;
import io.chapar.protocol.message.DeleteTopicsRequest;
import io.chapar.protocol.message.DescribeClusterRequest;
import io.chapar.protocol.message.DescribeClusterResponse;
import io.chapar.protocol.message.DescribeConfigsRequest;
import io.chapar.protocol.message.DescribeConfigsResponse;
import io.chapar.protocol.message.DescribeGroupsRequest;
import io.chapar.protocol.message.DescribeGroupsResponse;
import io.chapar.protocol.message.DescribeProducersRequest;
import io.chapar.protocol.message.DescribeProducersResponse;
import io.chapar.protocol.message.DescribeTransactionsRequest;
import io.chapar.protocol.message.DescribeTransactionsResponse;
import io.chapar.protocol.message.FetchRequest;
import io.chapar.protocol.message.FetchResponse;
import io.chapar.protocol.message.FindCoordinatorRequest;
import io.chapar.protocol.message.InitProducerIdRequest;
import io.chapar.protocol.message.ListTransactionsRequest;
import io.chapar.protocol.message.ListTransactionsResponse;
import io.chapar.protocol.message.OffsetFetchRequest;
import io.chapar.protocol.message.OffsetFetchResponse;
import io.chapar.protocol.message.ProduceRequest;
import io.chapar.protocol.message.ProduceResponse;
import io.chapar.protocol.record.RecordBatchBuilder;
import io.chapar.protocol.record.compress.Compression;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.UUID;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// The whole broker, but for its network, on one loop in virtual time and on a disk in memory.
class BrokerCoreScenarios {
    private static final UUID NO_ID = new UUID(0, 0);

    private final BrokerFixture broker = BrokerFixture.onOneLoop(Map.of());

    @BeforeEach
    void start() {
        broker.createTopic("t", 2);
    }

    private BrokerFixture.Asked produce(int partition, String value) {
        ByteBuffer batch = new RecordBatchBuilder(Compression.NONE)
                .append(broker.nowMs(), null, ByteBuffer.wrap(value.getBytes(StandardCharsets.UTF_8)))
                .build();
        return broker.later(new ProduceRequest(null, (short) -1, 1000, List.of(new ProduceRequest.TopicProduceData(
                "t", NO_ID, List.of(new ProduceRequest.PartitionProduceData(
                        partition, new BufferRecords(batch)))))), 9);
    }

    private static FetchRequest fetch(int session, int epoch, int minBytes, long... offsets) {
        List<FetchRequest.FetchPartition> partitions = new java.util.ArrayList<>();
        for (int i = 0; i < offsets.length; i++) {
            partitions.add(FetchRequest.FetchPartition.builder()
                    .partition(i).fetchOffset(offsets[i]).partitionMaxBytes(1 << 20).build());
        }
        return FetchRequest.builder()
                .maxWaitMs(500).minBytes(minBytes).maxBytes(1 << 20).sessionId(session).sessionEpoch(epoch)
                .topics(partitions.isEmpty() ? List.of() : List.of(new FetchRequest.FetchTopic("t", NO_ID, partitions)))
                .build();
    }

    @Test
    void aClientThatMeantAnotherNodeIsSentBackToItsBootstrap() {
        String cluster = ((DescribeClusterResponse) broker.ask(DescribeClusterRequest.DEFAULT, 0)).clusterId();
        assertEquals(ErrorCode.NONE.code(), versions(null, -1));
        assertEquals(ErrorCode.NONE.code(), versions(cluster, 1));
        assertEquals(ErrorCode.REBOOTSTRAP_REQUIRED.code(), versions(cluster, 2));
        assertEquals(ErrorCode.REBOOTSTRAP_REQUIRED.code(), versions("another", 1));
        assertEquals(ErrorCode.INVALID_REQUEST.code(), versions(cluster, -1));
        assertEquals(ErrorCode.INVALID_REQUEST.code(), versions(null, 1));
    }

    private short versions(String clusterId, int nodeId) {
        return ((ApiVersionsResponse) broker.ask(new ApiVersionsRequest("a", "1", clusterId, nodeId), 5)).errorCode();
    }

    @Test
    void aFetchWaitsForItsPartitionAndNoLonger() {
        BrokerFixture.Asked fetch = broker.later(fetch(0, -1, 1, 0, 0), 12);
        assertFalse(fetch.isEnded());
        broker.advance(100);
        assertFalse(fetch.isEnded());
        assertNotNull(produce(1, "v").answer());
        FetchResponse answer = (FetchResponse) fetch.answer();
        assertEquals(0, answer.responses().getFirst().partitions().get(0).records().sizeInBytes());
        assertTrue(answer.responses().getFirst().partitions().get(1).records().sizeInBytes() > 0);
    }

    @Test
    void aFetchGivesUpWhenItsTimeIsUp() {
        BrokerFixture.Asked fetch = broker.later(fetch(0, -1, 1, 0, 0), 12);
        broker.advance(499);
        assertFalse(fetch.isEnded());
        broker.advance(1);
        assertEquals(0, ((FetchResponse) fetch.answer()).responses().getFirst().partitions().getFirst()
                .records().sizeInBytes());
    }

    @Test
    void aFetchCollectsTheBytesItAskedFor() {
        BrokerFixture.Asked fetch = broker.later(fetch(0, -1, 150, 0, 0), 12);
        produce(0, "one");
        assertFalse(fetch.isEnded(), "one batch is too little");
        produce(1, "two");
        produce(0, "three");
        assertTrue(fetch.isEnded());
    }

    @Test
    void whoGoesAwayWaitsNoLonger() {
        BrokerFixture.Asked fetch = broker.later(fetch(0, -1, 1, 0, 0), 12);
        fetch.disconnect();
        broker.settle();
        assertTrue(fetch.isEnded());
        assertNull(fetch.answer());
        produce(0, "v");
        broker.advance(1000);
    }

    @Test
    void aSessionTellsOnlyNews() {
        produce(0, "v");
        FetchResponse full = (FetchResponse) broker.later(fetch(0, 0, 1, 0, 0), 12).answer();
        assertEquals(2, full.responses().getFirst().partitions().size());
        BrokerFixture.Asked next = broker.later(fetch(full.sessionId(), 1, 1, 1, 0), 12);
        assertFalse(next.isEnded());
        produce(1, "w");
        FetchResponse news = (FetchResponse) next.answer();
        assertEquals(1, news.responses().getFirst().partitions().size());
        assertEquals(1, news.responses().getFirst().partitions().getFirst().partitionIndex());
    }

    @Test
    void aTopicThatIsDeletedWakesItsReaders() {
        BrokerFixture.Asked fetch = broker.later(fetch(0, -1, 1, 0, 0), 12);
        BrokerFixture.Asked deleted = broker.later(DeleteTopicsRequest.builder().topicNames(List.of("t")).build(), 4);
        assertNotNull(deleted.answer());
        broker.advance(500);
        FetchResponse answer = (FetchResponse) fetch.answer();
        assertEquals(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION.code(),
                answer.responses().getFirst().partitions().getFirst().errorCode());
        ProduceResponse refused = (ProduceResponse) produce(0, "v").answer();
        assertEquals(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION.code(),
                refused.responses().getFirst().partitionResponses().getFirst().errorCode());
    }

    @Test
    void aRequestForManyGroupsIsAnsweredOneByOne() {
        List<String> names = java.util.stream.IntStream.range(0, 20_000).mapToObj(i -> "g" + i).toList();
        OffsetFetchResponse offsets = (OffsetFetchResponse) broker.later(OffsetFetchRequest.builder()
                .groups(names.stream().map(name -> OffsetFetchRequest.OffsetFetchRequestGroup.DEFAULT.toBuilder()
                        .groupId(name).topics(null).build()).toList())
                .build(), 9).answer();
        assertEquals(names.size(), offsets.groups().size());
        DescribeGroupsResponse described = (DescribeGroupsResponse) broker.later(
                DescribeGroupsRequest.builder().groups(names).build(), 5).answer();
        assertEquals(names.size(), described.groups().size());
        DeleteGroupsResponse deleted = (DeleteGroupsResponse) broker.later(
                DeleteGroupsRequest.builder().groupsNames(names).build(), 2).answer();
        assertEquals(names.size(), deleted.results().size());
    }

    /// An answer that is larger than its question is given once: a request of a few megabytes could else ask for more
    /// than there is memory for.
    @Test
    void whateverIsAskedForTwiceIsAnsweredOnce() {
        var resource = new DescribeConfigsRequest.DescribeConfigsResource((byte) 2, "t", null);
        DescribeConfigsResponse configs = (DescribeConfigsResponse) broker.later(
                DescribeConfigsRequest.builder().resources(List.of(resource, resource)).build(), 4).answer();
        assertEquals(1, configs.results().size());
        DescribeGroupsResponse groups = (DescribeGroupsResponse) broker.later(
                DescribeGroupsRequest.builder().groups(List.of("g", "g", "h")).build(), 5).answer();
        assertEquals(List.of("g", "h"), groups.groups().stream().map(one -> one.groupId()).toList());
        var group = OffsetFetchRequest.OffsetFetchRequestGroup.DEFAULT.toBuilder().groupId("g").topics(null).build();
        OffsetFetchResponse offsets = (OffsetFetchResponse) broker.later(
                OffsetFetchRequest.builder().groups(List.of(group, group)).build(), 9).answer();
        assertEquals(1, offsets.groups().size());
        DescribeTransactionsResponse transactions = (DescribeTransactionsResponse) broker.later(
                new DescribeTransactionsRequest(List.of("x", "y", "x")), 0).answer();
        assertEquals(2, transactions.transactionStates().size());
        DescribeProducersResponse producers = (DescribeProducersResponse) broker.later(
                new DescribeProducersRequest(List.of(
                        new DescribeProducersRequest.TopicRequest("t", List.of(0, 0, 7)),
                        new DescribeProducersRequest.TopicRequest("t", List.of(7, 0)))), 0).answer();
        assertEquals(1, producers.topics().size());
        assertEquals(List.of(0, 7), producers.topics().getFirst().partitions().stream()
                .map(one -> one.partitionIndex()).toList());
    }

    private ListTransactionsResponse list(String pattern) {
        return (ListTransactionsResponse) broker.later(
                ListTransactionsRequest.builder().transactionalIdPattern(pattern).build(), 2).answer();
    }

    private List<String> begunFor(long moreThanMs) {
        ListTransactionsResponse listed = (ListTransactionsResponse) broker.later(
                ListTransactionsRequest.builder().durationFilter(moreThanMs).build(), 2).answer();
        return listed.transactionStates().stream().map(one -> one.transactionalId()).toList();
    }

    /// As at Kafka: when it was begun counts, and not whether it is over.
    @Test
    void transactionsAreListedByHowLongAgoTheyWereBegun() {
        broker.createCoordinators();
        WireProducer ended = WireProducer.ofVersion2(broker, "ended");
        ended.init();
        ended.write("t", 0, "v");
        ended.end(true);
        WireProducer open = WireProducer.ofVersion2(broker, "open");
        open.init();
        open.write("t", 0, "v");
        WireProducer.ofVersion2(broker, "none").init();
        assertEquals(List.of("ended", "none", "open"), begunFor(-1));
        assertEquals(List.of("none"), begunFor(500));
        broker.advance(501);
        assertEquals(List.of("ended", "none", "open"), begunFor(500));
    }

    @Test
    void idleProducersAreForgottenAsOftenAsIsSaid() {
        BrokerFixture forgetful = BrokerFixture.onOneLoop(Map.of(
                "producer.id.expiration.ms", "1000", "producer.id.expiration.check.interval.ms", "500"));
        forgetful.createTopic("t", 1);
        forgetful.createCoordinators();
        WireProducer producer = WireProducer.ofVersion2(forgetful, "x");
        producer.init();
        producer.write("t", 0, "v");
        producer.end(true);
        assertEquals(1, forgetful.partition("t", 0).producers());
        forgetful.advance(900);
        assertEquals(1, forgetful.partition("t", 0).producers());
        forgetful.advance(1_200);
        assertEquals(0, forgetful.partition("t", 0).producers());
    }

    /// The loop has other work.
    @Test
    void aPatternThatTakesTooLongIsRefused() {
        broker.later(FindCoordinatorRequest.builder().keyType((byte) 1).coordinatorKeys(List.of("t")).build(), 4);
        broker.later(InitProducerIdRequest.builder()
                .transactionalId("a".repeat(30_000)).transactionTimeoutMs(1000).build(), 4);
        for (String pattern : List.of("(?:(?:){2147483647}){2147483647}", "(?:.{900})*", "(".repeat(15_000) + "a")) {
            assertEquals(ErrorCode.INVALID_REGULAR_EXPRESSION.code(), list(pattern).errorCode());
        }
        assertEquals(1, list("(a|b)*").transactionStates().size());
        assertEquals(0, list("(|)".repeat(5) + "(a*)*b").transactionStates().size());
    }

    @Test
    void aPartitionNamedTwiceIsRefusedOnce() {
        ByteBuffer batch = new RecordBatchBuilder(Compression.NONE)
                .append(broker.nowMs(), null, ByteBuffer.wrap(new byte[1]))
                .build();
        var partition = new ProduceRequest.PartitionProduceData(0, new BufferRecords(batch));
        ProduceResponse answer = (ProduceResponse) broker.later(new ProduceRequest(null, (short) 1, 1000, List.of(
                new ProduceRequest.TopicProduceData("t", NO_ID, List.of(partition, partition)))), 9).answer();
        var partitions = answer.responses().getFirst().partitionResponses();
        assertEquals(ErrorCode.NONE.code(), partitions.get(0).errorCode());
        assertEquals(ErrorCode.INVALID_REQUEST.code(), partitions.get(1).errorCode());
    }
}

package io.chapar.broker;

import io.chapar.protocol.message.CreateTopicsRequest;
import io.chapar.protocol.message.DescribeConfigsRequest;
import io.chapar.protocol.message.DescribeGroupsRequest;
import io.chapar.protocol.message.DescribeTransactionsRequest;
import io.chapar.protocol.message.FindCoordinatorRequest;
import io.chapar.protocol.message.IncrementalAlterConfigsRequest;
import io.chapar.protocol.message.ListOffsetsRequest;
import io.chapar.protocol.message.MetadataRequest;
import io.chapar.protocol.message.Request;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// A request about many things takes many turns of its loop, others of which come in between.
class BrokerLargeRequestScenarios {
    private static final int ITEMS = 5_000;
    /// Of so many things in one turn at the most.
    private static final int PER_TURN = 500;

    record Large(Request request, int version) {
        @Override
        public String toString() {
            return request.getClass().getSimpleName();
        }
    }

    private static <T> List<T> many(IntFunction<T> one) {
        return IntStream.range(0, ITEMS).mapToObj(one).toList();
    }

    private static Large of(Request request, int version) {
        return new Large(request, version);
    }

    static Stream<Large> requests() {
        return Stream.of(
                of(FindCoordinatorRequest.builder().coordinatorKeys(many(i -> "g" + i)).build(), 4),
                of(DescribeGroupsRequest.builder().groups(many(i -> "g" + i)).build(), 6),
                of(DescribeTransactionsRequest.builder().transactionalIds(many(i -> "x" + i)).build(), 0),
                of(MetadataRequest.builder().allowAutoTopicCreation(false).topics(many(i ->
                        new MetadataRequest.MetadataRequestTopic(new UUID(0, 0), "t" + i))).build(), 12),
                of(ListOffsetsRequest.builder().topics(List.of(new ListOffsetsRequest.ListOffsetsTopic("t", many(i ->
                        new ListOffsetsRequest.ListOffsetsPartition(i, -1, -1))))).build(), 7),
                of(DescribeConfigsRequest.builder().resources(many(i ->
                        new DescribeConfigsRequest.DescribeConfigsResource((byte) 2, "t" + i, null))).build(), 4),
                of(IncrementalAlterConfigsRequest.builder().resources(many(i ->
                        new IncrementalAlterConfigsRequest.AlterConfigsResource((byte) 2, "t" + i, List.of())))
                        .build(), 1),
                of(CreateTopicsRequest.builder().validateOnly(true).topics(many(i ->
                        CreateTopicsRequest.CreatableTopic.builder().name("t" + i).numPartitions(1)
                                .replicationFactor((short) 1).build())).build(), 7));
    }

    @ParameterizedTest
    @MethodSource("requests")
    void manyThingsTakeManyTurns(Large large) {
        BrokerFixture broker = BrokerFixture.onOneLoop(Map.of());
        broker.ask(FindCoordinatorRequest.builder().keyType((byte) 1).coordinatorKeys(List.of("x")).build(), 4);
        broker.ask(FindCoordinatorRequest.builder().coordinatorKeys(List.of("g")).build(), 4);
        BrokerFixture.Asked asked = broker.begin(large.request(), large.version());
        int turns = 0;
        while (!asked.isEnded()) {
            assertTrue(broker.step());
            turns++;
        }
        assertNull(asked.closedBecause());
        assertNotNull(asked.answer());
        assertTrue(turns >= ITEMS / PER_TURN, "all in " + turns + " turns");
    }
}

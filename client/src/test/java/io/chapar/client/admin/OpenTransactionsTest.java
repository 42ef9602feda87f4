package io.chapar.client.admin;

import io.chapar.client.ClientConfig;
import io.chapar.client.ConfigReader;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.message.DescribeProducersResponse;
import io.chapar.protocol.message.ListTransactionsResponse;
import io.chapar.protocol.message.MetadataResponse;
import io.chapar.protocol.message.MetadataResponse.MetadataResponseBroker;
import io.chapar.protocol.message.MetadataResponse.MetadataResponsePartition;
import io.chapar.protocol.message.MetadataResponse.MetadataResponseTopic;
import io.chapar.protocol.message.Response;
import io.chapar.transport.Call;
import io.chapar.transport.CallResult;
import io.chapar.transport.ClientRuntime;
import io.chapar.transport.FinalizedFeatures;
import io.chapar.transport.Node;
import io.chapar.transport.Transport;
import org.junit.jupiter.api.Test;

import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.IntStream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// What is said of a partition's open transaction that no coordinator in session knows, by who leads the coordinators'
/// two partitions.
final class OpenTransactionsTest {
    private static final int NOBODY = -1;
    private static final long WRITTEN_MS = 1_000_000;

    private volatile int[] leaders = {1, 1};
    private volatile int[] leadersAfter = {1, 1};
    private volatile int epochAfter;
    private volatile boolean isListed;

    private Response answer(Call call) {
        return switch (call.api()) {
            case METADATA -> MetadataResponse.builder().controllerId(1).clusterId("c")
                    .brokers(List.of(MetadataResponseBroker.builder().nodeId(1).host("127.0.0.1").port(1).build()))
                    .topics(List.of(topic("orders", new int[] {1}, 0), topic("__transaction_state",
                            isListed ? leadersAfter : leaders, isListed ? epochAfter : 0)))
                    .build();
            case DESCRIBE_PRODUCERS -> DescribeProducersResponse.builder().topics(List.of(
                    DescribeProducersResponse.TopicResponse.builder().name("orders").partitions(List.of(
                            DescribeProducersResponse.PartitionResponse.builder().partitionIndex(0)
                                    .activeProducers(List.of(DescribeProducersResponse.ProducerState.builder()
                                            .producerId(7).producerEpoch(0).lastTimestamp(WRITTEN_MS)
                                            .currentTxnStartOffset(3).build()))
                                    .build())).build())).build();
            case LIST_TRANSACTIONS -> {
                isListed = true;
                yield ListTransactionsResponse.builder().build();
            }
            default -> throw new IllegalStateException(call.api().toString());
        };
    }

    private static MetadataResponseTopic topic(String name, int[] leaders, int epoch) {
        return MetadataResponseTopic.builder().name(name).partitions(IntStream.range(0, leaders.length)
                .mapToObj(number -> MetadataResponsePartition.builder().partitionIndex(number)
                        .leaderId(leaders[number]).leaderEpoch(epoch)
                        .errorCode(leaders[number] < 0 ? ErrorCode.LEADER_NOT_AVAILABLE.code() : 0)
                        .build()).toList()).build();
    }

    private OpenTransaction open() {
        ClientConfig config = ClientConfig.read(new ConfigReader(Map.of("bootstrap.servers", "127.0.0.1:1")), "test");
        ClientRuntime real = ClientRuntime.open(config.connections(), "open-transactions");
        try (Admin admin = Admin.open(config, new ClientRuntime(real.loop(), new Transport() {
            @Override
            public void send(Node node, Call call, Consumer<CallResult> done) {
                real.loop().execute(() -> done.accept(new CallResult.Answered(answer(call), (short) 0)));
            }

            @Override
            public FinalizedFeatures features() {
                return real.transport().features();
            }

            @Override
            public short agreedVersion(Node node, Call call) {
                return -1;
            }

            @Override
            public void close() {
                real.transport().close();
            }
        }, real.random(), _ -> { }, real::close))) {
            return admin.openTransactions(List.of(new TopicPartition("orders", 0))).getFirst();
        }
    }

    private void isUntold() {
        OpenTransaction one = open();
        assertFalse(one.hangs());
        assertTrue(one.isUntold());
        assertEquals("Unknown", one.state());
        assertEquals(-1, one.startMs());
    }

    @Test
    void whatAllWereAskedAboutAndNobodyKnowsHangs() {
        OpenTransaction one = open();
        assertTrue(one.hangs());
        assertFalse(one.isUntold());
        assertTrue(one.isYoung(WRITTEN_MS + 900, 900));
        assertFalse(one.isYoung(WRITTEN_MS + 901, 900));
    }

    @Test
    void aCoordinatorThatIsAwayMayKnowIt() {
        leaders = new int[] {1, NOBODY};
        leadersAfter = leaders;
        isUntold();
    }

    @Test
    void aCoordinatorThatCameMeanwhileMayKnowIt() {
        leaders = new int[] {1, NOBODY};
        isUntold();
    }

    @Test
    void aCoordinatorThatMovedMeanwhileMayNotHaveBeenAsked() {
        epochAfter = 1;
        isUntold();
    }
}

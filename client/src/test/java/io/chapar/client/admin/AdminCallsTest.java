package io.chapar.client.admin;

import io.chapar.client.ClientConfig;
import io.chapar.client.ConfigReader;
import io.chapar.client.RetriableException;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.ApiKey;
import io.chapar.protocol.message.CreateTopicsResponse;
import io.chapar.protocol.message.CreateTopicsResponse.CreatableTopicResult;
import io.chapar.protocol.message.DescribeTransactionsResponse;
import io.chapar.protocol.message.FindCoordinatorResponse;
import io.chapar.protocol.message.InitProducerIdResponse;
import io.chapar.protocol.message.MetadataResponse;
import io.chapar.protocol.message.MetadataResponse.MetadataResponseBroker;
import io.chapar.protocol.message.Response;
import io.chapar.protocol.message.UnregisterBrokerResponse;
import io.chapar.transport.Call;
import io.chapar.transport.CallResult;
import io.chapar.transport.ClientRuntime;
import io.chapar.transport.FinalizedFeatures;
import io.chapar.transport.Node;
import io.chapar.transport.Transport;
import org.junit.jupiter.api.Test;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// What a call comes to that is asked more than once.
class AdminCallsTest {
    private static final String REASON = "Nothing was done: the metadata log cannot be written (No space left)";

    /// The last of these again and again.
    private final Deque<Supplier<CallResult>> answers = new ArrayDeque<>();

    /// @param withinMs how long a call may take
    private Admin open(int withinMs) {
        ClientConfig config = ClientConfig.read(new ConfigReader(Map.of("bootstrap.servers", "127.0.0.1:1",
                "default.api.timeout.ms", withinMs, "request.timeout.ms", withinMs - 100, "retry.backoff.ms", 10)),
                "test");
        ClientRuntime real = ClientRuntime.open(config.connections(), "admin-calls");
        return Admin.open(config, new ClientRuntime(real.loop(), new Transport() {
            @Override
            public void send(Node node, Call call, Consumer<CallResult> done) {
                real.loop().execute(() -> done.accept(answer(call)));
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
        }, real.random(), _ -> { }, real::close));
    }

    private CallResult answer(Call call) {
        return call.api() == ApiKey.METADATA ? answered(MetadataResponse.builder().controllerId(1).clusterId("c")
                .brokers(List.of(MetadataResponseBroker.builder().nodeId(1).host("127.0.0.1").port(1).build()))
                .build()).get() : (answers.size() > 1 ? answers.removeFirst() : answers.getFirst()).get();
    }

    private static Supplier<CallResult> answered(Response response) {
        return answered(response, 0);
    }

    private static Supplier<CallResult> answered(Response response, int version) {
        return () -> new CallResult.Answered(response, (short) version);
    }

    private static Supplier<CallResult> lost() {
        return () -> new CallResult.NoAnswer(CallResult.Reason.LOST, "gone");
    }

    @Test
    void whoeverWaitedInVainIsToldWhatTheBrokerSaidLast() {
        answers.add(answered(CreateTopicsResponse.builder().topics(List.of(CreatableTopicResult.builder().name("t")
                .errorCode(ErrorCode.KAFKA_STORAGE_ERROR.code()).errorMessage(REASON).build())).build()));
        try (Admin admin = open(1_000)) {
            String said = assertThrows(RetriableException.class,
                    () -> admin.createTopics(List.of(new NewTopic("t", 1, 1, Map.of())))).getMessage();
            assertTrue(said.endsWith("KAFKA_STORAGE_ERROR, " + REASON), said);
        }
    }

    @Test
    void whatALostAnswerMeantIsDone() {
        answers.add(lost());
        answers.add(answered(UnregisterBrokerResponse.builder()
                .errorCode(ErrorCode.BROKER_ID_NOT_REGISTERED.code()).build()));
        try (Admin admin = open(60_000)) {
            assertEquals(new AdminResult.Done<>(AdminResult.Success.SUCCESS), admin.unregisterBroker(4));
            assertEquals(ErrorCode.BROKER_ID_NOT_REGISTERED,
                    ((AdminResult.Refused<AdminResult.Success>) admin.unregisterBroker(4)).error());
        }
    }

    /// Of version 1, where the next transaction has the same pair.
    @Test
    void onlyThePreparedTransactionThatWasSeenIsCommitted() {
        answers.add(answered(FindCoordinatorResponse.builder().coordinators(List.of(FindCoordinatorResponse.Coordinator
                .builder().key("id").nodeId(1).host("127.0.0.1").port(1).build())).build(), 4));
        answers.add(answered(InitProducerIdResponse.builder().producerId(7).producerEpoch((short) 4)
                .ongoingTxnProducerId(7).ongoingTxnProducerEpoch((short) 3).build(), 6));
        answers.add(answered(DescribeTransactionsResponse.builder().transactionStates(List.of(
                DescribeTransactionsResponse.TransactionState.builder().transactionalId("id")
                        .transactionState("Ongoing").producerId(7).producerEpoch((short) 3)
                        .transactionStartTimeMs(2_000).build())).build(), 0));
        try (Admin admin = open(5_000)) {
            AdminResult<AdminResult.Success> done = admin.commitPrepared(new TransactionDescription("id", "Ongoing", 7,
                    (short) 3, Integer.MAX_VALUE, 1_000, new Node(1, "127.0.0.1", 1), List.of(), null, null));
            assertEquals(ErrorCode.INVALID_TXN_STATE, ((AdminResult.Refused<AdminResult.Success>) done).error());
        }
    }
}

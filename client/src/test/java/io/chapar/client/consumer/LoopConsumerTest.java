package io.chapar.client.consumer;

import io.chapar.client.OffsetAndMetadata;
import io.chapar.client.RetriableException;
import io.chapar.client.UnknownOutcomeException;
import io.chapar.client.UsageException;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.message.ApiKey;
import io.chapar.protocol.message.FindCoordinatorResponse;
import io.chapar.protocol.message.OffsetCommitResponse;
import io.chapar.transport.ClientRuntime;
import org.junit.jupiter.api.Test;

import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;

import static io.chapar.client.consumer.CoreFixture.failure;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// What becomes of calls that are under way when a consumer is given up.
final class LoopConsumerTest {
    private static final TopicPartition P0 = new TopicPartition("t", 0);

    private final TestLoop loop = new TestLoop();
    private final Script script = new Script(loop);
    private final LoopConsumer consumer = new LoopConsumer(
            ConsumerConfig.builder("broker1:9092").groupId("g").build(),
            new ClientRuntime(loop, script, new SplittableRandom(1), _ -> { }, () -> { }));

    LoopConsumerTest() {
        script.rule(ApiKey.FIND_COORDINATOR, (_, _) -> FindCoordinatorResponse.builder()
                .coordinators(List.of(FindCoordinatorResponse.Coordinator.builder()
                        .key("g").nodeId(1).host("broker1").port(9092).build()))
                .build());
    }

    private CompletableFuture<Void> commit(long offset) {
        CompletableFuture<Void> done = consumer.commit(Map.of(P0, new OffsetAndMetadata(offset)));
        loop.settle();
        return done;
    }

    @Test
    void nobodyKnowsWhatBecomesOfItsCommits() {
        CompletableFuture<Void> sent = commit(1);
        CompletableFuture<Void> behind = commit(2);
        Script.Exchange late = script.expect(ApiKey.OFFSET_COMMIT);
        consumer.drop();
        assertInstanceOf(UnknownOutcomeException.class, failure(sent));
        assertInstanceOf(UnknownOutcomeException.class, failure(behind));
        late.answer(OffsetCommitResponse.builder().build());
        assertInstanceOf(UnknownOutcomeException.class, failure(sent));
    }

    @Test
    void whatItAskedIsNotAnswered() {
        CompletableFuture<?> asked = consumer.committed(List.of(P0));
        loop.settle();
        assertFalse(asked.isDone());
        consumer.drop();
        assertInstanceOf(RetriableException.class, failure(asked));
    }

    @Test
    void nothingCanBeAskedOfItAfterwards() {
        consumer.drop();
        assertInstanceOf(UsageException.class, failure(commit(1)));
        assertInstanceOf(UsageException.class, failure(consumer.committed(List.of(P0))));
    }

    @Test
    void aCommitThatHasEndedStaysAsItIs() {
        CompletableFuture<Void> sent = commit(1);
        script.expect(ApiKey.OFFSET_COMMIT).answer(OffsetCommitResponse.builder().build());
        assertTrue(sent.isDone() && !sent.isCompletedExceptionally());
        consumer.drop();
        assertFalse(sent.isCompletedExceptionally());
    }
}

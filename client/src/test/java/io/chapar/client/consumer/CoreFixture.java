package io.chapar.client.consumer;

import io.chapar.protocol.BufferRecords;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.message.ApiKey;
import io.chapar.protocol.message.FetchRequest;
import io.chapar.protocol.message.FetchResponse;
import io.chapar.protocol.message.FindCoordinatorResponse;
import io.chapar.protocol.message.ListOffsetsResponse;
import io.chapar.protocol.message.MetadataRequest;
import io.chapar.protocol.message.MetadataResponse;
import io.chapar.protocol.message.Response;
import io.chapar.transport.ClientRuntime;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// One consumer's cores on virtual time, with brokers 1 and 2 played by a [Script]. Metadata and coordinator look-ups
/// are answered by what stands in the fields here; everything else waits for the test.
final class CoreFixture {
    static final TopicPartition P0 = new TopicPartition("t", 0);
    static final TopicPartition P1 = new TopicPartition("t", 1);
    static final int SESSION = 77;

    final TestLoop loop = new TestLoop();
    final Script script = new Script(loop);
    final ConsumerCore core;
    int partitions = 2;
    int leader = 1;
    int leaderEpoch = Batches.EPOCH;
    int coordinator = 1;
    /// Topics of the last request for metadata.
    final List<String> asked = new ArrayList<>();
    UUID topicId = new UUID(7, 7);

    private CoreFixture(ConsumerConfig config) {
        script.rule(ApiKey.METADATA, (node, exchange) -> {
            asked.clear();
            exchange.as(MetadataRequest.class).topics().forEach(topic -> asked.add(topic.name()));
            return metadata();
        });
        script.rule(ApiKey.FIND_COORDINATOR, (node, exchange) -> FindCoordinatorResponse.builder()
                .coordinators(List.of(FindCoordinatorResponse.Coordinator.builder()
                        .key("g").nodeId(coordinator).host("broker" + coordinator).port(9092).build()))
                .build());
        core = new ConsumerCore(config, new ClientRuntime(loop, script, new SplittableRandom(1),
                listener -> { }, () -> { }));
        core.metadata().refresh();
        loop.settle();
    }

    static CoreFixture with(Consumer<ConsumerConfig.Builder> settings) {
        ConsumerConfig.Builder builder = ConsumerConfig.builder("broker1:9092").offsetReset(OffsetReset.EARLIEST);
        settings.accept(builder);
        return new CoreFixture(builder.build());
    }

    private MetadataResponse metadata() {
        List<MetadataResponse.MetadataResponsePartition> parts = new ArrayList<>();
        for (int i = 0; i < partitions; i++) {
            parts.add(MetadataResponse.MetadataResponsePartition.builder()
                    .partitionIndex(i).leaderId(leader).leaderEpoch(leaderEpoch).build());
        }
        List<MetadataResponse.MetadataResponseBroker> brokers = new ArrayList<>();
        for (int id = 1; id <= 2; id++) {
            brokers.add(MetadataResponse.MetadataResponseBroker.builder()
                    .nodeId(id).host("broker" + id).port(9092).build());
        }
        return MetadataResponse.builder()
                .brokers(brokers)
                .topics(List.of(MetadataResponse.MetadataResponseTopic.builder()
                        .name("t").topicId(topicId).partitions(parts).build()))
                .build();
    }

    /// Brokers begin to tell something else, and the client asks them.
    void metadataChanges() {
        core.metadata().refresh();
        loop.advance(2_000);
    }

    void assign(TopicPartition... wanted) {
        core.assign(new java.util.TreeSet<>(List.of(wanted)));
        loop.settle();
    }

    CompletableFuture<ConsumerCore.Turn> poll(long ms) {
        CompletableFuture<ConsumerCore.Turn> done = new CompletableFuture<>();
        core.poll(true, loop.nowMs() + ms, done);
        loop.settle();
        return done;
    }

    /// What a poll gives that does not have to wait.
    ConsumerCore.Turn pollNow() {
        CompletableFuture<ConsumerCore.Turn> done = poll(0);
        assertTrue(done.isDone());
        return done.join();
    }

    <E extends GroupEvent> E event(Class<E> type) {
        return assertInstanceOf(type, pollNow().event());
    }

    void acknowledge(GroupEvent event) {
        core.membership().acknowledge(event);
        loop.settle();
    }

    static Throwable failure(CompletableFuture<?> done) {
        assertTrue(done.isCompletedExceptionally(), () -> "ended with " + done);
        try {
            done.get();
            throw new AssertionError("did not fail");
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        } catch (ExecutionException e) {
            return e.getCause();
        }
    }

    /// Answers a look-up of all partitions it asks for with this offset.
    void answerOffset(long offset, int epoch) {
        Script.Exchange asked = script.expect(ApiKey.LIST_OFFSETS);
        var topic = asked.as(io.chapar.protocol.message.ListOffsetsRequest.class).topics().getFirst();
        List<ListOffsetsResponse.ListOffsetsPartitionResponse> answers = topic.partitions().stream()
                .map(one -> ListOffsetsResponse.ListOffsetsPartitionResponse.builder()
                        .partitionIndex(one.partitionIndex()).offset(offset).leaderEpoch(epoch).build())
                .toList();
        asked.answer(ListOffsetsResponse.builder()
                .topics(List.of(ListOffsetsResponse.ListOffsetsTopicResponse.builder()
                        .name(topic.name()).partitions(answers).build()))
                .build());
    }

    Script.Exchange expectFetch() {
        return script.expect(ApiKey.FETCH);
    }

    void noFetch() {
        assertFalse(script.poll(ApiKey.FETCH) != null, "a fetch was sent");
    }

    /// What a request names, by partition.
    static SortedMap<Integer, FetchRequest.FetchPartition> named(Script.Exchange fetch) {
        SortedMap<Integer, FetchRequest.FetchPartition> named = new TreeMap<>();
        fetch.as(FetchRequest.class).topics().forEach(topic ->
                topic.partitions().forEach(one -> named.put(one.partition(), one)));
        return named;
    }

    static FetchResponse.PartitionData.Builder data(int partition) {
        return FetchResponse.PartitionData.builder().partitionIndex(partition).records(BufferRecords.EMPTY);
    }

    static FetchResponse.PartitionData data(int partition, ByteBuffer records) {
        return data(partition).records(new BufferRecords(records)).build();
    }

    static FetchResponse.PartitionData error(int partition, ErrorCode error) {
        return data(partition).errorCode(error.code()).build();
    }

    Response fetched(FetchResponse.PartitionData... parts) {
        return FetchResponse.builder().sessionId(SESSION)
                .responses(List.of(FetchResponse.FetchableTopicResponse.builder()
                        .topicId(topicId).topic("t").partitions(List.of(parts)).build()))
                .build();
    }
}

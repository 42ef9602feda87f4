package io.chapar.broker;

import io.chapar.protocol.BufferRecords;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.DescribeProducersRequest;
import io.chapar.protocol.message.DescribeProducersResponse;
import io.chapar.protocol.message.FetchRequest;
import io.chapar.protocol.message.FetchResponse;
import io.chapar.protocol.message.FetchResponse.AbortedTransaction;
import io.chapar.protocol.message.FetchResponse.PartitionData;
import io.chapar.protocol.message.OffsetFetchRequest;
import io.chapar.protocol.message.OffsetFetchResponse;
import io.chapar.protocol.record.EndTxnMarker;
import io.chapar.protocol.record.Record;
import io.chapar.protocol.record.RecordBatch;
import io.chapar.protocol.record.RecordBatches;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;

import static org.junit.jupiter.api.Assertions.assertEquals;

/// A topic as readers see it through Fetch.
public record TopicView(BrokerFixture broker, String topic) {
    private static final UUID NO_ID = new UUID(0, 0);

    /// The values that a reader of committed data gets from a partition, in order.
    public List<String> committed(int partition) {
        return values(partition, true);
    }

    /// The values that a reader of everything gets.
    public List<String> everything(int partition) {
        return values(partition, false);
    }

    public long lastStableOffset(int partition) {
        return fetch(partition, 0, true).lastStableOffset();
    }

    public long highWatermark(int partition) {
        return fetch(partition, 0, true).highWatermark();
    }

    /// Nothing holds a reader of committed data back.
    public void assertNothingOpen(int partition) {
        PartitionData data = fetch(partition, 0, true);
        assertEquals(data.highWatermark(), data.lastStableOffset(), () -> "open in " + topic + "-" + partition);
    }

    /// The group's part of every transaction is ended as well.
    public void assertNothingOpenInOffsets() {
        new TopicView(broker, "__consumer_offsets").assertNothingOpen(0);
    }

    private List<String> values(int partition, boolean committed) {
        List<String> values = new ArrayList<>();
        Set<Long> dropping = new LinkedHashSet<>();
        long offset = 0;
        while (true) {
            PartitionData data = fetch(partition, offset, committed);
            long from = offset;
            List<AbortedTransaction> aborted =
                    committed ? new ArrayList<>(data.abortedTransactions()) : new ArrayList<>();
            for (RecordBatch batch : RecordBatches.of(((BufferRecords) data.records()).bytes())) {
                while (!aborted.isEmpty() && aborted.getFirst().firstOffset() <= batch.lastOffset()) {
                    dropping.add(aborted.removeFirst().producerId());
                }
                if (batch.isControl()) {
                    EndTxnMarker marker = EndTxnMarker.of(batch);
                    if (!marker.commit()) {
                        dropping.remove(batch.producerId());
                    }
                } else if (!(batch.isTransactional() && dropping.contains(batch.producerId()))) {
                    for (Record record : batch.records()) {
                        values.add(StandardCharsets.UTF_8.decode(record.value()).toString());
                    }
                }
                offset = batch.nextOffset();
            }
            if (offset == from) {
                return values;
            }
        }
    }

    private PartitionData fetch(int partition, long offset, boolean committed) {
        FetchResponse answer = (FetchResponse) broker.ask(FetchRequest.builder()
                .maxWaitMs(0).minBytes(0).maxBytes(1 << 20).isolationLevel((byte) (committed ? 1 : 0))
                .sessionId(0).sessionEpoch(-1)
                .topics(List.of(new FetchRequest.FetchTopic(topic, NO_ID, List.of(FetchRequest.FetchPartition.builder()
                        .partition(partition).fetchOffset(offset).partitionMaxBytes(1 << 20).build()))))
                .build(), 12);
        PartitionData data = answer.responses().getFirst().partitions().getFirst();
        assertEquals(ErrorCode.NONE.code(), data.errorCode());
        return data;
    }

    /// The producers of a partition as its leader describes them, sorted by id.
    public List<DescribeProducersResponse.ProducerState> producers(int partition) {
        DescribeProducersResponse answer = (DescribeProducersResponse) broker.ask(new DescribeProducersRequest(
                List.of(new DescribeProducersRequest.TopicRequest(topic, List.of(partition)))), 0);
        List<DescribeProducersResponse.ProducerState> producers =
                new ArrayList<>(answer.topics().getFirst().partitions().getFirst().activeProducers());
        producers.sort(java.util.Comparator.comparingLong(DescribeProducersResponse.ProducerState::producerId));
        return producers;
    }

    /// What a group has committed for a partition; -1 for nothing, `-1000 - code` for an error.
    public long groupOffset(String group, int partition, boolean stable) {
        OffsetFetchResponse answer = (OffsetFetchResponse) broker.ask(OffsetFetchRequest.builder()
                .groups(List.of(OffsetFetchRequest.OffsetFetchRequestGroup.builder()
                        .groupId(group)
                        .topics(List.of(new OffsetFetchRequest.OffsetFetchRequestTopics(
                                topic, NO_ID, List.of(partition))))
                        .build()))
                .requireStable(stable)
                .build(), 9);
        assertEquals(ErrorCode.NONE.code(), answer.groups().getFirst().errorCode());
        var found = answer.groups().getFirst().topics().getFirst().partitions().getFirst();
        return found.errorCode() == 0 ? found.committedOffset() : -1000 - found.errorCode();
    }
}

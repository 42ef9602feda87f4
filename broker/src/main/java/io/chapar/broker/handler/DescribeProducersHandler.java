package io.chapar.broker.handler;

import io.chapar.broker.partition.Partition;
import io.chapar.broker.request.RequestContext;
import io.chapar.broker.runtime.Slices;
import io.chapar.broker.shard.Shard;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.message.DescribeProducersRequest;
import io.chapar.protocol.message.DescribeProducersRequest.TopicRequest;
import io.chapar.protocol.message.DescribeProducersResponse;
import io.chapar.protocol.message.DescribeProducersResponse.PartitionResponse;
import io.chapar.protocol.message.DescribeProducersResponse.ProducerState;
import io.chapar.protocol.message.DescribeProducersResponse.TopicResponse;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.SequencedMap;
import java.util.SequencedSet;

/// The producers that partitions remember, with their open transactions; of each partition once. A replica that its
/// disk took offline says so, whoever leads. Version 0.
final class DescribeProducersHandler {
    private static final int COST = 20;

    private final LocalBroker node;

    DescribeProducersHandler(LocalBroker node) {
        this.node = node;
    }

    void handle(DescribeProducersRequest request, RequestContext context) {
        SequencedMap<String, SequencedSet<Integer>> asked = new LinkedHashMap<>();
        for (TopicRequest topic : request.topics()) {
            asked.computeIfAbsent(topic.name(), _ -> new LinkedHashSet<>()).addAll(topic.partitionIndexes());
        }
        List<TopicPartition> items = new ArrayList<>();
        asked.forEach((topic, indexes) -> indexes.forEach(index -> items.add(new TopicPartition(topic, index))));
        List<PartitionResponse> answers = new ArrayList<>();
        AnswerSize size = new AnswerSize(context);
        Slices.inTurn(context.loop(), items, _ -> COST,
                (item, next) -> FanOut.<TopicPartition, PartitionResponse>over(
                        node.shards(), context.loop(), List.of(item), id -> id,
                        (shard, id, answer) -> answer.accept(one(shard, id)),
                        answered -> {
                            answers.addAll(answered);
                            int producers = answered.getFirst().activeProducers().size();
                            if (size.grows(1 + producers, "more producers than fit into one answer")) {
                                next.run();
                            }
                        }),
                () -> context.afford(size.elements(), () -> context.reply(DescribeProducersResponse.builder()
                        .topics(FanOut.byTopic(List.copyOf(asked.entrySet()), topic -> topic.getValue().size(), answers,
                                (topic, producers) -> new TopicResponse(topic.getKey(), producers)))
                        .build())));
    }

    private static PartitionResponse one(Shard shard, TopicPartition id) {
        int index = id.partition();
        Partition partition = shard.partition(id);
        if (partition == null) {
            ErrorCode absence = shard.absence(id);
            return new PartitionResponse(index, absence.code(), absence == ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
                    ? "This partition does not exist." : "Another broker has this partition.", List.of());
        }
        String offline = partition.offlineReason();
        if (offline != null) {
            return new PartitionResponse(index, ErrorCode.KAFKA_STORAGE_ERROR.code(), offline, List.of());
        }
        if (partition.refusal() != ErrorCode.NONE) {
            return new PartitionResponse(index, partition.refusal().code(), partition.refusalReason(), List.of());
        }
        List<ProducerState> producers = new ArrayList<>();
        partition.describeProducers().forEach(p -> producers.add(new ProducerState(
                p.producerId(), p.producerEpoch(), p.lastSequence(), p.lastTimestamp(), p.coordinatorEpoch(),
                p.currentTxnStartOffset())));
        return new PartitionResponse(index, ErrorCode.NONE.code(), null, producers);
    }
}

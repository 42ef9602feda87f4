package io.chapar.broker.handler;

import io.chapar.broker.partition.Partition;
import io.chapar.broker.runtime.Slices;
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

/// The producers that partitions remember, with their open transactions; of each partition once. Version 0.
final class DescribeProducersHandler {
    private static final int COST = 20;

    private final Node node;

    DescribeProducersHandler(Node node) {
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
                (item, next) -> Spread.<TopicPartition, PartitionResponse>over(
                        node.shards(), context.loop(), List.of(item), id -> id,
                        (shard, id, answer) -> answer.accept(one(shard.partition(id), id.partition())),
                        answered -> {
                            answers.addAll(answered);
                            int producers = answered.getFirst().activeProducers().size();
                            if (size.grows(1 + producers, "more producers than fit into one answer")) {
                                next.run();
                            }
                        }),
                () -> context.afford(size.elements(), () -> context.reply(DescribeProducersResponse.builder()
                        .topics(Spread.byTopic(List.copyOf(asked.entrySet()), topic -> topic.getValue().size(), answers,
                                (topic, producers) -> new TopicResponse(topic.getKey(), producers)))
                        .build())));
    }

    private static PartitionResponse one(Partition partition, int index) {
        if (partition == null) {
            return new PartitionResponse(
                    index, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION.code(), "This partition does not exist.", List.of());
        }
        if (partition.offlineReason() != null) {
            return new PartitionResponse(
                    index, ErrorCode.KAFKA_STORAGE_ERROR.code(), partition.offlineReason(), List.of());
        }
        List<ProducerState> producers = new ArrayList<>();
        partition.describeProducers().forEach(p -> producers.add(new ProducerState(
                p.producerId(), p.producerEpoch(), p.lastSequence(), p.lastTimestamp(), p.coordinatorEpoch(),
                p.currentTxnStartOffset())));
        return new PartitionResponse(index, ErrorCode.NONE.code(), null, producers);
    }
}

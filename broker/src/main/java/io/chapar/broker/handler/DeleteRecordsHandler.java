package io.chapar.broker.handler;

import io.chapar.broker.metadata.InternalTopics;
import io.chapar.broker.partition.Partition;
import io.chapar.broker.runtime.Shard;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.message.DeleteRecordsRequest;
import io.chapar.protocol.message.DeleteRecordsRequest.DeleteRecordsPartition;
import io.chapar.protocol.message.DeleteRecordsRequest.DeleteRecordsTopic;
import io.chapar.protocol.message.DeleteRecordsResponse;
import io.chapar.protocol.message.DeleteRecordsResponse.DeleteRecordsPartitionResult;
import io.chapar.protocol.message.DeleteRecordsResponse.DeleteRecordsTopicResult;

import java.util.ArrayList;
import java.util.List;

/// Moves the start of logs forward. Versions 0-2. Offset -1 stands for the high watermark.
final class DeleteRecordsHandler {
    /// As [io.chapar.broker.runtime.Slices] counts it: each writes a file.
    private static final int COST = 50;

    private final Node node;

    DeleteRecordsHandler(Node node) {
        this.node = node;
    }

    private record Item(TopicPartition id, long offset) {}

    void handle(DeleteRecordsRequest request, RequestContext context) {
        List<Item> items = new ArrayList<>();
        for (DeleteRecordsTopic topic : request.topics()) {
            for (DeleteRecordsPartition partition : topic.partitions()) {
                items.add(new Item(new TopicPartition(topic.name(), partition.partitionIndex()), partition.offset()));
            }
        }
        Spread.<Item, DeleteRecordsPartitionResult>over(node.shards(), context.loop(), items, Item::id, _ -> COST,
                (shard, item, answer) -> answer.accept(one(shard, item)),
                answers -> context.reply(DeleteRecordsResponse.builder()
                        .topics(Spread.byTopic(request.topics(), topic -> topic.partitions().size(), answers,
                                (topic, results) -> new DeleteRecordsTopicResult(topic.name(), results)))
                        .build()));
    }

    private static DeleteRecordsPartitionResult one(Shard shard, Item item) {
        int index = item.id().partition();
        if (InternalTopics.isInternal(item.id().topic())) {
            return new DeleteRecordsPartitionResult(index, -1, ErrorCode.INVALID_TOPIC_EXCEPTION.code());
        }
        Partition partition = shard.partition(item.id());
        if (partition == null) {
            return new DeleteRecordsPartitionResult(index, -1, shard.absence(item.id()).code());
        }
        ErrorCode error = partition.deleteRecordsBefore(item.offset());
        return new DeleteRecordsPartitionResult(
                index, error == ErrorCode.NONE ? partition.logStartOffset() : -1, error.code());
    }
}

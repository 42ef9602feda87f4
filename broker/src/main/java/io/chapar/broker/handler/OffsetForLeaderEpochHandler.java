package io.chapar.broker.handler;

import io.chapar.broker.partition.EpochEnd;
import io.chapar.broker.partition.Partition;
import io.chapar.broker.request.RequestContext;
import io.chapar.broker.shard.Shard;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.message.OffsetForLeaderEpochRequest;
import io.chapar.protocol.message.OffsetForLeaderEpochRequest.OffsetForLeaderPartition;
import io.chapar.protocol.message.OffsetForLeaderEpochRequest.OffsetForLeaderTopic;
import io.chapar.protocol.message.OffsetForLeaderEpochResponse;
import io.chapar.protocol.message.OffsetForLeaderEpochResponse.EpochEndOffset;
import io.chapar.protocol.message.OffsetForLeaderEpochResponse.OffsetForLeaderTopicResult;

import java.util.ArrayList;
import java.util.List;

/// Where leader epochs ended, so that a reader notices that the log it knew has been cut. Versions 2-4.
final class OffsetForLeaderEpochHandler {
    private final LocalBroker node;

    OffsetForLeaderEpochHandler(LocalBroker node) {
        this.node = node;
    }

    private record Item(TopicPartition id, OffsetForLeaderPartition asked) {}

    void handle(OffsetForLeaderEpochRequest request, RequestContext context) {
        List<Item> items = new ArrayList<>();
        for (OffsetForLeaderTopic topic : request.topics()) {
            for (OffsetForLeaderPartition partition : topic.partitions()) {
                items.add(new Item(new TopicPartition(topic.topic(), partition.partition()), partition));
            }
        }
        FanOut.<Item, EpochEndOffset>over(node.shards(), context.loop(), items, Item::id,
                (shard, item, answer) -> answer.accept(one(shard, item)),
                answers -> context.reply(OffsetForLeaderEpochResponse.builder()
                        .topics(FanOut.byTopic(request.topics(), topic -> topic.partitions().size(), answers,
                                (topic, ends) -> new OffsetForLeaderTopicResult(topic.topic(), ends)))
                        .build()));
    }

    private static EpochEndOffset one(Shard shard, Item item) {
        Partition partition = shard.partition(item.id());
        OffsetForLeaderPartition asked = item.asked();
        if (partition == null) {
            return new EpochEndOffset(shard.absence(item.id()).code(), asked.partition(), -1, -1);
        }
        EpochEnd end = partition.endOffsetForEpoch(asked.currentLeaderEpoch(), asked.leaderEpoch());
        return new EpochEndOffset(end.error().code(), asked.partition(), end.epoch(), end.endOffset());
    }
}

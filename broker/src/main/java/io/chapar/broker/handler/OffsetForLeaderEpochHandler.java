package io.chapar.broker.handler;

import io.chapar.broker.partition.EpochEnd;
import io.chapar.broker.partition.LeadershipProof;
import io.chapar.broker.partition.Partition;
import io.chapar.broker.request.RequestContext;
import io.chapar.broker.shard.Shard;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.message.OffsetForLeaderEpochRequest;
import io.chapar.protocol.message.OffsetForLeaderEpochRequest.OffsetForLeaderPartition;
import io.chapar.protocol.message.OffsetForLeaderEpochRequest.OffsetForLeaderTopic;
import io.chapar.protocol.message.OffsetForLeaderEpochResponse;
import io.chapar.protocol.message.OffsetForLeaderEpochResponse.EpochEndOffset;
import io.chapar.protocol.message.OffsetForLeaderEpochResponse.OffsetForLeaderTopicResult;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

import static java.util.Objects.requireNonNull;

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
        // Each touched on its shard's loop alone.
        Map<Shard, LeadershipProof> proofs = new LinkedHashMap<>();
        node.shards().all().forEach(shard -> proofs.put(shard, new LeadershipProof(shard.loop())));
        FanOut.<Item, EpochEndOffset>over(node.shards(), context.loop(), items, Item::id,
                (shard, item, answer) -> one(shard, item, requireNonNull(proofs.get(shard), "one each"), answer),
                answers -> context.reply(OffsetForLeaderEpochResponse.builder()
                        .topics(FanOut.byTopic(request.topics(), topic -> topic.partitions().size(), answers,
                                (topic, ends) -> new OffsetForLeaderTopicResult(topic.topic(), ends)))
                        .build()));
    }

    /// An epoch that the leader does not know sends a reader back to the beginning: another broker may have led since,
    /// and this one not have heard of it.
    private static void one(Shard shard, Item item, LeadershipProof proof, Consumer<EpochEndOffset> answer) {
        Partition partition = shard.partition(item.id());
        int number = item.asked().partition();
        if (partition == null) {
            answer.accept(new EpochEndOffset(shard.absence(item.id()).code(), number, -1, -1));
            return;
        }
        EpochEnd end = end(partition, item);
        if (end.error() == ErrorCode.NONE && end.endOffset() < 0) {
            proof.ask(partition, still -> {
                EpochEnd latest = end(partition, item);
                boolean unsure = !still && latest.error() == ErrorCode.NONE;
                answer.accept(unsure
                        ? new EpochEndOffset(ErrorCode.OFFSET_NOT_AVAILABLE.code(), number, -1, -1)
                        : answer(number, latest));
            });
        } else {
            answer.accept(answer(number, end));
        }
    }

    private static EpochEnd end(Partition partition, Item item) {
        return partition.endOffsetForEpoch(item.asked().currentLeaderEpoch(), item.asked().leaderEpoch());
    }

    private static EpochEndOffset answer(int number, EpochEnd end) {
        return new EpochEndOffset(end.error().code(), number, end.epoch(), end.endOffset());
    }
}

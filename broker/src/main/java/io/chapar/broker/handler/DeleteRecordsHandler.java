package io.chapar.broker.handler;

import io.chapar.broker.metadata.InternalTopics;
import io.chapar.broker.partition.Partition;
import io.chapar.broker.request.RequestContext;
import io.chapar.broker.runtime.Loop;
import io.chapar.broker.shard.Shard;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.message.DeleteRecordsRequest;
import io.chapar.protocol.message.DeleteRecordsRequest.DeleteRecordsPartition;
import io.chapar.protocol.message.DeleteRecordsRequest.DeleteRecordsTopic;
import io.chapar.protocol.message.DeleteRecordsResponse;
import io.chapar.protocol.message.DeleteRecordsResponse.DeleteRecordsPartitionResult;
import io.chapar.protocol.message.DeleteRecordsResponse.DeleteRecordsTopicResult;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/// Moves the start of logs forward. Versions 0-2. Offset -1 stands for the high watermark.
final class DeleteRecordsHandler {
    /// As [io.chapar.broker.runtime.Slices] counts it: each writes a file.
    private static final int COST = 50;

    private final LocalBroker node;

    DeleteRecordsHandler(LocalBroker node) {
        this.node = node;
    }

    private record Item(TopicPartition id, long offset) {}

    void handle(DeleteRecordsRequest request, RequestContext context) {
        long deadlineMs = context.deadlineMs(request.timeoutMs());
        List<Item> items = new ArrayList<>();
        for (DeleteRecordsTopic topic : request.topics()) {
            for (DeleteRecordsPartition partition : topic.partitions()) {
                items.add(new Item(new TopicPartition(topic.name(), partition.partitionIndex()), partition.offset()));
            }
        }
        FanOut.<Item, DeleteRecordsPartitionResult>over(node.shards(), context.loop(), items, Item::id, _ -> COST,
                (shard, item, answer) -> one(shard, item, deadlineMs, answer),
                answers -> context.reply(DeleteRecordsResponse.builder()
                        .topics(FanOut.byTopic(request.topics(), topic -> topic.partitions().size(), answers,
                                (topic, results) -> new DeleteRecordsTopicResult(topic.name(), results)))
                        .build()));
    }

    private static void one(
            Shard shard, Item item, long deadlineMs, Consumer<DeleteRecordsPartitionResult> answer) {
        int index = item.id().partition();
        if (InternalTopics.isInternal(item.id().topic())) {
            answer.accept(refused(index, ErrorCode.INVALID_TOPIC_EXCEPTION));
            return;
        }
        Partition partition = shard.partition(item.id());
        if (partition == null) {
            answer.accept(refused(index, shard.absence(item.id())));
            return;
        }
        Once once = new Once(answer);
        partition.deleteRecordsBefore(item.offset(), error -> once.accept(error == ErrorCode.NONE
                ? new DeleteRecordsPartitionResult(index, partition.logStartOffset(), error.code())
                : refused(index, error)));
        if (!once.answered) {
            Loop loop = shard.loop();
            once.timer = loop.schedule(Math.max(0, deadlineMs - loop.nowMs()),
                    () -> once.accept(refused(index, ErrorCode.REQUEST_TIMED_OUT)));
        }
    }

    /// Done, or not known to be done when the time is over, whichever comes first.
    private static final class Once {
        private final Consumer<DeleteRecordsPartitionResult> answer;
        private Loop.@Nullable Timer timer;
        private boolean answered;

        Once(Consumer<DeleteRecordsPartitionResult> answer) {
            this.answer = answer;
        }

        void accept(DeleteRecordsPartitionResult result) {
            if (!answered) {
                answered = true;
                if (timer != null) {
                    timer.cancel();
                }
                answer.accept(result);
            }
        }
    }

    private static DeleteRecordsPartitionResult refused(int index, ErrorCode error) {
        return new DeleteRecordsPartitionResult(index, -1, error.code());
    }
}

package io.chapar.broker.handler;

import io.chapar.broker.partition.Isolation;
import io.chapar.broker.partition.OffsetAtTime;
import io.chapar.broker.partition.Partition;
import io.chapar.broker.request.RequestContext;
import io.chapar.broker.runtime.Slices;
import io.chapar.broker.shard.Shard;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.message.ListOffsetsRequest;
import io.chapar.protocol.message.ListOffsetsRequest.ListOffsetsPartition;
import io.chapar.protocol.message.ListOffsetsResponse;
import io.chapar.protocol.message.ListOffsetsResponse.ListOffsetsPartitionResponse;
import io.chapar.protocol.message.ListOffsetsResponse.ListOffsetsTopicResponse;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/// Offsets by time. Versions 1-11.
///
/// v4 has leader epochs. Times below zero are special: -1 the end, -2 the beginning, -3 (v7) the largest timestamp, -4
/// (v8) the beginning of what is on this disk, -5 (v9) the end of what is elsewhere, -6 (v11) the beginning of what is
/// not yet elsewhere. Nothing is elsewhere here. From v2 on "the end" is the last stable offset for who reads
/// committed. A leader that does not know yet whether all is committed that it began with says so (v5 has an error of
/// its own for it): an earlier one may have told of more. Who asks as replica -2 is told where the log of this very
/// replica ends, whoever leads.
final class ListOffsetsHandler {
    static final long LATEST_TIERED = -5;
    static final long EARLIEST_PENDING_UPLOAD = -6;
    private static final short FIRST_WITH_EPOCH = 4;
    private static final short FIRST_WITH_NOT_AVAILABLE = 5;
    private static final int ANY_REPLICA = -2;
    private static final long LATEST = -1;
    private static final long EARLIEST = -2;
    private static final long EARLIEST_LOCAL = -4;

    private final LocalBroker node;

    ListOffsetsHandler(LocalBroker node) {
        this.node = node;
    }

    private record Item(TopicPartition id, ListOffsetsPartition asked, boolean twice) {}

    void handle(ListOffsetsRequest request, RequestContext context) {
        List<Item> items = new ArrayList<>();
        Set<TopicPartition> seen = new LinkedHashSet<>();
        Slices.each(context.loop(), request.topics(), topic -> 1 + topic.partitions().size(),
                topic -> {
                    for (ListOffsetsPartition partition : topic.partitions()) {
                        TopicPartition id = new TopicPartition(topic.name(), partition.partitionIndex());
                        items.add(new Item(id, partition, !seen.add(id)));
                    }
                },
                () -> find(request, items, context));
    }

    private void find(ListOffsetsRequest request, List<Item> items, RequestContext context) {
        Isolation isolation = Isolation.of(request.isolationLevel());
        FanOut.<Item, ListOffsetsPartitionResponse>inTurn(node.shards(), context.loop(), items, Item::id,
                (shard, item, answer) -> {
                    if (request.replicaId() == ANY_REPLICA && item.asked().timestamp() == LATEST) {
                        answer.accept(logEnd(shard, item));
                    } else {
                        one(shard, item, isolation, context.apiVersion(), answer);
                    }
                },
                answers -> context.reply(ListOffsetsResponse.builder()
                        .topics(FanOut.byTopic(request.topics(), topic -> topic.partitions().size(), answers,
                                (topic, found) -> new ListOffsetsTopicResponse(topic.name(), found)))
                        .build()));
    }

    private static void one(
            Shard shard, Item item, Isolation isolation, short version, Consumer<ListOffsetsPartitionResponse> answer) {
        long time = item.asked().timestamp();
        Partition partition = shard.partition(item.id());
        if (item.twice()) {
            answer.accept(refused(item, ErrorCode.INVALID_REQUEST));
        } else if (partition == null) {
            answer.accept(refused(item, shard.absence(item.id())));
        } else if (time < lowestTime(version)) {
            answer.accept(refused(item, ErrorCode.UNSUPPORTED_VERSION));
        } else if (time == LATEST_TIERED || time == EARLIEST_PENDING_UPLOAD) {
            answer.accept(refused(item, ErrorCode.NONE));
        } else {
            partition.offsetForTimestamp(time == EARLIEST_LOCAL ? EARLIEST : time, isolation,
                    item.asked().currentLeaderEpoch(), found -> answer.accept(answer(item, found, version)));
        }
    }

    private static ListOffsetsPartitionResponse logEnd(Shard shard, Item item) {
        Partition partition = shard.partition(item.id());
        if (partition == null) {
            return refused(item, shard.absence(item.id()));
        }
        return partition.offlineReason() != null ? refused(item, ErrorCode.KAFKA_STORAGE_ERROR)
                : new ListOffsetsPartitionResponse(
                        item.id().partition(), ErrorCode.NONE.code(), -1, partition.logEndOffset(), -1);
    }

    private static ListOffsetsPartitionResponse answer(Item item, OffsetAtTime found, short version) {
        return switch (found) {
            case OffsetAtTime.Found f -> new ListOffsetsPartitionResponse(
                    item.id().partition(), ErrorCode.NONE.code(), f.timestamp(), f.offset(),
                    version >= FIRST_WITH_EPOCH ? f.leaderEpoch() : -1);
            case OffsetAtTime.None _ -> refused(item, ErrorCode.NONE);
            case OffsetAtTime.Refused r -> refused(item,
                    r.error() == ErrorCode.OFFSET_NOT_AVAILABLE && version < FIRST_WITH_NOT_AVAILABLE
                            ? ErrorCode.LEADER_NOT_AVAILABLE : r.error());
        };
    }

    private static long lowestTime(short version) {
        if (version >= 11) {
            return EARLIEST_PENDING_UPLOAD;
        }
        if (version >= 9) {
            return LATEST_TIERED;
        }
        if (version >= 8) {
            return EARLIEST_LOCAL;
        }
        return version >= 7 ? -3 : EARLIEST;
    }

    private static ListOffsetsPartitionResponse refused(Item item, ErrorCode error) {
        return new ListOffsetsPartitionResponse(item.id().partition(), error.code(), -1, -1, -1);
    }
}

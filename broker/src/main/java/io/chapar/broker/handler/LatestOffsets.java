package io.chapar.broker.handler;

import io.chapar.broker.coordinator.Caller;
import io.chapar.broker.metadata.PartitionImage;
import io.chapar.broker.partition.Partition;
import io.chapar.broker.peer.Peers;
import io.chapar.broker.shard.Shard;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.message.ListOffsetsRequest;
import io.chapar.protocol.message.ListOffsetsRequest.ListOffsetsPartition;
import io.chapar.protocol.message.ListOffsetsRequest.ListOffsetsTopic;
import io.chapar.protocol.message.ListOffsetsResponse;

import java.util.List;
import java.util.function.LongConsumer;

/// Where partitions end, wherever they are led.
final class LatestOffsets {
    static final long UNKNOWN = -1;
    private static final short VERSION = 11;

    private final LocalBroker node;
    private final Peers peers;

    LatestOffsets(LocalBroker node, Peers peers) {
        this.node = node;
        this.peers = peers;
    }

    /// `done` runs on the caller's loop, with [#UNKNOWN] where nobody says.
    void of(TopicPartition id, PartitionImage image, Caller caller, LongConsumer done) {
        if (image.leader() != node.id()) {
            ListOffsetsRequest request = ListOffsetsRequest.builder().replicaId(-1).topics(List.of(
                    new ListOffsetsTopic(id.topic(), List.of(ListOffsetsPartition.DEFAULT.toBuilder()
                            .partitionIndex(id.partition()).currentLeaderEpoch(-1).timestamp(Partition.LATEST)
                            .build())))).build();
            peers.ask(image.leader(), request, VERSION, caller.loop(), caller.deadlineMs(), asked ->
                    done.accept(asked instanceof Peers.Answered(ListOffsetsResponse answer)
                            ? offset(answer) : UNKNOWN));
            return;
        }
        Shard shard = node.shards().of(id);
        shard.loop().run(() -> {
            Partition partition = shard.partition(id);
            long end = partition == null || partition.refusal() != ErrorCode.NONE ? UNKNOWN : partition.highWatermark();
            caller.loop().run(() -> done.accept(end));
        });
    }

    private static long offset(ListOffsetsResponse answer) {
        return answer.topics().stream().flatMap(topic -> topic.partitions().stream())
                .filter(one -> one.errorCode() == ErrorCode.NONE.code())
                .mapToLong(ListOffsetsResponse.ListOffsetsPartitionResponse::offset).findFirst().orElse(UNKNOWN);
    }
}

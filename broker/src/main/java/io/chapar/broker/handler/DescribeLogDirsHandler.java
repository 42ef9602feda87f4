package io.chapar.broker.handler;

import io.chapar.broker.log.disk.Disk;
import io.chapar.broker.metadata.ClusterImage;
import io.chapar.broker.metadata.TopicImage;
import io.chapar.broker.partition.Partition;
import io.chapar.broker.request.RequestContext;
import io.chapar.broker.shard.Shard;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.message.DescribeLogDirsRequest;
import io.chapar.protocol.message.DescribeLogDirsRequest.DescribableLogDirTopic;
import io.chapar.protocol.message.DescribeLogDirsResponse;
import io.chapar.protocol.message.DescribeLogDirsResponse.DescribeLogDirsPartition;
import io.chapar.protocol.message.DescribeLogDirsResponse.DescribeLogDirsResult;
import io.chapar.protocol.message.DescribeLogDirsResponse.DescribeLogDirsTopic;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.SequencedMap;
import java.util.Set;

/// The replicas of this broker, how large they are, and how far they are behind what they know to be committed.
/// Versions 1-5; 4 has the size of the disk. There is one folder, and none that replicas are on their way to.
final class DescribeLogDirsHandler {
    private static final int COST = 5;
    private static final long UNKNOWN = -1;

    private final LocalBroker node;

    DescribeLogDirsHandler(LocalBroker node) {
        this.node = node;
    }

    /// @param bytes null where it is not here
    private record Found(TopicPartition id, @Nullable Long bytes, long lag) {}

    void handle(DescribeLogDirsRequest request, RequestContext context) {
        List<TopicPartition> asked = asked(request.topics());
        context.afford((long) asked.size() * 2, () -> FanOut.<TopicPartition, Found>over(
                node.shards(), context.loop(), asked, id -> id, _ -> COST,
                (shard, id, answer) -> answer.accept(found(shard, id)),
                found -> answer(found, context)));
    }

    private List<TopicPartition> asked(@Nullable List<DescribableLogDirTopic> topics) {
        ClusterImage image = node.image();
        Set<TopicPartition> asked = new LinkedHashSet<>();
        if (topics == null) {
            image.topics().values().forEach(topic -> {
                for (int i = 0; i < topic.partitions(); i++) {
                    addIfHere(topic, i, asked);
                }
            });
        } else {
            for (DescribableLogDirTopic one : topics) {
                TopicImage topic = image.topic(one.topic());
                if (topic != null) {
                    one.partitions().forEach(index -> addIfHere(topic, index, asked));
                }
            }
        }
        return List.copyOf(asked);
    }

    private void addIfHere(TopicImage topic, int partition, Set<TopicPartition> asked) {
        if (topic.hasPartition(partition) && topic.partition(partition).replicas().contains(node.id())) {
            asked.add(new TopicPartition(topic.name(), partition));
        }
    }

    private static Found found(Shard shard, TopicPartition id) {
        Partition partition = shard.partition(id);
        return partition == null ? new Found(id, null, 0) : new Found(id, partition.sizeInBytes(),
                Math.max(0, partition.highWatermark() - partition.logEndOffset()));
    }

    private void answer(List<Found> found, RequestContext context) {
        Disk disk = node.shards().folder().disk();
        long[] bytes = {UNKNOWN, UNKNOWN};
        disk.runLater(() -> {
            bytes[0] = disk.totalBytes();
            bytes[1] = disk.usableBytes();
        }, context.loop(), _ -> context.reply(DescribeLogDirsResponse.builder().results(List.of(
                DescribeLogDirsResult.builder()
                        .errorCode(ErrorCode.NONE.code())
                        .logDir(node.config().dataFolder().toAbsolutePath().toString())
                        .topics(byTopic(found))
                        .totalBytes(bytes[0])
                        .usableBytes(bytes[1])
                        .isCordoned(node.image().settings().isDrained(node.id()))
                        .build())).build()));
    }

    private static List<DescribeLogDirsTopic> byTopic(List<Found> found) {
        SequencedMap<String, List<DescribeLogDirsPartition>> byTopic = new LinkedHashMap<>();
        for (Found one : found) {
            if (one.bytes() != null) {
                byTopic.computeIfAbsent(one.id().topic(), _ -> new ArrayList<>()).add(new DescribeLogDirsPartition(
                        one.id().partition(), one.bytes(), one.lag(), false));
            }
        }
        return byTopic.entrySet().stream()
                .map(topic -> new DescribeLogDirsTopic(topic.getKey(), topic.getValue())).toList();
    }
}

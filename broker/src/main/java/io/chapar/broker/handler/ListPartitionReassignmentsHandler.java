package io.chapar.broker.handler;

import io.chapar.broker.metadata.ClusterImage;
import io.chapar.broker.metadata.PartitionImage;
import io.chapar.broker.metadata.Reassignment;
import io.chapar.broker.metadata.TopicImage;
import io.chapar.broker.request.RequestContext;
import io.chapar.broker.runtime.Slices;
import io.chapar.protocol.message.ListPartitionReassignmentsRequest;
import io.chapar.protocol.message.ListPartitionReassignmentsRequest.ListPartitionReassignmentsTopics;
import io.chapar.protocol.message.ListPartitionReassignmentsResponse;
import io.chapar.protocol.message.ListPartitionReassignmentsResponse.OngoingPartitionReassignment;
import io.chapar.protocol.message.ListPartitionReassignmentsResponse.OngoingTopicReassignment;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.SequencedMap;
import java.util.SequencedSet;

/// Whose replicas move, or wait to. Version 0. Those that wait to be added are told as added, though they are no
/// replicas yet. What is not reassigned, or not there, is left out.
final class ListPartitionReassignmentsHandler {
    /// Of one partition: its lists, with three brokers each.
    private static final int ELEMENTS = 10;

    private final LocalBroker node;

    ListPartitionReassignmentsHandler(LocalBroker node) {
        this.node = node;
    }

    void handle(ListPartitionReassignmentsRequest request, RequestContext context) {
        ClusterImage image = node.image();
        SequencedMap<String, List<OngoingPartitionReassignment>> found = new LinkedHashMap<>();
        int[] count = new int[1];
        Slices.each(context.loop(), asked(request.topics(), image), one -> 1 + one.partitions().size() / 20,
                one -> {
                    List<OngoingPartitionReassignment> ongoing = ongoing(one);
                    if (!ongoing.isEmpty()) {
                        count[0] += ongoing.size();
                        found.put(one.topic().name(), ongoing);
                    }
                },
                () -> context.afford((long) count[0] * ELEMENTS, () -> context.reply(
                        ListPartitionReassignmentsResponse.builder().errorMessage(null).topics(found.entrySet().stream()
                                .map(topic -> new OngoingTopicReassignment(topic.getKey(), topic.getValue())).toList())
                                .build())));
    }

    private record Asked(TopicImage topic, SequencedSet<Integer> partitions) {}

    /// Each topic once.
    private static List<Asked> asked(
            @Nullable List<ListPartitionReassignmentsTopics> topics, ClusterImage image) {
        List<Asked> asked = new ArrayList<>();
        if (topics == null) {
            for (TopicImage topic : image.topics().values()) {
                SequencedSet<Integer> all = new LinkedHashSet<>();
                for (int i = 0; i < topic.partitions(); i++) {
                    if (topic.partition(i).reassignment() != null) {
                        all.add(i);
                    }
                }
                asked.add(new Asked(topic, all));
            }
            return asked;
        }
        SequencedMap<String, SequencedSet<Integer>> named = new LinkedHashMap<>();
        topics.forEach(topic -> named.computeIfAbsent(topic.name(), _ -> new LinkedHashSet<>())
                .addAll(topic.partitionIndexes()));
        named.forEach((name, partitions) -> {
            TopicImage topic = image.topic(name);
            if (topic != null) {
                asked.add(new Asked(topic, partitions));
            }
        });
        return asked;
    }

    private static List<OngoingPartitionReassignment> ongoing(Asked asked) {
        List<OngoingPartitionReassignment> ongoing = new ArrayList<>();
        for (int index : asked.partitions()) {
            PartitionImage partition = asked.topic().hasPartition(index) ? asked.topic().partition(index) : null;
            Reassignment reassignment = partition == null ? null : partition.reassignment();
            if (partition != null && reassignment != null) {
                ongoing.add(new OngoingPartitionReassignment(
                        index, partition.replicas(), reassignment.adds(), reassignment.removes()));
            }
        }
        return ongoing;
    }
}

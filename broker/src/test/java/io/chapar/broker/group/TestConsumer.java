package io.chapar.broker.group;

import io.chapar.broker.group.GroupCommand.CommitOffsets;
import io.chapar.broker.group.GroupCommand.ConsumerHeartbeat;
import io.chapar.broker.group.GroupCommand.Offset;
import io.chapar.broker.group.GroupReply.Beat;
import io.chapar.broker.group.GroupReply.PerPartition;
import io.chapar.broker.group.consumer.PartitionSet;
import io.chapar.broker.group.consumer.Standing.Owned;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;

/// A member of a group of the consumer protocol that behaves as a client does: it gives up what it is not told to have
/// any more, takes what it is told, and says so with its next heartbeat.
final class TestConsumer {
    static final int REBALANCE_MS = 20_000;

    private final GroupLab lab;
    String id;
    String instanceId;
    SortedSet<String> topics;
    String regex = "";
    String assignor;
    int epoch = 0;
    /// As `topic-partition`, by the labels of topics.
    final SortedSet<String> owned = new TreeSet<>();
    private SortedSet<String> said;
    private boolean saysAll = true;
    Beat last;

    TestConsumer(GroupLab lab, String id, String... topics) {
        this.lab = lab;
        this.id = id;
        this.topics = new TreeSet<>(List.of(topics));
    }

    TestConsumer as(String instance) {
        instanceId = instance;
        return this;
    }

    /// A heartbeat with what there is to say.
    ConsumerHeartbeat next() {
        boolean join = epoch == 0;
        boolean all = join || saysAll;
        return new ConsumerHeartbeat(
                "g", id, epoch, instanceId, null, "app", "/127.0.0.1", all ? REBALANCE_MS : -1,
                all ? topics : null, all ? regex : null, all ? assignor : null,
                join ? List.of() : all || !owned.equals(said) ? wire(owned) : null);
    }

    static List<Owned> wire(Set<String> partitions) {
        Map<String, List<Integer>> byTopic = new LinkedHashMap<>();
        for (String one : partitions) {
            int at = one.lastIndexOf('-');
            byTopic.computeIfAbsent(one.substring(0, at), _ -> new ArrayList<>())
                    .add(Integer.parseInt(one.substring(at + 1)));
        }
        List<Owned> all = new ArrayList<>();
        byTopic.forEach((topic, numbers) -> all.add(new Owned(TestTopics.id(topic), numbers)));
        return all;
    }

    /// The answer, or null while it is held back.
    Beat beat() {
        long request = send();
        return lab.reply(request) == null ? null : take(request);
    }

    long send() {
        if (epoch == 0) {
            owned.clear();
        }
        ConsumerHeartbeat heartbeat = next();
        said = new TreeSet<>(owned);
        return lab.submit(heartbeat);
    }

    Beat take(long request) {
        last = (Beat) lab.reply(request);
        switch (last.error()) {
            case NONE -> {
                epoch = last.memberEpoch();
                saysAll = false;
                if (last.assignment() != null) {
                    owned.clear();
                    owned.addAll(names(last.assignment()));
                }
            }
            case UNKNOWN_MEMBER_ID, FENCED_MEMBER_EPOCH, GROUP_ID_NOT_FOUND -> {
                epoch = 0;
                owned.clear();
                saysAll = true;
            }
            default -> saysAll = true;
        }
        return last;
    }

    /// The answer got lost.
    void lose() {
        saysAll = true;
    }

    void sayAll() {
        saysAll = true;
    }

    SortedSet<String> names(PartitionSet partitions) {
        SortedSet<String> names = new TreeSet<>();
        partitions.each((topic, partition) -> names.add(TestTopics.label(topic) + "-" + partition));
        return names;
    }

    ErrorCode leave(int with) {
        long request = lab.submit(new ConsumerHeartbeat(
                "g", id, with, instanceId, null, "app", "/127.0.0.1", -1, null, null, null, null));
        // Whatever the answer.
        epoch = 0;
        owned.clear();
        Beat beat = (Beat) lab.reply(request);
        return beat == null ? null : beat.error();
    }

    ErrorCode commit(String topic, int partition, int inEpoch) {
        TopicPartition where = new TopicPartition(topic, partition);
        long request = lab.submit(new CommitOffsets("g", inEpoch, id, null,
                List.of(new Offset(where, TestTopics.id(topic), 5, -1, "")), -1, true));
        PerPartition reply = (PerPartition) lab.reply(request);
        return reply.partitions().get(where);
    }
}

package io.chapar.simulator;

import io.chapar.client.OffsetAndMetadata;
import io.chapar.client.consumer.ConsumerConfig;
import io.chapar.client.consumer.ConsumerRecord;
import io.chapar.client.consumer.LoopConsumer;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.message.ConsumerGroupHeartbeatRequest;
import io.chapar.protocol.message.ConsumerGroupHeartbeatResponse;
import io.chapar.protocol.message.ConsumerGroupHeartbeatResponse.Assignment;
import io.chapar.protocol.message.Request;
import io.chapar.protocol.message.Response;
import org.jspecify.annotations.Nullable;

import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

import static java.util.Objects.requireNonNull;

/// A member of a group of the consumer protocol (KIP-848) that reads what it has with the client library and commits
/// behind it in its epoch.
final class ConsumerGroupMember extends HeartbeatMember {
    private static final int POLL_MS = 300;

    private final ConsumerConfig config;
    private final Readings.Group readings;
    private final List<String> topics;
    /// Where it goes on; a partition whose committed position is not known yet is not here.
    private final SortedMap<TopicPartition, Long> next = new TreeMap<>();
    /// Null until it lives.
    private @Nullable LoopConsumer reader;
    private boolean ended;

    ConsumerGroupMember(SimulatedClient client, SimulatedCluster cluster, Swarm swarm, ModernGroup group,
            @Nullable String instanceId, Readings readings, List<String> topics) {
        super(client, cluster, swarm, group, instanceId);
        this.topics = topics;
        this.readings = readings.join(cluster, ModernGroup.ID, group.committedOnly());
        Map<String, Object> settings = Settings.client(swarm, cluster, client.name());
        settings.put("isolation.level", group.committedOnly() ? "read_committed" : "read_uncommitted");
        settings.put("auto.offset.reset", "earliest");
        settings.put("max.poll.records", 20 + random().nextInt(50));
        config = ConsumerConfig.from(settings);
    }

    @Override
    Request heartbeat(int with, boolean all, @Nullable SortedSet<TopicPartition> has) {
        return ConsumerGroupHeartbeatRequest.builder().groupId(ModernGroup.ID).memberId(memberId()).memberEpoch(with)
                .instanceId(instanceId())
                .rebalanceTimeoutMs(all ? 2 * swarm().sessionTimeoutMs() : -1)
                .subscribedTopicNames(!all ? null : group().byExpression() ? List.of() : topics)
                .subscribedTopicRegex(all && group().byExpression() ? "t[0-9]" : null)
                .topicPartitions(has == null ? null : TopicNames.ids(cluster(), has).entrySet().stream()
                        .map(one -> new ConsumerGroupHeartbeatRequest.TopicPartitions(one.getKey(), one.getValue()))
                        .toList())
                .build();
    }

    @Override
    Beat read(Response response) {
        ConsumerGroupHeartbeatResponse answer = (ConsumerGroupHeartbeatResponse) response;
        Assignment assignment = answer.assignment();
        if (assignment == null) {
            return new Beat(answer.errorCode(), answer.memberEpoch(), null);
        }
        SortedSet<TopicPartition> assigned = new TreeSet<>();
        assignment.topicPartitions().forEach(topic ->
                assigned.addAll(TopicNames.named(cluster(), topic.topicId(), topic.partitions())));
        return new Beat(answer.errorCode(), answer.memberEpoch(), assigned);
    }

    @Override
    void begin() {
        next.clear();
        ended = false;
        reader = new LoopConsumer(config, client().runtime(config.client()));
        poll(reader);
    }

    private LoopConsumer reader() {
        return requireNonNull(reader, "begun to live");
    }

    @Override
    void gained(SortedSet<TopicPartition> more) {
        int then = joins();
        calls().committed(memberId(), epoch(), more, offsets -> {
            SortedSet<TopicPartition> still = new TreeSet<>(more);
            still.retainAll(owned());
            still.removeAll(next.keySet());
            if (joins() != then || still.isEmpty() || ended) {
                return;
            }
            if (offsets == null || !offsets.keySet().containsAll(still)) {
                later(10, 100, () -> {
                    if (joins() == then && !ended) {
                        gained(still);
                    }
                });
                return;
            }
            offsets.keySet().retainAll(still);
            next.putAll(offsets);
            reader().assign(next.keySet());
            offsets.forEach((one, offset) -> reader().seek(one, new OffsetAndMetadata(offset)));
        });
    }

    @Override
    void givesUp(SortedSet<TopicPartition> gone, Runnable done) {
        commit(gone, () -> {
            drop(gone);
            done.run();
        });
    }

    @Override
    void lost() {
        drop(new TreeSet<>(next.keySet()));
    }

    private void drop(SortedSet<TopicPartition> gone) {
        gone.forEach(one -> next.remove(one));
        reader().assign(next.keySet());
    }

    @Override
    void end(Runnable done) {
        ended = true;
        reader().close(done);
    }

    private void poll(LoopConsumer from) {
        if (ended || from != reader) {
            return;
        }
        var _ = from.poll(POLL_MS).whenComplete((records, failure) -> client().loop().execute(() -> {
            if (ended || from != reader) {
                return;
            }
            if (failure != null) {
                note("poll: " + failure);
            } else {
                records.forEach(this::take);
            }
            if (failure == null && random().nextInt(3) == 0) {
                commit(new TreeSet<>(next.keySet()), () -> later(0, 50, () -> poll(from)));
            } else {
                later(0, 50, () -> poll(from));
            }
        }));
    }

    private void take(ConsumerRecord<byte[], byte[]> record) {
        TopicPartition partition = record.topicPartition();
        Long expected = next.get(partition);
        if (expected != null && record.offset() >= expected) {
            next.put(partition, record.offset() + 1);
            Readings.given(readings, partition, record.offset());
        }
    }

    private void commit(SortedSet<TopicPartition> of, Runnable then) {
        SortedMap<TopicPartition, Long> positions = new TreeMap<>(next);
        positions.keySet().retainAll(of);
        if (positions.isEmpty()) {
            then.run();
            return;
        }
        calls().commit(memberId(), epoch(), positions, taken -> then.run());
    }
}

package io.chapar.broker.group;

import io.chapar.broker.group.GroupCommand.CommitOffsets;
import io.chapar.broker.group.GroupCommand.Heartbeat;
import io.chapar.broker.group.GroupCommand.Join;
import io.chapar.broker.group.GroupCommand.Leave;
import io.chapar.broker.group.GroupCommand.Leaver;
import io.chapar.broker.group.GroupCommand.Offset;
import io.chapar.broker.group.GroupCommand.Protocol;
import io.chapar.broker.group.GroupCommand.Sync;
import io.chapar.broker.group.GroupReply.Joined;
import io.chapar.broker.group.GroupReply.JoinedMember;
import io.chapar.broker.group.GroupReply.PerPartition;
import io.chapar.broker.group.GroupReply.Synced;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.WireReader;
import io.chapar.protocol.WireWriter;
import io.chapar.protocol.message.ConsumerProtocolAssignment;
import io.chapar.protocol.message.ConsumerProtocolSubscription;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/// A consumer that speaks the classic protocol and behaves as a client does: eager, that is it gives everything up
/// before it joins, or cooperative, that is it gives up what its new part does not have, and joins once more then.
final class TestClassicConsumer {
    private final GroupLab lab;
    private final boolean isCooperative;
    private final TestTopics topics;
    final SortedSet<String> wanted;
    String id = "";
    String instanceId;
    int generation = -1;
    /// As `topic-partition`.
    final SortedSet<String> owned = new TreeSet<>();
    private boolean mustJoin = true;
    private String protocol;
    private long request = 0;
    /// What the last request was answered.
    ErrorCode last = ErrorCode.NONE;
    /// Each time it had to let go of what it was still working on.
    int lost = 0;

    TestClassicConsumer(GroupLab lab, boolean isCooperative, TestTopics topics, String... wanted) {
        this.lab = lab;
        this.isCooperative = isCooperative;
        this.topics = topics;
        this.wanted = new TreeSet<>(List.of(wanted));
    }

    TestClassicConsumer as(String instance) {
        instanceId = instance;
        return this;
    }

    /// The next request, unless one is not answered yet; and everything that follows from answers that are there.
    void step() {
        if (request == 0) {
            send();
        }
        receive();
    }

    private void send() {
        if (mustJoin) {
            if (!isCooperative) {
                owned.clear();
            }
            join();
        } else {
            request = lab.submit(new Heartbeat("g", generation, id, instanceId));
        }
    }

    private void join() {
        request = lab.submit(new Join("g", id, instanceId, "app", "/127.0.0.1", GroupLab.SESSION_MS,
                GroupLab.REBALANCE_MS, "consumer",
                List.of(new Protocol(isCooperative ? "cooperative-sticky" : "range", metadata())), true, true));
    }

    private ByteBuffer metadata() {
        WireWriter out = new WireWriter();
        out.int16((short) 3);
        new ConsumerProtocolSubscription(List.copyOf(wanted), null, byTopic(owned).entrySet().stream()
                .map(one -> new ConsumerProtocolSubscription.TopicPartition(one.getKey(), one.getValue())).toList(),
                generation, null).write(out, (short) 3);
        return out.toBuffer();
    }

    private static SortedMap<String, List<Integer>> byTopic(SortedSet<String> partitions) {
        SortedMap<String, List<Integer>> all = new TreeMap<>();
        for (String one : partitions) {
            int at = one.lastIndexOf('-');
            all.computeIfAbsent(one.substring(0, at), _ -> new ArrayList<>())
                    .add(Integer.parseInt(one.substring(at + 1)));
        }
        return all;
    }

    void receive() {
        while (request != 0 && lab.reply(request) != null) {
            GroupReply reply = lab.reply(request);
            request = 0;
            last = reply.error();
            switch (reply) {
                case Joined joined -> take(joined);
                case Synced synced -> take(synced);
                case GroupReply.Done done -> take(done.error());
                default -> throw new AssertionError(reply);
            }
        }
    }

    private void take(Joined joined) {
        switch (joined.error()) {
            case NONE -> {
                id = joined.memberId();
                generation = joined.generation();
                protocol = joined.protocol();
                request = lab.submit(new Sync("g", generation, id, instanceId, "consumer", protocol,
                        joined.members().isEmpty() ? new LinkedHashMap<>() : share(joined)));
            }
            case MEMBER_ID_REQUIRED -> {
                id = joined.memberId();
                join();
            }
            default -> take(joined.error());
        }
    }

    private void take(Synced synced) {
        if (synced.error() != ErrorCode.NONE) {
            take(synced.error());
            return;
        }
        SortedSet<String> part = part(synced.assignment());
        // What it owned and shall not have any more it gives up, and says so with another join.
        mustJoin = !part.containsAll(owned);
        owned.clear();
        owned.addAll(part);
    }

    private void take(ErrorCode error) {
        switch (error) {
            case NONE -> { }
            case REBALANCE_IN_PROGRESS, COORDINATOR_NOT_AVAILABLE, NOT_COORDINATOR -> mustJoin |=
                    error == ErrorCode.REBALANCE_IN_PROGRESS;
            case ILLEGAL_GENERATION -> lose();
            case UNKNOWN_MEMBER_ID, FENCED_INSTANCE_ID -> {
                lose();
                id = "";
            }
            default -> mustJoin = true;
        }
    }

    private void lose() {
        lost += owned.isEmpty() ? 0 : 1;
        owned.clear();
        generation = -1;
        mustJoin = true;
    }

    static SortedSet<String> part(ByteBuffer assignment) {
        SortedSet<String> part = new TreeSet<>();
        if (assignment.hasRemaining()) {
            WireReader in = new WireReader(assignment.duplicate());
            ConsumerProtocolAssignment.read(in, in.int16()).assignedPartitions()
                    .forEach(topic -> topic.partitions().forEach(one -> part.add(topic.topic() + "-" + one)));
        }
        return part;
    }

    /// As a leader does: in turn; what another still owns nobody gets yet.
    private SequencedMap<String, ByteBuffer> share(Joined joined) {
        SortedMap<String, ConsumerProtocolSubscription> said = new TreeMap<>();
        for (JoinedMember one : joined.members()) {
            WireReader in = new WireReader(one.metadata().duplicate());
            said.put(one.memberId(), ConsumerProtocolSubscription.read(in, in.int16()));
        }
        Map<String, String> owners = new TreeMap<>();
        said.forEach((member, words) -> words.ownedPartitions().forEach(
                topic -> topic.partitions().forEach(one -> owners.put(topic.topic() + "-" + one, member))));
        Map<String, SortedSet<String>> parts = new TreeMap<>();
        said.keySet().forEach(member -> parts.put(member, new TreeSet<>()));
        topics.partitions().forEach((topic, count) -> {
            List<String> takers = said.keySet().stream()
                    .filter(one -> said.get(one).topics().contains(topic)).toList();
            for (int partition = 0; partition < count && !takers.isEmpty(); partition++) {
                String taker = takers.get(partition % takers.size());
                String name = topic + "-" + partition;
                if (owners.getOrDefault(name, taker).equals(taker)) {
                    parts.get(taker).add(name);
                }
            }
        });
        SequencedMap<String, ByteBuffer> all = new LinkedHashMap<>();
        parts.forEach((member, part) -> all.put(member, assignment(part)));
        return all;
    }

    static ByteBuffer assignment(SortedSet<String> part) {
        return assignment(part, null);
    }

    static ByteBuffer assignment(SortedSet<String> part, ByteBuffer userData) {
        WireWriter out = new WireWriter();
        out.int16((short) 3);
        new ConsumerProtocolAssignment(byTopic(part).entrySet().stream()
                .map(one -> new ConsumerProtocolAssignment.TopicPartition(one.getKey(), one.getValue())).toList(),
                userData).write(out, (short) 3);
        return out.toBuffer();
    }

    ErrorCode leave() {
        GroupReply.Left left = (GroupReply.Left) lab.reply(
                lab.submit(new Leave("g", List.of(new Leaver(id, instanceId)))));
        lose();
        id = "";
        request = 0;
        return left == null ? null : left.members().getFirst();
    }

    /// Its answer got lost.
    void forgetRequest() {
        if (request != 0) {
            request = 0;
            mustJoin = true;
        }
    }

    boolean isWaiting() {
        return request != 0;
    }

    ErrorCode commit(String topic, int partition, int inGeneration) {
        TopicPartition where = new TopicPartition(topic, partition);
        long asked = lab.submit(new CommitOffsets("g", inGeneration, id, instanceId,
                List.of(new Offset(where, TestTopics.id(topic), 5, -1, "")), -1, true));
        PerPartition reply = (PerPartition) lab.reply(asked);
        return reply == null ? null : reply.partitions().get(where);
    }
}

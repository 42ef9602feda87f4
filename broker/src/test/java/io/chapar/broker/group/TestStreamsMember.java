package io.chapar.broker.group;

import io.chapar.broker.group.GroupCommand.CommitOffsets;
import io.chapar.broker.group.GroupCommand.Offset;
import io.chapar.broker.group.GroupCommand.StreamsHeartbeat;
import io.chapar.broker.group.GroupCommand.StreamsSaid;
import io.chapar.broker.group.GroupReply.PerPartition;
import io.chapar.broker.group.GroupReply.StreamsBeat;
import io.chapar.broker.group.streams.StreamsMember.Endpoint;
import io.chapar.broker.group.streams.StreamsTopology;
import io.chapar.broker.group.streams.StreamsTopology.InternalTopic;
import io.chapar.broker.group.streams.StreamsTopology.Subtopology;
import io.chapar.broker.group.streams.TaskId;
import io.chapar.broker.group.streams.TaskProgress;
import io.chapar.broker.group.streams.Tasks;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;

import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/// A member of a streams group that behaves as a client does: it gives up what it is not told to have any more, takes
/// what it is told, and says so with its next heartbeat.
final class TestStreamsMember {
    static final int REBALANCE_MS = 20_000;
    private static final InternalTopic CHANGELOG = new InternalTopic("app-changelog", 0, 0, new TreeMap<>());
    private static final InternalTopic REPARTITION = new InternalTopic("app-repartition", 0, 0, new TreeMap<>());
    /// `in` is read by a subtopology without state, which writes to one with state.
    static final StreamsTopology TOPOLOGY = new StreamsTopology(0, List.of(
            new Subtopology("0", names("in"), names("app-repartition"), List.of(), List.of(), List.of()),
            new Subtopology("1", names(), names(), List.of(REPARTITION), List.of(CHANGELOG), List.of())));

    private final GroupLab lab;
    String id;
    final String process;
    String instanceId;
    StreamsTopology topology = TOPOLOGY;
    Endpoint endpoint;
    int epoch = 0;
    int endpointEpoch = 0;
    Tasks owned = Tasks.NONE;
    private Tasks said;
    private boolean saysAll = true;
    /// How far it is with each task that it keeps a copy of.
    SortedMap<TaskId, Long> lags;
    StreamsBeat last;

    TestStreamsMember(GroupLab lab, String id, String process) {
        this.lab = lab;
        this.id = id;
        this.process = process;
    }

    TestStreamsMember as(String instance) {
        instanceId = instance;
        return this;
    }

    static SortedSet<String> names(String... names) {
        return new TreeSet<>(List.of(names));
    }

    private StreamsHeartbeat next() {
        boolean join = epoch == 0;
        StreamsSaid news = join
                ? new StreamsSaid(null, REBALANCE_MS, topology, process, endpoint, new TreeMap<>())
                : StreamsSaid.NOTHING;
        return beat(epoch, news, join ? Tasks.NONE : saysAll || !owned.equals(said) ? owned : null);
    }

    private StreamsHeartbeat beat(int with, StreamsSaid news, Tasks has) {
        return new StreamsHeartbeat("g", id, with, endpointEpoch, instanceId, "app", "/127.0.0.1", news, has,
                progress(), false, true);
    }

    private TaskProgress progress() {
        if (lags == null) {
            return null;
        }
        SortedMap<TaskId, Long> ends = new TreeMap<>();
        SortedMap<TaskId, Long> offsets = new TreeMap<>();
        lags.forEach((task, lag) -> {
            ends.put(task, 1_000_000L);
            offsets.put(task, 1_000_000L - lag);
        });
        return new TaskProgress(offsets, ends);
    }

    /// The answer, or null while it is held back.
    StreamsBeat beat() {
        long request = send();
        return lab.reply(request) == null ? null : take(request);
    }

    long send() {
        if (epoch == 0) {
            owned = Tasks.NONE;
        }
        StreamsHeartbeat heartbeat = next();
        said = owned;
        return lab.submit(heartbeat);
    }

    StreamsBeat take(long request) {
        last = (StreamsBeat) lab.reply(request);
        switch (last.error()) {
            case NONE -> {
                epoch = last.memberEpoch();
                endpointEpoch = last.endpointEpoch();
                saysAll = false;
                if (last.assignment() != null) {
                    owned = last.assignment();
                }
            }
            case UNKNOWN_MEMBER_ID, FENCED_MEMBER_EPOCH, GROUP_ID_NOT_FOUND -> {
                epoch = 0;
                owned = Tasks.NONE;
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

    ErrorCode leave(int with) {
        long request = lab.submit(beat(with, StreamsSaid.NOTHING, null));
        // Whatever the answer.
        epoch = 0;
        owned = Tasks.NONE;
        StreamsBeat beat = (StreamsBeat) lab.reply(request);
        return beat == null ? null : beat.error();
    }

    ErrorCode commit(String topic, int partition, int inEpoch) {
        TopicPartition where = new TopicPartition(topic, partition);
        long request = lab.submit(new CommitOffsets("g", inEpoch, id, null,
                List.of(new Offset(where, TestTopics.id(topic), 5, -1, "")), -1, true));
        PerPartition reply = (PerPartition) lab.reply(request);
        return reply.partitions().get(where);
    }

    /// All topics of [#TOPOLOGY], the application's own too.
    static TestTopics topics(int partitions) {
        return new TestTopics(Map.of("in", partitions, "app-repartition", partitions, "app-changelog", partitions));
    }
}

package io.chapar.broker.coordinator;

import io.chapar.broker.metadata.PartitionImage;
import io.chapar.broker.metrics.Totals;
import io.chapar.broker.peer.Peers;
import io.chapar.broker.runtime.Loop;
import io.chapar.broker.runtime.Slices;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.message.ListOffsetsRequest;
import io.chapar.protocol.message.ListOffsetsRequest.ListOffsetsPartition;
import io.chapar.protocol.message.ListOffsetsRequest.ListOffsetsTopic;
import io.chapar.protocol.message.ListOffsetsResponse;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;

/// How far readers may read partitions that other brokers lead, as those say: for the lag of groups whose coordinator
/// is here. Who does not answer is left out, and asked nothing more in the same look; nobody is after [#MOST_MS].
public final class PeerEnds {
    /// In one question, which is a turn's work to write and to read.
    private static final int AT_ONCE = 250;
    private static final short VERSION = 11;
    private static final long LATEST = -1;
    private static final byte UNCOMMITTED = 0;
    private static final byte COMMITTED = 1;
    private static final long WAIT_MS = 1_500;
    /// Of one look, which shows other things as well and is waited for.
    static final long MOST_MS = 3_000;

    private final ClusterPlacement placement;
    private final Peers peers;

    public PeerEnds(ClusterPlacement placement, Peers peers) {
        this.placement = placement;
        this.peers = peers;
    }

    private record Question(int leader, List<TopicPartition> about) {}

    /// @param silent leaders that have not answered
    private record Look(Loop loop, long untilMs, Set<Integer> silent) {
        long deadlineMs() {
            return Math.min(loop.nowMs() + WAIT_MS, untilMs);
        }
    }

    /// From any thread.
    ///
    /// @param loop on which the others are asked, and `then` runs in the end
    public void ask(Loop loop, Collection<TopicPartition> partitions, Totals into, Runnable then) {
        SortedMap<Integer, List<TopicPartition>> byLeader = new TreeMap<>();
        for (TopicPartition id : partitions) {
            int leader = placement.leader(id);
            if (leader != PartitionImage.NO_LEADER && leader != placement.here()) {
                byLeader.computeIfAbsent(leader, _ -> new ArrayList<>()).add(id);
            }
        }
        List<Question> questions = new ArrayList<>();
        byLeader.forEach((leader, ids) ->
                Slices.chunks(ids, AT_ONCE).forEach(chunk -> questions.add(new Question(leader, chunk))));
        loop.execute(() -> {
            Look look = new Look(loop, loop.nowMs() + MOST_MS, new TreeSet<>());
            Slices.inTurn(loop, questions, _ -> Slices.COST_PER_TURN, (question, next) -> {
                if (look.silent().contains(question.leader()) || loop.nowMs() >= look.untilMs()) {
                    next.run();
                } else {
                    ask(look, question, into, next);
                }
            }, then);
        });
    }

    private void ask(Look look, Question question, Totals into, Runnable next) {
        ask(look, question, UNCOMMITTED, highWatermarks -> {
            if (highWatermarks.isEmpty()) {
                next.run();
                return;
            }
            ask(look, question, COMMITTED, stable -> {
                highWatermarks.forEach((id, end) -> into.ends(
                        id, new Totals.Ends(end, Math.min(end, stable.getOrDefault(id, end)))));
                next.run();
            });
        });
    }

    private void ask(Look look, Question question, byte isolation, Consumer<Map<TopicPartition, Long>> done) {
        peers.ask(question.leader(), request(question.about(), isolation), VERSION, look.loop(), look.deadlineMs(),
                asked -> {
                    if (asked instanceof Peers.Answered(ListOffsetsResponse response)) {
                        done.accept(ends(response));
                    } else {
                        look.silent().add(question.leader());
                        done.accept(Map.of());
                    }
                });
    }

    private static ListOffsetsRequest request(List<TopicPartition> about, byte isolation) {
        Map<String, List<ListOffsetsPartition>> byTopic = new LinkedHashMap<>();
        about.forEach(id -> byTopic.computeIfAbsent(id.topic(), _ -> new ArrayList<>())
                .add(new ListOffsetsPartition(id.partition(), -1, LATEST)));
        return ListOffsetsRequest.builder().replicaId(-1).isolationLevel(isolation)
                .topics(byTopic.entrySet().stream().map(one -> new ListOffsetsTopic(one.getKey(), one.getValue()))
                        .toList()).build();
    }

    private static Map<TopicPartition, Long> ends(ListOffsetsResponse response) {
        Map<TopicPartition, Long> ends = new LinkedHashMap<>();
        response.topics().forEach(topic -> topic.partitions().stream().filter(one -> one.errorCode() == 0)
                .forEach(one -> ends.put(new TopicPartition(topic.name(), one.partitionIndex()), one.offset())));
        return ends;
    }
}

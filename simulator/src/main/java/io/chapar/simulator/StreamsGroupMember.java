package io.chapar.simulator;

import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.message.Request;
import io.chapar.protocol.message.Response;
import io.chapar.protocol.message.StreamsGroupHeartbeatRequest;
import io.chapar.protocol.message.StreamsGroupHeartbeatRequest.Subtopology;
import io.chapar.protocol.message.StreamsGroupHeartbeatRequest.TaskIds;
import io.chapar.protocol.message.StreamsGroupHeartbeatRequest.TopicInfo;
import io.chapar.protocol.message.StreamsGroupHeartbeatRequest.Topology;
import io.chapar.protocol.message.StreamsGroupHeartbeatResponse;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

import static java.util.Objects.requireNonNull;

/// A member of a streams group (KIP-1071): a topology of two subtopologies, one of them with a state that has copies.
/// It moves the positions of the tasks that it runs forward and commits them in its epoch, without reading anything.
final class StreamsGroupMember extends HeartbeatMember {
    /// What each subtopology reads.
    private static final SortedMap<String, String> SOURCES = new TreeMap<>(Map.of("0", "t0", "1", "t1"));
    private static final TopicInfo CHANGELOG = TopicInfo.builder().name(ModernGroup.ID + "-1-changelog").build();
    private static final int MOST_AT_ONCE = 5;

    private final SortedMap<TopicPartition, Long> next = new TreeMap<>();
    /// As they were assigned last; it gives them up at once.
    private List<TaskIds> standby = List.of();
    private List<TaskIds> warmup = List.of();
    private boolean ended;

    StreamsGroupMember(SimulatedClient client, SimulatedCluster cluster, Swarm swarm, ModernGroup group,
            @Nullable String instanceId) {
        super(client, cluster, swarm, group, instanceId);
    }

    private static Topology topology() {
        return new Topology(0, List.of(
                Subtopology.builder().subtopologyId("0").sourceTopics(List.of("t0")).build(),
                Subtopology.builder().subtopologyId("1").sourceTopics(List.of("t1"))
                        .stateChangelogTopics(List.of(CHANGELOG)).build()));
    }

    @Override
    Request heartbeat(int with, boolean all, @Nullable SortedSet<TopicPartition> has) {
        boolean joins = with == 0;
        boolean copies = has != null && !joins;
        return StreamsGroupHeartbeatRequest.builder().groupId(ModernGroup.ID).memberId(memberId()).memberEpoch(with)
                .instanceId(instanceId())
                .rebalanceTimeoutMs(all ? 2 * swarm().sessionTimeoutMs() : -1)
                .topology(joins ? topology() : null)
                .processId(all ? name() : null)
                .clientTags(joins ? List.of() : null)
                .activeTasks(has == null ? null : tasks(has))
                .standbyTasks(has == null ? null : copies ? standby : List.of())
                .warmupTasks(has == null ? null : copies ? warmup : List.of())
                .build();
    }

    private static List<TaskIds> tasks(SortedSet<TopicPartition> of) {
        SortedMap<String, List<Integer>> all = new TreeMap<>();
        of.forEach(one -> all.computeIfAbsent(one.topic(), _ -> new ArrayList<>()).add(one.partition()));
        return all.entrySet().stream().map(one -> new TaskIds(one.getKey(), one.getValue())).toList();
    }

    @Override
    Beat read(Response response) {
        StreamsGroupHeartbeatResponse answer = (StreamsGroupHeartbeatResponse) response;
        List<StreamsGroupHeartbeatResponse.TaskIds> tasks = answer.activeTasks();
        if (tasks == null) {
            return new Beat(answer.errorCode(), answer.memberEpoch(), null);
        }
        SortedSet<TopicPartition> active = new TreeSet<>();
        tasks.forEach(one ->
                one.partitions().forEach(task -> active.add(new TopicPartition(one.subtopologyId(), task))));
        standby = copies(answer.standbyTasks());
        warmup = copies(answer.warmupTasks());
        return new Beat(answer.errorCode(), answer.memberEpoch(), active);
    }

    private static List<TaskIds> copies(@Nullable List<StreamsGroupHeartbeatResponse.TaskIds> tasks) {
        return tasks == null ? List.of()
                : tasks.stream().map(one -> new TaskIds(one.subtopologyId(), one.partitions())).toList();
    }

    /// Which one reads the topic; empty for none.
    static String subtopology(String topic) {
        return SOURCES.entrySet().stream().filter(one -> one.getValue().equals(topic)).map(Map.Entry::getKey)
                .findFirst().orElse("");
    }

    private static TopicPartition source(TopicPartition task) {
        return new TopicPartition(requireNonNull(SOURCES.get(task.topic()), "of the topology"), task.partition());
    }

    @Override
    void begin() {
        next.clear();
        standby = List.of();
        warmup = List.of();
        ended = false;
        process(calls());
    }

    /// @param with of one life
    private void process(GroupCalls with) {
        later(50, 500, () -> {
            if (ended || with != calls()) {
                return;
            }
            next.replaceAll((task, offset) -> offset + random().nextInt(MOST_AT_ONCE));
            commit(new TreeSet<>(next.keySet()), () -> process(with));
        });
    }

    private void commit(SortedSet<TopicPartition> tasks, Runnable then) {
        SortedMap<TopicPartition, Long> positions = new TreeMap<>();
        next.forEach((task, offset) -> {
            if (tasks.contains(task)) {
                positions.put(source(task), offset);
            }
        });
        if (positions.isEmpty()) {
            then.run();
            return;
        }
        calls().commit(memberId(), epoch(), positions, taken -> then.run());
    }

    @Override
    void gained(SortedSet<TopicPartition> more) {
        int then = joins();
        SortedSet<TopicPartition> sources = new TreeSet<>();
        more.forEach(task -> sources.add(source(task)));
        calls().committed(memberId(), epoch(), sources, offsets -> {
            SortedSet<TopicPartition> still = new TreeSet<>(more);
            still.retainAll(owned());
            still.removeAll(next.keySet());
            if (joins() != then || still.isEmpty() || ended) {
                return;
            }
            if (offsets == null || !still.stream().allMatch(task -> offsets.containsKey(source(task)))) {
                later(10, 100, () -> {
                    if (joins() == then && !ended) {
                        gained(still);
                    }
                });
                return;
            }
            still.forEach(task -> next.put(task, offsets.get(source(task))));
        });
    }

    @Override
    void givesUp(SortedSet<TopicPartition> gone, Runnable done) {
        commit(gone, () -> {
            gone.forEach(task -> next.remove(task));
            done.run();
        });
    }

    @Override
    void lost() {
        next.clear();
        standby = List.of();
        warmup = List.of();
    }

    @Override
    void end(Runnable done) {
        ended = true;
        done.run();
    }
}

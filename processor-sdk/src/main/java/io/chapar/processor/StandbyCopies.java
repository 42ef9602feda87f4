package io.chapar.processor;

import io.chapar.client.consumer.Standbys;
import io.chapar.client.consumer.StateReport;
import io.chapar.protocol.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;

import static java.util.Objects.requireNonNull;

/// Which copies of other members' state one member keeps, from the leader's word until they are handed over to the task
/// that owns them from then on, or are not wanted any more. Used by the member's thread, which hears of partitions and
/// takes stores over, its consumer's, which tells the leader how far they are, and the one that fills them.
///
/// A copy is handed over whole or not at all, and once: what its thread reads after that is dropped ([Store]).
final class StandbyCopies implements Storage {
    /// A member whose copies have caught up, and that was given nothing for it, asks again after that.
    static final long PROBE_MS = 600_000;
    /// When some of what is to move here has caught up for so long, the rest is not waited for.
    static final long PATIENCE_MS = 60_000;
    private static final Logger LOG = LoggerFactory.getLogger(StandbyCopies.class);

    private final Stages stages;
    private final States states;
    private final UUID instance;
    private final int wantedCopies;
    private final boolean shared;
    /// Stages at partitions, by their leads.
    private final TreeSet<TopicPartition> kept = new TreeSet<>();
    private final TreeSet<TopicPartition> warming = new TreeSet<>();
    /// Of which the leader was told that they have caught up.
    private final TreeSet<TopicPartition> asked = new TreeSet<>();
    private long askedMs;
    private long warmSinceMs = Long.MAX_VALUE;
    /// For which there was no room.
    private final TreeSet<TopicPartition> unfit = new TreeSet<>();
    /// By changelog.
    private final TreeMap<TopicPartition, StandbyCopy> copies = new TreeMap<>();
    /// As [#copies], of tasks that have begun here.
    private final TreeMap<TopicPartition, StandbyCopy> leaving = new TreeMap<>();
    private boolean closed;

    /// @param memberName ends with the number of the thread, which is not part of the process' name
    StandbyCopies(ProcessorConfig config, States states, String memberName) {
        this.states = states;
        stages = states.stages();
        String process = memberName.substring(0, Math.max(0, memberName.lastIndexOf('-')));
        instance = UUID.nameUUIDFromBytes(process.getBytes(StandardCharsets.UTF_8));
        wantedCopies = config.standbys();
        shared = config.stateDirectory() != null;
    }

    /// What the leader wants to be here from now on. Of what is here and not wanted nothing is kept.
    synchronized void assign(Standbys standbys) {
        kept.clear();
        warming.clear();
        unfit.clear();
        standbys.kept().forEach(one -> kept.add(stage(one)));
        standbys.warming().forEach(one -> warming.add(stage(one)));
        // The leader may run another topology.
        kept.removeIf(stage -> states.steps(stage.topic()).isEmpty());
        warming.removeIf(stage -> states.steps(stage.topic()).isEmpty());
        asked.retainAll(warming);
        warmSinceMs = Long.MAX_VALUE;
        leaving.values().forEach(StandbyCopy::close);
        leaving.clear();
        dropUnwanted();
        notifyAll();
    }

    /// At once, whatever holds the reader up: another thread of this process may wait for the same folder.
    private void dropUnwanted() {
        SortedSet<TopicPartition> here = stagesHere();
        copies.entrySet().removeIf(copy -> {
            boolean goes = !here.contains(stageOf(copy.getKey()));
            if (goes) {
                copy.getValue().close();
            }
            return goes;
        });
    }

    /// The leader calls what belongs together by the first of all topics.
    private TopicPartition stage(TopicPartition told) {
        return new TopicPartition(stages.lead(told.topic()), told.partition());
    }

    private boolean isWanted(TopicPartition stage) {
        return (kept.contains(stage) || warming.contains(stage)) && !unfit.contains(stage);
    }

    /// For the task that owns the store from now on: the copy's rows where there is one.
    @Override
    public synchronized CommittedRows rows(String step, int partition) {
        TopicPartition changelog = new TopicPartition(states.changelog(step), partition);
        TopicPartition stage = stageOf(changelog);
        kept.remove(stage);
        warming.remove(stage);
        changelogs(stage).forEach(one -> {
            StandbyCopy copy = copies.remove(one);
            if (copy != null) {
                leaving.put(one, copy);
            }
        });
        StandbyCopy copy = leaving.remove(changelog);
        return copy == null ? states.storage().rows(step, partition) : copy.handOver();
    }

    private TopicPartition stageOf(TopicPartition changelog) {
        return new TopicPartition(requireNonNull(states.stageByChangelog().get(changelog.topic()),
                "a changelog of this application"), changelog.partition());
    }

    private SortedSet<TopicPartition> changelogs(TopicPartition stage) {
        TreeSet<TopicPartition> changelogs = new TreeSet<>();
        states.steps(stage.topic()).forEach(step ->
                changelogs.add(new TopicPartition(states.changelog(step), stage.partition())));
        return changelogs;
    }

    // For the thread that reads.

    /// By changelog: what is to be read now.
    synchronized SortedMap<TopicPartition, StandbyCopy> current() {
        if (!closed) {
            for (TopicPartition stage : stagesHere()) {
                states.steps(stage.topic()).forEach(step -> copies.computeIfAbsent(
                        new TopicPartition(states.changelog(step), stage.partition()), changelog -> new StandbyCopy(
                                states.budget(), states.storage().rows(step, changelog.partition()))));
            }
        }
        return new TreeMap<>(copies);
    }

    private SortedSet<TopicPartition> stagesHere() {
        TreeSet<TopicPartition> here = new TreeSet<>(kept);
        here.addAll(warming);
        here.removeAll(unfit);
        return here;
    }

    /// Returns when something is to be read, or this is closed.
    synchronized void awaitWanted() throws InterruptedException {
        while (!closed && stagesHere().isEmpty()) {
            wait();
        }
    }

    synchronized boolean isClosed() {
        return closed;
    }

    /// There is no room for this copy.
    synchronized void giveUp(TopicPartition changelog) {
        TopicPartition stage = stageOf(changelog);
        if (isWanted(stage) && unfit.add(stage)) {
            dropUnwanted();
            LOG.warn("There is no room for a copy of the state of {}: raise maxStateBytes, or keep state on disk"
                    + " (stateDirectory)", stage);
        }
    }

    /// What is worked on here comes first: as long as that has too little room in memory, a copy goes each time.
    synchronized void makeRoom() {
        if (!shared && !copies.isEmpty() && !states.budget().hasRoomForCopies(0)) {
            giveUp(copies.lastKey());
        }
    }

    /// All begin anew: of one it is not certain that what it has is in the changelog still.
    synchronized void doubt() {
        copies.values().forEach(StandbyCopy::doubt);
    }

    /// Whether the group's leader has to hear that what is to move here may: once it has caught up, and not again and
    /// again.
    synchronized boolean isMoveDue(long nowMs) {
        TreeSet<TopicPartition> ready = new TreeSet<>(warming);
        ready.removeIf(stage -> !isWanted(stage) || lag(stage) > StateReport.ACCEPTABLE_LAG);
        boolean isNew = !asked.containsAll(ready);
        if (ready.isEmpty() || (!isNew && nowMs - askedMs < PROBE_MS)) {
            return false;
        }
        warmSinceMs = Math.min(warmSinceMs, nowMs);
        boolean all = warming.stream().allMatch(stage -> ready.contains(stage) || unfit.contains(stage));
        if (!all && nowMs - warmSinceMs < PATIENCE_MS) {
            return false;
        }
        asked.addAll(ready);
        askedMs = nowMs;
        warmSinceMs = Long.MAX_VALUE;
        return true;
    }

    // For others.

    /// As of now, for the group's leader.
    synchronized StateReport report() {
        TreeMap<String, SortedMap<Integer, Integer>> degrees = new TreeMap<>();
        stages.stepsByStage().keySet().forEach(lead -> degrees.put(lead, new TreeMap<>()));
        for (TopicPartition stage : stagesHere()) {
            if (copies.keySet().containsAll(changelogs(stage))) {
                requireNonNull(degrees.get(stage.topic()), "a stage with state")
                        .put(stage.partition(), StateReport.degree(lag(stage)));
            }
        }
        return new StateReport(instance, shared, wantedCopies, degrees);
    }

    /// Of the step that is furthest behind.
    private long lag(TopicPartition stage) {
        long lag = 0;
        for (TopicPartition changelog : changelogs(stage)) {
            StandbyCopy copy = copies.get(changelog);
            lag = Math.max(lag, copy == null ? Long.MAX_VALUE : copy.lag());
        }
        return lag;
    }

    /// How many stages at partitions.
    synchronized int count() {
        return stagesHere().size();
    }

    /// In offsets, over all copies of which it is known.
    synchronized long lag() {
        long lag = 0;
        for (Map.Entry<TopicPartition, StandbyCopy> copy : copies.entrySet()) {
            lag += copy.getValue().lag() == Long.MAX_VALUE ? 0 : copy.getValue().lag();
        }
        return lag;
    }

    /// Nothing is kept any more, nor handed over.
    synchronized void close() {
        closed = true;
        copies.values().forEach(StandbyCopy::close);
        copies.clear();
        leaving.values().forEach(StandbyCopy::close);
        leaving.clear();
        notifyAll();
    }
}

package io.chapar.broker.coordinator;

import io.chapar.broker.partition.MarkerAppend;
import io.chapar.broker.runtime.Loop;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/// Markers for partitions of this very broker: one hop to each loop that owns some of them, one write for those of one
/// partition, and one hop back for all that are done in the same turn there.
public final class LocalMarkerTransport implements MarkerTransport {
    /// How long one attempt waits for replication before its coordinator tries again.
    private static final long ATTEMPT_MS = 10_000;

    private final CoordinatorPlacement placement;
    private final Predicate<TopicPartition> exists;

    /// @param exists whether the cluster's metadata has the partition; from any thread
    public LocalMarkerTransport(CoordinatorPlacement placement, Predicate<TopicPartition> exists) {
        this.placement = placement;
        this.exists = exists;
    }

    @Override
    public void send(List<Addressed> markers, Loop caller, Answers answers) {
        Map<CoordinatorLogs, List<Integer>> byOwner = new LinkedHashMap<>();
        for (int index = 0; index < markers.size(); index++) {
            CoordinatorLogs owner = placement.of(markers.get(index).partition());
            byOwner.computeIfAbsent(owner, _ -> new ArrayList<>()).add(index);
        }
        byOwner.forEach((owner, indexes) -> owner.loop()
                .run(() -> write(owner, markers, indexes, new AnswerBox(owner.loop(), caller, answers))));
    }

    private void write(CoordinatorLogs owner, List<Addressed> markers, List<Integer> indexes, AnswerBox box) {
        long deadlineMs = owner.loop().nowMs() + ATTEMPT_MS;
        long timestampMs = owner.loop().wallClockMs();
        Map<TopicPartition, List<Integer>> byPartition = new LinkedHashMap<>();
        for (int index : indexes) {
            byPartition.computeIfAbsent(markers.get(index).partition(), _ -> new ArrayList<>(1)).add(index);
        }
        byPartition.forEach((partition, places) -> {
            List<MarkerAppend> together = new ArrayList<>(places.size());
            places.forEach(index -> together.add(markers.get(index).marker()));
            owner.markers().write(partition, together, deadlineMs, timestampMs, (place, error) -> {
                boolean isThere = error == ErrorCode.NONE || exists.test(partition);
                box.put(new Answer(places.get(place), error, isThere));
            });
        });
    }

    private record Answer(int index, ErrorCode error, boolean exists) {}

    /// Answers of one turn on the owner's loop, on their way to the caller's.
    private static final class AnswerBox {
        private final Loop owner;
        private final Loop caller;
        private final Answers answers;
        private List<Answer> gathered = new ArrayList<>();

        AnswerBox(Loop owner, Loop caller, Answers answers) {
            this.owner = owner;
            this.caller = caller;
            this.answers = answers;
        }

        void put(Answer answer) {
            gathered.add(answer);
            if (gathered.size() == 1) {
                owner.execute(this::flush);
            }
        }

        private void flush() {
            List<Answer> done = gathered;
            gathered = new ArrayList<>();
            caller.run(() ->
                    done.forEach(answer -> answers.answered(answer.index(), answer.error(), answer.exists())));
        }
    }
}

package io.chapar.simulator;

import io.chapar.broker.coordinator.CoordinatorKeys;
import io.chapar.processor.ErrorPolicy;
import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// Whatever lies in front of a processor's committed position is processed: what came of it stands in a transaction
/// that is not aborted, the one that has moved the position or an earlier one. Seen when the position moves, and not
/// only when nobody comes back to what was left out.
final class PositionsFollowOutputs extends Promise {
    private static final String INPUT = "input";
    private static final String OUTPUT = "output";

    private record Place(GhostLog log, SeenBatch batch) {}

    private final CommittedOffsetsFollowTheLog offsets;
    private final String application;
    /// By cluster, topic and text.
    private final Map<String, List<Place>> places = new TreeMap<>();
    /// Up to where each partition's input is known to be processed.
    private final Map<String, Long> checked = new TreeMap<>();

    PositionsFollowOutputs(CommittedOffsetsFollowTheLog offsets, String application) {
        super("What lies in front of a committed position is processed");
        this.offsets = offsets;
        this.application = application;
    }

    private static String key(SimulatedCluster cluster, String topic, String text) {
        return cluster.number() + "/" + topic + "/" + text;
    }

    @Override
    void folded(GhostLog log, SeenBatch batch) {
        String topic = log.id().topic();
        if (batch.isData() && (topic.equals(OUTPUT) || topic.equals(Processor.DEAD_LETTERS))) {
            batch.records().forEach(record -> places
                    .computeIfAbsent(key(log.cluster(), topic, record.text()), _ -> new ArrayList<>())
                    .add(new Place(log, batch)));
        }
        if (!batch.isData() && topic.equals(CoordinatorKeys.CONSUMER_OFFSETS) && !ghosts().isLossy()) {
            for (int i = 0; i < ghosts().swarm().partitions(); i++) {
                check(log.cluster(), new TopicPartition(INPUT, i));
            }
        }
    }

    private void check(SimulatedCluster cluster, TopicPartition partition) {
        long from = checked.getOrDefault(cluster.number() + "/" + partition, 0L);
        long upTo = offsets.committed(cluster, application, partition);
        GhostLog log = upTo <= from ? null : ghosts().log(cluster, partition);
        if (log == null) {
            return;
        }
        checked.put(cluster.number() + "/" + partition, upTo);
        ErrorPolicy policy = Processor.policy(ghosts().world(), application);
        for (SeenBatch batch : log.batches().headMap(upTo).values()) {
            for (SeenBatch.SeenRecord record : batch.last() < from || !log.isVisible(batch) ? List
                    .<SeenBatch.SeenRecord>of() : batch.records()) {
                if (record.offset() >= from && record.offset() < upTo && !isProcessed(cluster, policy, record.text())) {
                    breach(application + " committed " + upTo + " of " + log.name() + ", and nothing has come of "
                            + record.text() + " at offset " + record.offset());
                }
            }
        }
    }

    private boolean isProcessed(SimulatedCluster cluster, ErrorPolicy policy, String input) {
        return switch (Processor.lot(policy, input)) {
            case OUTPUT -> isWritten(places.get(key(cluster, OUTPUT, input + Processor.SEPARATOR + application)));
            case DEAD_LETTER -> isWritten(places.get(key(cluster, Processor.DEAD_LETTERS, input)));
            case NOTHING -> true;
        };
    }

    private static boolean isWritten(@Nullable List<Place> all) {
        return all != null
                && all.stream().anyMatch(place -> place.log().fate(place.batch()) != GhostLog.Fate.ABORTED);
    }
}

package io.chapar.processor;

import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/// What a [TestDriver] has seen its instances make of each record, and what had to come out by that.
final class Observations {
    private final Plan plan;
    private final String applicationId;
    private final TreeMap<Place, List<SinkRecord>> effects = new TreeMap<>();
    private final TreeMap<Place, SourceRecord> processed = new TreeMap<>();
    private final TreeSet<Place> givenUp = new TreeSet<>();
    /// What the functions gave for each input when it was last processed.
    private final TreeMap<Place, List<String>> given = new TreeMap<>();
    /// The first input of a topology without state that gave other outputs when it was processed again; null when none
    /// has. (With state it may, honestly, in an attempt that comes to nothing: a member that was given up knows less.)
    private @Nullable Place unsteady;

    private record Place(TopicPartition partition, long offset) implements Comparable<Place> {
        static Place of(SourceRecord record) {
            return new Place(record.partition(), record.offset());
        }

        @Override
        public int compareTo(Place other) {
            int order = partition.compareTo(other.partition);
            return order != 0 ? order : Long.compare(offset, other.offset);
        }
    }

    Observations(Plan plan, String applicationId) {
        this.plan = plan;
        this.applicationId = applicationId;
    }

    boolean isStateful() {
        return !plan.stepsByInput().isEmpty();
    }

    /// An attempt that stops the application comes to nothing.
    void observe(SourceRecord record, Effect effect) {
        Place place = Place.of(record);
        List<SinkRecord> outputs = List.of();
        processed.put(place, record);
        givenUp.remove(place);
        if (effect instanceof Effect.Outputs(List<SinkRecord> records, boolean skipped, Changes changes)) {
            outputs = records;
            if (skipped) {
                givenUp.add(place);
            }
            List<String> before = skipped ? null : given.put(place, fingerprints(records));
            boolean comparable = before != null && !isStateful();
            if (comparable && unsteady == null && !fingerprints(records).equals(before)) {
                unsteady = place;
            }
        }
        effects.put(place, outputs);
    }

    boolean hasSeen(SourceRecord input) {
        return effects.containsKey(Place.of(input));
    }

    /// Everything that was to be written, also by attempts that came to nothing.
    Collection<List<SinkRecord>> effects() {
        return effects.values();
    }

    /// Null when no input was unsteady.
    @Nullable String unsteadyInput() {
        return unsteady == null ? null : "offset " + unsteady.offset() + " of " + unsteady.partition();
    }

    List<SinkRecord> expected() {
        if (!isStateful()) {
            return effects.values().stream().flatMap(List::stream).toList();
        }
        List<SinkRecord> expected = new ArrayList<>(recomputed().outputs());
        effects.forEach((place, outputs) -> {
            if (givenUp.contains(place)) {
                expected.addAll(outputs);
            }
        });
        return expected;
    }

    Recomputation recomputed() {
        Recomputation recomputation = new Recomputation(plan, applicationId);
        processed.forEach((place, record) -> {
            if (!givenUp.contains(place)) {
                recomputation.process(record);
            }
        });
        return recomputation;
    }

    private static List<String> fingerprints(List<SinkRecord> outputs) {
        return outputs.stream().map(output -> fingerprint(output.topic(), output.key(), output.value())).toList();
    }

    static String fingerprint(String topic, byte @Nullable [] key, byte @Nullable [] value) {
        return topic + " " + base64(key) + " " + base64(value);
    }

    static List<String> fingerprints(Map<byte[], byte[]> entries) {
        return entries.entrySet().stream().map(entry -> base64(entry.getKey()) + "=" + base64(entry.getValue()))
                .toList();
    }

    private static String base64(byte @Nullable [] bytes) {
        return bytes == null ? "-" : new String(Base64.getEncoder().encode(bytes), StandardCharsets.ISO_8859_1) + ".";
    }
}

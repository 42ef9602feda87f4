package io.chapar.processor;

import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/// What a [TestDriver] has seen its instances make of each record, and what had to come out by that.
final class Observations implements MemoryCluster.Transactions {
    private final Plan plan;
    private final TreeMap<Place, List<SinkRecord>> effects = new TreeMap<>();
    private final boolean transactional;
    /// What counts of each record that has been processed, in that order: records of several inputs meet in state.
    private final LinkedHashMap<Place, Seen> counted = new LinkedHashMap<>();
    /// By instance: what its present transaction holds.
    private final TreeMap<String, LinkedHashMap<Place, Seen>> open = new TreeMap<>();
    /// What the functions gave for each input when it was last processed.
    private final TreeMap<Place, List<String>> given = new TreeMap<>();
    /// The first input of a topology without state that gave other outputs when it was processed again; null when none
    /// has. (With state it may, honestly, in an attempt that comes to nothing: a member that was given up knows less.)
    private @Nullable Place unsteady;
    private long timers;
    private final GlobalHistory globals;
    /// As of which version the global tables were for the last attempt.
    private final TreeMap<Place, Integer> metGlobals = new TreeMap<>();
    /// By instance: the last attempt at one, which may have been told of before.
    private final TreeMap<String, Timer> lastTimer = new TreeMap<>();

    private record Seen(SourceRecord record, List<SinkRecord> outputs, boolean givenUp, long wallClockMs,
            int globals) {
    }

    private record Timer(SourceRecord record, Place place) {
    }

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

    /// `transactional`: what an attempt comes to is known when its transaction has ended.
    Observations(Plan plan, GlobalHistory globals, boolean transactional) {
        this.plan = plan;
        this.globals = globals;
        this.transactional = transactional;
    }

    boolean isStateful() {
        return plan.stages().isStateful();
    }

    @Override
    public void aborted(String instance) {
        open.remove(instance);
    }

    @Override
    public void committed(String instance) {
        LinkedHashMap<Place, Seen> seen = open.remove(instance);
        if (seen != null) {
            counted.putAll(seen);
        }
    }

    /// An attempt that stops the application comes to nothing.
    void observe(String instance, SourceRecord record, Effect effect) {
        Place place = plan.isTimer(record) ? timer(instance, record) : Place.of(record);
        List<SinkRecord> outputs = List.of();
        if (effect instanceof Effect.Outputs(List<SinkRecord> records, boolean skipped, Changes changes)) {
            outputs = outputs(records, changes);
            Map<Place, Seen> seen = transactional ? open.computeIfAbsent(instance, key -> new LinkedHashMap<>())
                    : counted;
            seen.remove(place);
            seen.put(place, new Seen(record, outputs, skipped, changes == null ? 0 : changes.wallClockMs(),
                    globals.version()));
            List<String> before = skipped ? null : given.put(place, fingerprints(outputs));
            Integer met = metGlobals.put(place, globals.version());
            boolean comparable = before != null && !isStateful() && Objects.equals(met, globals.version());
            if (comparable && unsteady == null && !fingerprints(outputs).equals(before)) {
                unsteady = place;
            }
        }
        effects.put(place, outputs);
    }

    /// Rows are told by what stands for them in the cluster.
    static List<SinkRecord> outputs(List<SinkRecord> records, @Nullable Changes changes) {
        List<SinkRecord> all = new ArrayList<>(records);
        if (changes != null) {
            changes.rows().forEach(row -> all.add(MemoryDatabase.output(row)));
        }
        return all;
    }

    /// The numbers of timers begin anew in each life of an instance, so each has a place of its own here.
    @SuppressWarnings("ReferenceEquality")
    private Place timer(String instance, SourceRecord record) {
        Timer last = lastTimer.get(instance);
        if (last == null || last.record() != record) {
            last = new Timer(record, new Place(record.partition(), timers++));
            lastTimer.put(instance, last);
        }
        return last.place();
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
        counted.values().stream().filter(Seen::givenUp).forEach(seen -> expected.addAll(seen.outputs()));
        return expected;
    }

    Recomputation recomputed() {
        Recomputation recomputation = new Recomputation(plan);
        for (Seen seen : counted.values()) {
            globals.at(seen.globals());
            if (!seen.givenUp()) {
                recomputation.process(seen.record(), seen.wallClockMs());
            } else if (plan.isTimer(seen.record())) {
                recomputation.discard(seen.record());
            }
        }
        globals.at(globals.version());
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

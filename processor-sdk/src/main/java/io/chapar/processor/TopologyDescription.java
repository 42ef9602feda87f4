package io.chapar.processor;

import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

import static java.util.Objects.requireNonNull;

/// A topology for people: its stages, what each reads and writes, and what it keeps.
public final class TopologyDescription {
    /// One stage. `stores`: the changelog of each stateful step, by its name.
    public record Stage(SortedSet<String> inputs, SortedMap<String, String> stores, SortedSet<String> outputs) {
    }

    private final List<Stage> stages;

    private TopologyDescription(List<Stage> stages) {
        this.stages = stages;
    }

    static TopologyDescription of(Stages topology) {
        TreeMap<String, Stage> byLead = new TreeMap<>();
        topology.topicsByStage().forEach((lead, topics) ->
                byLead.put(lead, new Stage(new TreeSet<>(topics), new TreeMap<>(), new TreeSet<>())));
        topology.globals().forEach((topic, from) -> from.forEach(input ->
                stage(byLead, topology.lead(input)).inputs().add(topic + " (all of it)")));
        topology.stepsByStage().forEach((lead, steps) -> steps.forEach(step ->
                stage(byLead, lead).stores().put(step, topology.names().changelog(step))));
        topology.repartitions().forEach((topic, above) -> above.forEach(from ->
                stage(byLead, topology.lead(from)).outputs().add(topic)));
        topology.forEachOutput((lead, label) -> stage(byLead, lead).outputs().add(label));
        return new TopologyDescription(List.copyOf(byLead.values()));
    }

    private static Stage stage(Map<String, Stage> byLead, String lead) {
        return requireNonNull(byLead.get(lead), "every lead has its stage");
    }

    public List<Stage> stages() {
        return stages;
    }

    /// ```
    /// stage 1: orders -> shop-by-day-repartition
    ///   store totals: shop-totals-changelog
    /// ```
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        for (int number = 0; number < stages.size(); number++) {
            Stage stage = stages.get(number);
            text.append("stage ").append(number + 1).append(": ").append(String.join(", ", stage.inputs()))
                    .append(" -> ").append(String.join(", ", stage.outputs())).append('\n');
            stage.stores().forEach((step, changelog) ->
                    text.append("  store ").append(step).append(": ").append(changelog).append('\n'));
        }
        return text.toString();
    }

    /// The same as a flowchart of Mermaid.
    public String mermaid() {
        StringBuilder text = new StringBuilder("flowchart LR\n");
        TreeMap<String, String> ids = new TreeMap<>();
        int stores = 0;
        for (int number = 0; number < stages.size(); number++) {
            Stage stage = stages.get(number);
            String id = "s" + (number + 1);
            line(text, id + "[stage " + (number + 1) + "]");
            for (String input : stage.inputs()) {
                line(text, topic(ids, input, text) + " --> " + id);
            }
            for (String store : stage.stores().keySet()) {
                String node = "c" + ++stores;
                line(text, node + "[(\"" + store + "\")]");
                line(text, id + " --- " + node);
            }
            for (String output : stage.outputs()) {
                line(text, id + " --> " + topic(ids, output, text));
            }
        }
        return text.toString();
    }

    private static void line(StringBuilder text, String line) {
        text.append("  ").append(line).append('\n');
    }

    /// The id of a topic's node, which is written when it is met first.
    private static String topic(Map<String, String> ids, String label, StringBuilder text) {
        String known = ids.get(label);
        if (known != null) {
            return known;
        }
        String id = "t" + (ids.size() + 1);
        ids.put(label, id);
        line(text, id + "([\"" + label + "\"])");
        return id;
    }
}

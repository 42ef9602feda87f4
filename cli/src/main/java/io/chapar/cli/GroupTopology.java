package io.chapar.cli;

import io.chapar.client.admin.GroupDescription.InternalTopic;
import io.chapar.client.admin.GroupDescription.Subtopology;
import io.chapar.client.admin.GroupDescription.Topology;
import org.jspecify.annotations.Nullable;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// What the members of a streams group run.
final class GroupTopology {
    private GroupTopology() {
    }

    /// One line for each topic of a subtopology.
    static Table table(Topology topology) {
        Table table = new Table("subtopology", "topic", "role", "partitions", "replicas");
        for (Subtopology one : subtopologies(topology)) {
            one.sources().forEach(topic -> table.row(one.id(), topic, "source", null, null));
            one.repartitions().forEach(topic -> row(table, one, topic, "repartition source"));
            one.sinks().forEach(topic -> table.row(one.id(), topic, "repartition sink", null, null));
            one.changelogs().forEach(topic -> row(table, one, topic, "changelog"));
        }
        return table;
    }

    private static void row(Table table, Subtopology of, InternalTopic topic, String role) {
        table.row(of.id(), topic.name(), role, known(topic.partitions()), known(topic.replicas()));
    }

    static @Nullable Map<String, Object> object(@Nullable Topology topology) {
        if (topology == null) {
            return null;
        }
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("epoch", topology.epoch());
        object.put("subtopologies", topology.subtopologies() == null ? null
                : topology.subtopologies().stream().map(GroupTopology::object).toList());
        return object;
    }

    private static Map<String, Object> object(Subtopology one) {
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("subtopology", one.id());
        object.put("sources", one.sources());
        object.put("repartitionSinks", one.sinks());
        object.put("repartitionSources", one.repartitions().stream().map(GroupTopology::object).toList());
        object.put("changelogs", one.changelogs().stream().map(GroupTopology::object).toList());
        return object;
    }

    private static Map<String, Object> object(InternalTopic topic) {
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("topic", topic.name());
        object.put("partitions", known(topic.partitions()));
        object.put("replicas", known(topic.replicas()));
        object.put("config", topic.config());
        return object;
    }

    private static @Nullable Integer known(int number) {
        return number <= 0 ? null : number;
    }

    private static List<Subtopology> subtopologies(Topology topology) {
        List<Subtopology> all = topology.subtopologies();
        return all == null ? List.of() : all;
    }
}

package io.chapar.broker.group.streams;

import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/// How a group wants its tasks shared out.
///
/// @param standbys copies of each task's state, on other processes than the task
/// @param warmups of the whole group at a time; 0 moves tasks to where their state is not, too
/// @param acceptableLag of a copy that a task may move to at once, in records
/// @param rackTags over whose values standby tasks are spread
public record TaskConfig(int standbys, int warmups, long acceptableLag, List<String> rackTags) {
    public static final TaskConfig DEFAULTS = new TaskConfig(0, 2, 10_000, List.of());

    /// By the names that Kafka has them under in the log; when one of them changes, tasks are shared out anew.
    public SortedMap<String, String> stored() {
        SortedMap<String, String> all = new TreeMap<>();
        all.put("num.standby.replicas", Integer.toString(standbys));
        all.put("num.warmup.replicas", Integer.toString(warmups));
        all.put("acceptable.recovery.lag", Long.toString(acceptableLag));
        all.put("rack.aware.assignment.tags", String.join(",", rackTags));
        return all;
    }
}

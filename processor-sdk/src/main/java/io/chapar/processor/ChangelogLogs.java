package io.chapar.processor;

import io.chapar.client.ClientConfig;
import io.chapar.client.admin.Admin;
import io.chapar.client.admin.AdminResult;
import io.chapar.client.admin.OffsetSpec;
import io.chapar.client.metadata.TopicView;
import io.chapar.protocol.TopicPartition;

import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

import static java.util.Objects.requireNonNull;

/// Asks the cluster what is there of changelogs. The ends are those of all that is written, decided or not.
///
/// @param client a connection is opened for each question
record ChangelogLogs(ClientConfig client) {
    private static final String ANSWERED = "what was asked about is answered for";

    /// Of each. [io.chapar.client.ChaparException] when one cannot be told of.
    SortedMap<TopicPartition, Standing.Log> of(Set<TopicPartition> changelogs) {
        try (Admin admin = Admin.open(client)) {
            Set<String> topics = new TreeSet<>();
            changelogs.forEach(changelog -> topics.add(changelog.topic()));
            Map<String, AdminResult<TopicView>> views = admin.describeTopics(topics);
            Map<TopicPartition, Long> starts = offsets(admin, changelogs, new OffsetSpec.Earliest());
            Map<TopicPartition, Long> ends = offsets(admin, changelogs, new OffsetSpec.Latest());
            TreeMap<TopicPartition, Standing.Log> logs = new TreeMap<>();
            changelogs.forEach(changelog -> logs.put(changelog, new Standing.Log(
                    requireNonNull(views.get(changelog.topic()), ANSWERED).get().id(),
                    requireNonNull(starts.get(changelog), ANSWERED), requireNonNull(ends.get(changelog), ANSWERED))));
            return logs;
        }
    }

    private static Map<TopicPartition, Long> offsets(Admin admin, Set<TopicPartition> changelogs, OffsetSpec which) {
        TreeMap<TopicPartition, OffsetSpec> asked = new TreeMap<>();
        changelogs.forEach(changelog -> asked.put(changelog, which));
        TreeMap<TopicPartition, Long> offsets = new TreeMap<>();
        admin.listOffsets(asked, false).forEach((changelog, listed) ->
                offsets.put(changelog, listed.get().offset()));
        return offsets;
    }
}

package io.chapar.processor;

import io.chapar.client.ChaparException;
import io.chapar.client.UsageException;
import io.chapar.client.admin.Admin;
import io.chapar.client.admin.AdminResult;
import io.chapar.client.admin.OffsetSpec;
import io.chapar.client.metadata.PartitionView;
import io.chapar.client.metadata.TopicView;
import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;

import java.util.Collection;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

import static java.util.Objects.requireNonNull;

/// Asks the cluster what is there of changelogs.
record ChangelogLogs(Admin admin) {
    private static final String ANSWERED = "what was asked about is answered for";

    /// What could be told.
    ///
    /// @param askedMs by the wall clock: the ends are those of then or later
    /// @param logs with the ends of all that is written, decided or not
    /// @param decided behind the last entry that is decided
    /// @param hindrance why something is missing; null when nothing is
    record Answer(long askedMs, SortedMap<TopicPartition, Standing.Log> logs, SortedMap<TopicPartition, Long> decided,
            @Nullable String hindrance) {
    }

    /// Of each, with the ends of all that is written, decided or not. [ChaparException] when one cannot be told of,
    /// [UsageException] where its topic is there without it.
    SortedMap<TopicPartition, Standing.Log> of(Set<TopicPartition> changelogs) {
        Map<String, AdminResult<TopicView>> views = admin.describeTopics(topics(changelogs));
        TreeMap<String, TopicView> topics = new TreeMap<>();
        views.forEach((topic, view) -> topics.put(topic, view.get()));
        changelogs.forEach(changelog -> require(changelog, topics));
        return logs(changelogs, topics);
    }

    /// A topic is made with all its partitions: one that it does not have is not on its way, and whoever waited for it
    /// would wait for ever.
    private static void require(TopicPartition changelog, Map<String, TopicView> topics) {
        int there = requireNonNull(topics.get(changelog.topic()), ANSWERED).partitionCount();
        if (changelog.partition() >= there) {
            throw new UsageException("Topic " + changelog.topic() + " has " + there + " partitions, and partition "
                    + changelog.partition() + " has come to the topic whose state it keeps: a key's state would be"
                    + " looked for in another partition than it lies in. Give the step another name, or the application"
                    + " another id, and let it process everything anew");
        }
    }

    private SortedMap<TopicPartition, Standing.Log> logs(Set<TopicPartition> changelogs,
            Map<String, TopicView> topics) {
        Map<TopicPartition, Long> starts = offsets(changelogs, new OffsetSpec.Earliest(), false);
        Map<TopicPartition, Long> ends = offsets(changelogs, new OffsetSpec.Latest(), false);
        TreeMap<TopicPartition, Standing.Log> logs = new TreeMap<>();
        changelogs.forEach(changelog -> logs.put(changelog, new Standing.Log(
                requireNonNull(topics.get(changelog.topic()), ANSWERED).id(),
                requireNonNull(starts.get(changelog), ANSWERED), requireNonNull(ends.get(changelog), ANSWERED))));
        return logs;
    }

    private static Set<String> topics(Collection<TopicPartition> changelogs) {
        Set<String> topics = new TreeSet<>();
        changelogs.forEach(changelog -> topics.add(changelog.topic()));
        return topics;
    }

    private SortedMap<TopicPartition, Long> offsets(Set<TopicPartition> changelogs, OffsetSpec which,
            boolean committedOnly) {
        TreeMap<TopicPartition, OffsetSpec> asked = new TreeMap<>();
        changelogs.forEach(changelog -> asked.put(changelog, which));
        TreeMap<TopicPartition, Long> offsets = new TreeMap<>();
        admin.listOffsets(asked, committedOnly).forEach((changelog, listed) ->
                offsets.put(changelog, listed.get().offset()));
        return offsets;
    }

    /// Those whose leaders do not have what was read up to there, as far as it is known in which epoch that was
    /// written.
    SortedSet<TopicPartition> cut(Map<TopicPartition, Standing> read) {
        TreeMap<TopicPartition, Integer> asked = new TreeMap<>();
        read.forEach((changelog, standing) -> {
            if (standing.epoch() != Standing.NO_EPOCH) {
                asked.put(changelog, standing.epoch());
            }
        });
        TreeSet<TopicPartition> cut = new TreeSet<>();
        if (!asked.isEmpty()) {
            admin.epochEnds(asked).forEach((changelog, end) -> {
                Standing standing = requireNonNull(read.get(changelog), "asked for");
                if (!end.get().holds(standing.epoch(), standing.offset())) {
                    cut.add(changelog);
                }
            });
        }
        return cut;
    }

    /// The logs of some changelogs, and how far others are decided. What cannot be told of one holds up no other: each
    /// leader is asked on its own.
    Answer told(Set<TopicPartition> logs, Set<TopicPartition> decided) {
        long askedMs = System.currentTimeMillis();
        Telling telling = new Telling();
        TreeSet<TopicPartition> all = new TreeSet<>(logs);
        all.addAll(decided);
        telling.describe(all);
        telling.byLeader(logs).forEach(some -> telling.attempt(some, () ->
                telling.logs.putAll(logs(some, telling.topics))));
        telling.byLeader(decided).forEach(some -> telling.attempt(some, () ->
                telling.decided.putAll(offsets(some, new OffsetSpec.Latest(), true))));
        return new Answer(askedMs, telling.logs, telling.decided, telling.hindrance);
    }

    private final class Telling {
        private final TreeMap<String, TopicView> topics = new TreeMap<>();
        private final TreeMap<TopicPartition, Standing.Log> logs = new TreeMap<>();
        private final TreeMap<TopicPartition, Long> decided = new TreeMap<>();
        private @Nullable String hindrance;

        void describe(SortedSet<TopicPartition> all) {
            attempt(all, () -> admin.describeTopics(topics(all)).forEach((topic, view) -> {
                switch (view) {
                    case AdminResult.Done<TopicView>(TopicView found) -> topics.put(topic, found);
                    case AdminResult.Refused<TopicView> refused ->
                        hindrance = "topic " + topic + ": " + refused.error();
                }
            }));
        }

        /// Those that have one.
        Collection<SortedSet<TopicPartition>> byLeader(Set<TopicPartition> changelogs) {
            TreeMap<Integer, SortedSet<TopicPartition>> byLeader = new TreeMap<>();
            for (TopicPartition changelog : changelogs) {
                TopicView topic = topics.get(changelog.topic());
                PartitionView partition = topic == null ? null : topic.partition(changelog.partition());
                if (partition != null && partition.leaderId() >= 0) {
                    byLeader.computeIfAbsent(partition.leaderId(), leader -> new TreeSet<>()).add(changelog);
                } else if (topic != null) {
                    hindrance = changelog + (partition == null ? " does not exist" : " has no leader");
                }
            }
            return byLeader.values();
        }

        void attempt(SortedSet<TopicPartition> some, Runnable question) {
            if (some.isEmpty()) {
                return;
            }
            try {
                question.run();
            } catch (ChaparException e) {
                hindrance = some.first() + ": " + e.getMessage();
            }
        }
    }
}

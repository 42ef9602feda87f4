package io.chapar.broker.metadata;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

import static java.util.Objects.requireNonNull;

/// What differs between two images, so that whoever follows need not look at what is as it was.
///
/// @param topics those that came, went, or are not what they were
/// @param isConfigured whether settings changed that are no topic's, which may mean something for every topic
public record ClusterDelta(Collection<TopicChange> topics, boolean isConfigured) {
    public ClusterDelta {
        topics = List.copyOf(topics);
    }

    public ClusterDelta(Collection<TopicChange> topics) {
        this(topics, false);
    }

    /// Between any two images of one cluster, however far apart; looks at all topics of both.
    public static ClusterDelta between(ClusterImage before, ClusterImage after) {
        List<TopicChange> changes = new ArrayList<>();
        before.topicsById().forEach((id, was) -> {
            TopicImage is = after.topic(id);
            if (!was.equals(is)) {
                changes.add(new TopicChange(was, is));
            }
        });
        after.topicsById().forEach((id, is) -> {
            if (before.topic(id) == null) {
                changes.add(new TopicChange(null, is));
            }
        });
        return new ClusterDelta(changes, !before.settings().configs().equals(after.settings().configs()));
    }

    /// @param was null when it did not exist
    /// @param is null when it does not exist any more; else of the same id
    public record TopicChange(@Nullable TopicImage was, @Nullable TopicImage is) {
        public TopicImage known() {
            return is != null ? is : requireNonNull(was, "a topic came, went or is not what it was");
        }

        public boolean isCreated() {
            return was == null;
        }

        public boolean isDeleted() {
            return is == null;
        }

        /// Whether it has come, gone, or has more partitions.
        public boolean isReshaped() {
            return was == null || is == null || was.partitions() != is.partitions();
        }
    }
}

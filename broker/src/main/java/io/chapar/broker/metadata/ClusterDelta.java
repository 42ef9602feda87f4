package io.chapar.broker.metadata;

import org.jspecify.annotations.Nullable;

import java.util.Collection;
import java.util.List;

import static java.util.Objects.requireNonNull;

/// What differs between two images, so that whoever follows need not look at what is as it was.
///
/// @param topics those that came, went, or are not what they were
public record ClusterDelta(Collection<TopicChange> topics) {
    public ClusterDelta {
        topics = List.copyOf(topics);
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
    }
}

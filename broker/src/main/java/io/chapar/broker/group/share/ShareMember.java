package io.chapar.broker.group.share;

import io.chapar.broker.group.modern.ModernMember;
import org.jspecify.annotations.Nullable;

import java.util.Collections;
import java.util.SortedSet;
import java.util.TreeSet;

/// What a member of a share group says about itself.
///
/// @param topics that it wants records of, by name
public record ShareMember(
        String id, @Nullable String rackId, String clientId, String clientHost, SortedSet<String> topics)
        implements ModernMember {
    private static final int BYTES = 300;
    private static final int TOPIC_BYTES = 80;

    public ShareMember {
        topics = Collections.unmodifiableSortedSet(new TreeSet<>(topics));
    }

    /// All are dynamic.
    @Override
    public @Nullable String instanceId() {
        return null;
    }

    /// About what it takes in memory; never less than what the client sent.
    public long bytes() {
        long bytes = BYTES + 2L * (id.length() + clientId.length() + clientHost.length()
                + (rackId == null ? 0 : rackId.length()));
        for (String topic : topics) {
            bytes += TOPIC_BYTES + 2L * topic.length();
        }
        return bytes;
    }
}

package io.chapar.broker.group;

import io.chapar.protocol.MalformedMessageException;
import io.chapar.protocol.WireReader;
import io.chapar.protocol.message.ConsumerProtocolSubscription;
import org.jspecify.annotations.Nullable;

import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/// What consumers say about themselves when they join.
final class Subscriptions {
    /// Of all members together, a topic of two members twice. The topics of members that name more are not known.
    static final int MOST_TOPICS = 50_000;

    private Subscriptions() {}

    /// The topics of all members together; null when the group is not of consumers, one of them does not speak the
    /// consumer protocol, or they name too many.
    static @Nullable SortedSet<String> topics(Group group) {
        if (!Group.CONSUMER.equals(group.protocolType())) {
            return null;
        }
        SortedSet<String> all = new TreeSet<>();
        if (group.protocol() == null) {
            return all;
        }
        int named = 0;
        try {
            for (Member member : group.members()) {
                WireReader in = new WireReader(
                        member.metadata(group.protocol()).duplicate(), MOST_TOPICS - named);
                if (in.int16() < ConsumerProtocolSubscription.LOWEST_VERSION) {
                    return null;
                }
                // They come first in every version.
                List<String> topics = WireReader.required(in.list(false, Subscriptions::topic), "topics");
                named += topics.size();
                all.addAll(topics);
            }
        } catch (MalformedMessageException e) {
            return null;
        }
        return all;
    }

    private static String topic(WireReader in) {
        return WireReader.required(in.string(false), "topic");
    }
}

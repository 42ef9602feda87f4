package io.chapar.broker.group;

import io.chapar.protocol.MalformedMessageException;
import io.chapar.protocol.WireReader;
import io.chapar.protocol.message.ConsumerProtocolSubscription;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.util.SortedSet;
import java.util.TreeSet;

/// What consumers say about themselves when they join.
final class Subscriptions {
    private Subscriptions() {}

    /// The topics of all members together; null when the group is not of consumers, or one of them does not speak
    /// the consumer protocol.
    static @Nullable SortedSet<String> topics(Group group) {
        if (!Group.CONSUMER.equals(group.protocolType())) {
            return null;
        }
        SortedSet<String> all = new TreeSet<>();
        if (group.protocol() == null) {
            return all;
        }
        try {
            for (Member member : group.members()) {
                ByteBuffer bytes = member.metadata(group.protocol()).duplicate();
                WireReader in = new WireReader(bytes);
                short version = in.int16();
                if (version < ConsumerProtocolSubscription.LOWEST_VERSION) {
                    return null;
                }
                // A later version only adds fields at the end.
                short known = (short) Math.min(version, ConsumerProtocolSubscription.HIGHEST_VERSION);
                all.addAll(ConsumerProtocolSubscription.read(in, known).topics());
            }
        } catch (MalformedMessageException e) {
            return null;
        }
        return all;
    }
}

package io.chapar.client.consumer;

import io.chapar.protocol.MalformedMessageException;
import io.chapar.protocol.Message;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.WireReader;
import io.chapar.protocol.WireWriter;
import io.chapar.protocol.message.ConsumerProtocolAssignment;
import io.chapar.protocol.message.ConsumerProtocolSubscription;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/// The bytes that members of a "consumer" group exchange through the coordinator, as Kafka's clients write them:
/// ```
/// subscription  version i16 | topics | user data | owned partitions (1) | generation (2) | rack (3)
/// assignment    version i16 | partitions | user data
/// ```
/// A version above those known here only adds fields at the end, which are left unread.
final class SubscriptionCodec {
    static final String PROTOCOL_TYPE = "consumer";

    private SubscriptionCodec() {
    }

    static ByteBuffer subscription(GroupSubscription subscription) {
        List<ConsumerProtocolSubscription.TopicPartition> owned = new ArrayList<>();
        byTopic(subscription.owned()).forEach((topic, partitions) ->
                owned.add(new ConsumerProtocolSubscription.TopicPartition(topic, partitions)));
        return bytes(ConsumerProtocolSubscription.HIGHEST_VERSION, ConsumerProtocolSubscription.builder()
                .topics(List.copyOf(subscription.topics()))
                .userData(subscription.userData())
                .ownedPartitions(owned)
                .generationId(subscription.generation())
                .build());
    }

    static GroupSubscription subscription(ByteBuffer bytes) {
        WireReader in = new WireReader(bytes.duplicate());
        short version = version(in.int16(), ConsumerProtocolSubscription.HIGHEST_VERSION);
        ConsumerProtocolSubscription told = ConsumerProtocolSubscription.read(in, version);
        SortedSet<TopicPartition> owned = new TreeSet<>();
        for (ConsumerProtocolSubscription.TopicPartition topic : told.ownedPartitions()) {
            topic.partitions().forEach(number -> owned.add(new TopicPartition(topic.topic(), number)));
        }
        return new GroupSubscription(new TreeSet<>(told.topics()), owned, told.generationId(), told.userData());
    }

    static ByteBuffer assignment(Collection<TopicPartition> partitions) {
        return assignment(partitions, null);
    }

    static ByteBuffer assignment(Collection<TopicPartition> partitions, @Nullable ByteBuffer userData) {
        List<ConsumerProtocolAssignment.TopicPartition> topics = new ArrayList<>();
        byTopic(partitions).forEach((topic, numbers) ->
                topics.add(new ConsumerProtocolAssignment.TopicPartition(topic, numbers)));
        return bytes(ConsumerProtocolAssignment.HIGHEST_VERSION,
                ConsumerProtocolAssignment.builder().assignedPartitions(topics).userData(userData).build());
    }

    /// Empty bytes are an empty assignment.
    static SortedSet<TopicPartition> assignment(ByteBuffer bytes) {
        SortedSet<TopicPartition> partitions = new TreeSet<>();
        if (!bytes.hasRemaining()) {
            return partitions;
        }
        for (ConsumerProtocolAssignment.TopicPartition topic : told(bytes).assignedPartitions()) {
            topic.partitions().forEach(number -> partitions.add(new TopicPartition(topic.topic(), number)));
        }
        return partitions;
    }

    /// Null when nothing is told.
    static @Nullable ByteBuffer assignedUserData(ByteBuffer bytes) {
        return bytes.hasRemaining() ? told(bytes).userData() : null;
    }

    private static ConsumerProtocolAssignment told(ByteBuffer bytes) {
        WireReader in = new WireReader(bytes.duplicate());
        short version = version(in.int16(), ConsumerProtocolAssignment.HIGHEST_VERSION);
        return ConsumerProtocolAssignment.read(in, version);
    }

    private static short version(short told, short highest) {
        if (told < 0) {
            throw new MalformedMessageException("consumer protocol version " + told);
        }
        return told > highest ? highest : told;
    }

    private static ByteBuffer bytes(short version, Message message) {
        WireWriter out = new WireWriter();
        out.int16(version);
        message.write(out, version);
        return out.toBuffer();
    }

    private static SortedMap<String, List<Integer>> byTopic(Collection<TopicPartition> partitions) {
        SortedMap<String, List<Integer>> byTopic = new TreeMap<>();
        new TreeSet<>(partitions).forEach(partition ->
                byTopic.computeIfAbsent(partition.topic(), topic -> new ArrayList<>()).add(partition.partition()));
        return byTopic;
    }
}

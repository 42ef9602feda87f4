package io.chapar.broker.group;

import io.chapar.broker.group.consumer.ConsumerMember.ClassicProtocol;
import io.chapar.broker.group.consumer.HeldPartitions;
import io.chapar.broker.group.consumer.Standing.Owned;
import io.chapar.broker.group.consumer.TopicDirectory;
import io.chapar.protocol.MalformedMessageException;
import io.chapar.protocol.WireReader;
import io.chapar.protocol.WireWriter;
import io.chapar.protocol.message.ConsumerProtocolAssignment;
import io.chapar.protocol.message.ConsumerProtocolAssignment.TopicPartition;
import io.chapar.protocol.message.ConsumerProtocolSubscription;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;

/// What consumers say inside the classic protocol, which the coordinator of a classic group only hands on: metadata of
/// a member, and its part. A version comes first; one that is later than what is known here is read as the latest.
final class EmbeddedProtocol {
    /// Partitions of a topic that a leader may have heard of before this broker has.
    private static final int MOST_AHEAD = 1_000;

    private EmbeddedProtocol() {}

    /// @param topics that the member subscribes to
    /// @param owned what it has not given up, of topics that there are
    /// @param rackId null when it does not say
    record Said(SortedSet<String> topics, List<Owned> owned, @Nullable String rackId) {}

    /// What the member says under the protocol that it likes best; null when it is not that of a consumer.
    static @Nullable Said read(List<ClassicProtocol> protocols, TopicDirectory directory) {
        if (protocols.isEmpty()) {
            return null;
        }
        try {
            WireReader in = reader(protocols.getFirst().metadata());
            ConsumerProtocolSubscription said =
                    ConsumerProtocolSubscription.read(in, version(in, ConsumerProtocolSubscription.HIGHEST_VERSION));
            List<Owned> owned = new ArrayList<>();
            for (ConsumerProtocolSubscription.TopicPartition one : said.ownedPartitions()) {
                TopicDirectory.Topic topic = directory.topic(one.topic());
                if (topic != null) {
                    owned.add(new Owned(topic.id(), one.partitions()));
                }
            }
            return new Said(new TreeSet<>(said.topics()), owned, said.rackId());
        } catch (MalformedMessageException e) {
            return null;
        }
    }

    /// The partitions of a part, of topics that there are, also new ones that the directory does not have yet: somebody
    /// works on them, and gives them up before anybody else gets them. Null when it is not that of a consumer, or says
    /// more than partitions: an assignor of its own (Kafka Streams has one) says what nobody here could in its place.
    static @Nullable HeldPartitions held(ByteBuffer assignment, int sinceEpoch, TopicDirectory directory) {
        if (!assignment.hasRemaining()) {
            return HeldPartitions.NONE;
        }
        try {
            WireReader in = reader(assignment);
            HeldPartitions.Builder held = new HeldPartitions.Builder();
            ConsumerProtocolAssignment part =
                    ConsumerProtocolAssignment.read(in, version(in, ConsumerProtocolAssignment.HIGHEST_VERSION));
            if (part.userData() != null && part.userData().hasRemaining()) {
                return null;
            }
            for (TopicPartition one : part.assignedPartitions()) {
                TopicDirectory.Topic topic = directory.topic(one.topic());
                for (int partition : topic == null ? List.<Integer>of() : one.partitions()) {
                    if (topic != null && partition >= 0 && partition < topic.partitions() + MOST_AHEAD) {
                        held.add(topic.id(), partition, sinceEpoch);
                    }
                }
            }
            return held.build();
        } catch (MalformedMessageException e) {
            return null;
        }
    }

    /// As a member reads its part that speaks this version of metadata; without topics that are no more.
    static ByteBuffer assignment(List<ClassicProtocol> protocols, HeldPartitions held, TopicDirectory directory) {
        Map<String, List<Integer>> byName = new TreeMap<>();
        for (Map.Entry<UUID, ? extends Map<Integer, Integer>> one : held.byTopic().entrySet()) {
            String name = directory.name(one.getKey());
            if (name != null) {
                byName.computeIfAbsent(name, _ -> new ArrayList<>()).addAll(one.getValue().keySet());
            }
        }
        List<TopicPartition> topics = new ArrayList<>();
        byName.forEach((name, partitions) -> topics.add(new TopicPartition(name, partitions)));
        short version = version(reader(protocols.getFirst().metadata()), ConsumerProtocolAssignment.HIGHEST_VERSION);
        WireWriter out = new WireWriter();
        out.int16(version);
        new ConsumerProtocolAssignment(topics, null).write(out, version);
        ByteBuffer written = out.toBuffer();
        return ByteBuffer.allocate(written.remaining()).put(written).flip().asReadOnlyBuffer();
    }

    private static WireReader reader(ByteBuffer bytes) {
        return new WireReader(bytes.duplicate(), Subscriptions.MOST_TOPICS);
    }

    private static short version(WireReader in, short highest) {
        short said = in.int16();
        if (said < 0) {
            throw new MalformedMessageException("version " + said + " of what a consumer says");
        }
        return said < highest ? said : highest;
    }
}

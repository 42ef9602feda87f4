package io.chapar.client.consumer;

import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/// As [CooperativeStickyAssignor], but partitions of one number go to one member together in topics that belong
/// together: it shares out the partitions of the first topic (by name) of each such set, and gives the others with
/// them. What belongs together is in the members' user data; sets of different members that have a topic in common are
/// one set.
///
/// ```
/// user data   generation i32 | sets, UTF-8: topics separated by ',', sets by ';'
/// ```
final class TogetherAssignor implements Assignor {
    /// More than this of one member's sets is not read.
    private static final int MAX_BYTES = 1 << 20;

    private final CooperativeStickyAssignor sticky = new CooperativeStickyAssignor();
    private final String sets;

    /// `sets` as in the user data; empty when only those of members are read.
    TogetherAssignor(String sets) {
        this.sets = sets;
    }

    @Override
    public ByteBuffer userData(int generation) {
        byte[] text = sets.getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(Integer.BYTES + text.length).putInt(generation).put(text).flip();
    }

    @Override
    public SortedMap<String, SortedSet<TopicPartition>> assign(Map<String, Integer> partitionCounts,
            List<Member> members) {
        Map<String, String> firsts = firsts(members);
        TreeMap<String, Integer> counts = new TreeMap<>();
        partitionCounts.forEach((topic, count) -> counts.merge(first(firsts, topic), count, Math::max));
        List<Member> reduced = members.stream().map(member -> reduced(member, firsts)).toList();
        TreeMap<String, List<String>> followers = new TreeMap<>();
        partitionCounts.keySet().forEach(topic ->
                followers.computeIfAbsent(first(firsts, topic), key -> new ArrayList<>()).add(topic));
        SortedMap<String, SortedSet<TopicPartition>> shares = new TreeMap<>();
        sticky.assign(counts, reduced).forEach((id, share) -> {
            TreeSet<TopicPartition> all = new TreeSet<>();
            for (TopicPartition one : share) {
                for (String topic : followers.getOrDefault(one.topic(), List.of())) {
                    if (one.partition() < partitionCounts.getOrDefault(topic, 0)) {
                        all.add(new TopicPartition(topic, one.partition()));
                    }
                }
            }
            shares.put(id, all);
        });
        return shares;
    }

    private static Member reduced(Member member, Map<String, String> firsts) {
        GroupSubscription told = member.subscription();
        TreeSet<String> topics = new TreeSet<>();
        told.topics().forEach(topic -> topics.add(first(firsts, topic)));
        TreeSet<TopicPartition> owned = new TreeSet<>();
        told.owned().forEach(one -> owned.add(new TopicPartition(first(firsts, one.topic()), one.partition())));
        return new Member(member.id(), member.instanceId(),
                new GroupSubscription(topics, owned, told.generation(), told.userData()));
    }

    /// The first topic of each topic's set; none for those that stand alone.
    private static Map<String, String> firsts(List<Member> members) {
        TreeMap<String, String> firsts = new TreeMap<>();
        for (Member member : members) {
            for (String set : text(member.subscription().userData()).split(";")) {
                String[] topics = set.split(",");
                for (String topic : topics) {
                    join(firsts, topics[0], topic);
                }
            }
        }
        return firsts;
    }

    private static void join(Map<String, String> firsts, String one, String other) {
        String a = first(firsts, one);
        String b = first(firsts, other);
        if (!a.equals(b)) {
            String least = a.compareTo(b) < 0 ? a : b;
            firsts.put(least.equals(a) ? b : a, least);
        }
    }

    private static String first(Map<String, String> firsts, String topic) {
        String at = topic;
        while (firsts.containsKey(at)) {
            at = firsts.get(at);
        }
        return at;
    }

    private static String text(@Nullable ByteBuffer userData) {
        if (userData == null || userData.remaining() <= Integer.BYTES || userData.remaining() > MAX_BYTES) {
            return "";
        }
        ByteBuffer text = userData.duplicate();
        text.position(text.position() + Integer.BYTES);
        return StandardCharsets.UTF_8.decode(text).toString();
    }
}

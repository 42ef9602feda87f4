package io.chapar.client.consumer;

import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

import static java.util.Objects.requireNonNull;

/// Kafka's range strategy: for each topic its subscribers in order, static members by instance id first, then dynamic
/// ones by member id; each gets a run of neighbouring partitions, the first ones one more where it does not come out
/// even.
final class RangeAssignor implements Assignor {
    private static final Comparator<Member> ORDER = Comparator
            .comparing(Member::instanceId, Comparator.nullsLast(Comparator.naturalOrder()))
            .thenComparing(Member::id);

    @Override
    public @Nullable ByteBuffer userData(int generation) {
        return null;
    }

    @Override
    public SortedMap<String, SortedSet<TopicPartition>> assign(Map<String, Integer> partitionCounts,
            List<Member> members) {
        List<Member> ordered = new ArrayList<>(members);
        ordered.sort(ORDER);
        SortedMap<String, SortedSet<TopicPartition>> shares = new TreeMap<>();
        Map<String, List<String>> subscribers = new TreeMap<>();
        for (Member member : ordered) {
            shares.put(member.id(), new TreeSet<>());
            for (String topic : member.subscription().topics()) {
                subscribers.computeIfAbsent(topic, name -> new ArrayList<>()).add(member.id());
            }
        }
        subscribers.forEach((topic, ids) -> {
            int partitions = partitionCounts.getOrDefault(topic, 0);
            int next = 0;
            for (int i = 0; i < ids.size(); i++) {
                int share = partitions / ids.size() + (i < partitions % ids.size() ? 1 : 0);
                for (int end = next + share; next < end; next++) {
                    requireNonNull(shares.get(ids.get(i)), "every member has a share")
                            .add(new TopicPartition(topic, next));
                }
            }
        });
        return shares;
    }
}

package io.chapar.broker.group.share;

import io.chapar.broker.group.consumer.PartitionSet;
import io.chapar.broker.group.consumer.TopicDirectory;
import io.chapar.broker.group.share.ShareGroupRecord.TargetEpochSet;
import io.chapar.broker.group.share.ShareGroupRecord.TargetSet;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/// Who of a share group reads which partitions. Every partition is read by somebody, and every member reads something
/// where it can; no partition has two readers more than another one that the same members want, and no member two
/// partitions more than one that wants the same.
public final class ShareTargets {
    /// As Kafka names it.
    public static final String ASSIGNOR = "simple";

    private ShareTargets() {}

    private record Place(UUID topic, int partition) {}

    /// The records that make the group's epoch that of its target: those of members whose part changes, and at the end
    /// the epoch.
    public static List<ShareGroupRecord> share(ShareGroup group, TopicDirectory directory, long nowMs) {
        Map<String, PartitionSet.Builder> given = new LinkedHashMap<>();
        group.members().forEach(member -> given.put(member.id(), new PartitionSet.Builder()));
        Map<Set<String>, List<ShareMember>> together = new LinkedHashMap<>();
        group.members().forEach(member ->
                together.computeIfAbsent(member.topics(), _ -> new ArrayList<>()).add(member));
        if (together.size() == 1) {
            deal(places(group, group.topics(), directory), List.copyOf(group.members()), 0, given);
        } else {
            int from = 0;
            for (String topic : group.topics()) {
                List<ShareMember> among = new ArrayList<>();
                for (ShareMember member : group.members()) {
                    if (member.topics().contains(topic)) {
                        among.add(member);
                    }
                }
                List<Place> places = places(group, new LinkedHashSet<>(List.of(topic)), directory);
                deal(places, among, from, given);
                from += places.size();
            }
        }
        List<ShareGroupRecord> records = new ArrayList<>();
        given.forEach((member, part) -> {
            PartitionSet now = part.build();
            if (!now.equals(group.target(member))) {
                records.add(new TargetSet(group.id(), member, now));
            }
        });
        records.add(new TargetEpochSet(group.id(), group.epoch(), nowMs));
        return records;
    }

    /// About how many steps [#share] makes, at most.
    public static long steps(ShareGroup group, TopicDirectory directory) {
        long partitions = 0;
        for (String name : group.topics()) {
            TopicDirectory.Topic topic = directory.topic(name);
            partitions += topic == null ? 1 : topic.partitions();
        }
        return partitions + (long) group.size() * (1 + group.topics().size());
    }

    private static List<Place> places(ShareGroup group, Set<String> topics, TopicDirectory directory) {
        List<Place> all = new ArrayList<>();
        for (String name : topics) {
            TopicDirectory.Topic topic = directory.topic(name);
            if (topic != null) {
                for (int partition = 0; partition < topic.partitions(); partition++) {
                    if (group.begun().partitions().has(topic.id(), partition)) {
                        all.add(new Place(topic.id(), partition));
                    }
                }
            }
        }
        return all;
    }

    private static void deal(
            List<Place> places, List<ShareMember> among, int from, Map<String, PartitionSet.Builder> given) {
        if (places.isEmpty() || among.isEmpty()) {
            return;
        }
        int count = Math.max(places.size(), among.size());
        for (int i = 0; i < count; i++) {
            Place place = places.get(i % places.size());
            String member = among.get((from + i) % among.size()).id();
            given.getOrDefault(member, new PartitionSet.Builder()).add(place.topic(), place.partition());
        }
    }
}

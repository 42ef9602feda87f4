package io.chapar.console.view;

import io.chapar.client.ChaparException;
import io.chapar.client.OffsetAndMetadata;
import io.chapar.client.admin.AdminResult;
import io.chapar.client.admin.OffsetSpec;
import io.chapar.client.admin.ShareOffset;
import io.chapar.console.web.Refusal;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/// How far groups are behind.
///
/// @param lag offsets up to where readers of committed records stop; null where it is not known
/// @param held offsets behind that, which open transactions hold back
/// @param topics in which it is behind
/// @param heldAt where one does, as `TOPIC/PARTITION`; null where none does
record GroupLag(String group, @Nullable Long lag, long held, SortedSet<String> topics, @Nullable String heldAt) {
    /// In one look; groups on top are not looked at.
    private static final int MOST_PARTITIONS = 20_000;

    static GroupLag unknown(String group) {
        return new GroupLag(group, null, 0, new TreeSet<>(), null);
    }

    /// By group; each costs a request.
    ///
    /// @param kinds of the groups, as they are listed
    static Map<String, GroupLag> of(ClusterLink cluster, Map<String, String> kinds) {
        Map<String, GroupLag> lags = new LinkedHashMap<>();
        Map<String, Map<TopicPartition, OffsetAndMetadata>> committed = new LinkedHashMap<>();
        SortedSet<TopicPartition> partitions = new TreeSet<>();
        kinds.forEach((group, kind) -> {
            if (kind.equalsIgnoreCase("share")) {
                lags.put(group, ofShare(cluster, group));
            } else if (partitions.size() < MOST_PARTITIONS) {
                Map<TopicPartition, OffsetAndMetadata> its = cluster.admin().committedOffsets(group);
                committed.put(group, its);
                partitions.addAll(its.keySet());
            } else {
                lags.put(group, unknown(group));
            }
        });
        // The stable ends first: an end that was asked for later is never before them.
        Map<TopicPartition, Long> stables = cluster.offsets(partitions, new OffsetSpec.Latest(), true);
        Map<TopicPartition, Long> ends = cluster.offsets(partitions, new OffsetSpec.Latest(), false);
        committed.forEach((group, its) -> lags.put(group, of(group, its, stables, ends)));
        return lags;
    }

    private static GroupLag of(String group, Map<TopicPartition, OffsetAndMetadata> committed,
            Map<TopicPartition, Long> stables, Map<TopicPartition, Long> ends) {
        long lag = 0;
        long held = 0;
        String heldAt = null;
        SortedSet<String> topics = new TreeSet<>();
        for (Map.Entry<TopicPartition, OffsetAndMetadata> each : committed.entrySet()) {
            Long end = ends.get(each.getKey());
            Long stable = stables.get(each.getKey());
            if (end == null || stable == null) {
                continue;
            }
            long missing = Math.max(0, stable - each.getValue().offset());
            lag += missing;
            if (missing > 0) {
                topics.add(each.getKey().topic());
            }
            if (end > stable && end > each.getValue().offset()) {
                held += end - Math.max(stable, each.getValue().offset());
                heldAt = heldAt == null ? each.getKey().topic() + "/" + each.getKey().partition() : heldAt;
            }
        }
        return new GroupLag(group, lag, held, topics, heldAt);
    }

    /// Unknown where the group is gone by now.
    private static GroupLag ofShare(ClusterLink cluster, String group) {
        long lag = 0;
        SortedSet<String> topics = new TreeSet<>();
        Map<TopicPartition, ShareOffset> offsets;
        try {
            offsets = shareOffsets(cluster, group);
        } catch (Refusal gone) {
            return unknown(group);
        }
        for (Map.Entry<TopicPartition, ShareOffset> each : offsets.entrySet()) {
            Long its = each.getValue().lag();
            if (its != null && its > 0) {
                lag += its;
                topics.add(each.getKey().topic());
            }
        }
        return new GroupLag(group, lag, 0, topics, null);
    }

    /// Of those partitions of which it is known.
    static Map<TopicPartition, ShareOffset> shareOffsets(ClusterLink cluster, String group) {
        Map<TopicPartition, ShareOffset> known = new TreeMap<>();
        Collection<Map.Entry<TopicPartition, AdminResult<ShareOffset>>> all =
                ClusterLink.value(cluster.admin().shareOffsets(group), "group", group).entrySet();
        for (Map.Entry<TopicPartition, AdminResult<ShareOffset>> each : all) {
            switch (each.getValue()) {
                case AdminResult.Done<ShareOffset>(ShareOffset offset) -> known.put(each.getKey(), offset);
                case AdminResult.Refused<ShareOffset>(ErrorCode _, ChaparException _) -> { }
            }
        }
        return known;
    }
}

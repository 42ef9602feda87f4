package io.chapar.console.view;

import io.chapar.client.OffsetAndMetadata;
import io.chapar.client.admin.GroupDescription;
import io.chapar.client.admin.OffsetSpec;
import io.chapar.client.admin.ShareOffset;
import io.chapar.console.web.Query;
import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/// One group of any kind: its members and what they have, how far it is in each partition, and its lag over time.
final class GroupPage {
    private static final int MOST_MEMBERS = 200;
    private static final int MOST_PARTITIONS = 500;
    /// Partitions or tasks of a member, and members that have a partition, that are named.
    private static final int MOST_NAMED = 50;

    /// @param epoch of groups whose coordinator shares out the work
    /// @param targetEpoch another one while members still come to what they are to have
    record Page(String group, String kind, String state, @Nullable String protocolType, @Nullable String assignor,
            int coordinator, @Nullable Integer epoch, @Nullable Integer targetEpoch, @Nullable Topology topology,
            int memberCount, List<MemberRow> members, int partitionCount, List<PartitionRow> partitions,
            List<LagHistory.Sample> history) {
    }

    /// @param has partitions, or tasks as `ROLE SUBTOPOLOGY_PARTITION`
    record MemberRow(String member, @Nullable String instance, String client, String host, @Nullable Integer epoch,
            int count, List<String> has) {
    }

    /// @param epoch of Kafka Streams' topology
    record Topology(int epoch, @Nullable List<Subtopology> subtopologies) {
    }

    record Subtopology(String id, List<String> sources, List<String> sinks) {
    }

    /// @param committed of a share group: before this all are done with
    record PartitionRow(String topic, int partition, @Nullable Long committed, @Nullable Long stable,
            @Nullable Long end, @Nullable Long lag, @Nullable Long held, List<String> members) {
    }

    private final ClusterLink cluster;
    private final LagHistory history;

    GroupPage(ClusterLink cluster, LagHistory history) {
        this.cluster = cluster;
        this.history = history;
    }

    Page page(Query query) {
        String id = query.text("id");
        GroupDescription group =
                ClusterLink.value(cluster.admin().describeGroups(List.of(id)).get(id), "group", id);
        SortedMap<TopicPartition, List<String>> readers = readers(group);
        List<PartitionRow> partitions = group instanceof GroupDescription.Share
                ? ofShare(id, readers) : ofOffsets(id, readers);
        List<MemberRow> members = group.members().stream().limit(MOST_MEMBERS).map(GroupPage::row).toList();
        String kind = kind(group);
        GroupDescription.Epochs epochs = epochs(group);
        return new Page(id, kind, group.state(),
                group instanceof GroupDescription.Classic classic ? classic.protocolType() : null, assignor(group),
                group.coordinator().id(), epochs == null ? null : epochs.group(),
                epochs == null ? null : epochs.target(), topology(group), group.members().size(), members,
                partitions.size(), Topics.part(partitions, query.count("from", 0, 0, Integer.MAX_VALUE),
                        MOST_PARTITIONS),
                history.look(id, kind));
    }

    static String kind(GroupDescription group) {
        return switch (group) {
            case GroupDescription.Classic _ -> "classic";
            case GroupDescription.Consumer _ -> "consumer";
            case GroupDescription.Streams _ -> "streams";
            case GroupDescription.Share _ -> "share";
        };
    }

    private static @Nullable String assignor(GroupDescription group) {
        return switch (group) {
            case GroupDescription.Classic classic -> classic.protocol();
            case GroupDescription.Consumer consumer -> consumer.assignor();
            case GroupDescription.Streams streams -> streams.assignor();
            case GroupDescription.Share share -> share.assignor();
        };
    }

    private static GroupDescription.@Nullable Epochs epochs(GroupDescription group) {
        return switch (group) {
            case GroupDescription.Classic _ -> null;
            case GroupDescription.Consumer consumer -> consumer.epochs();
            case GroupDescription.Streams streams -> streams.epochs();
            case GroupDescription.Share share -> share.epochs();
        };
    }

    private static @Nullable Topology topology(GroupDescription group) {
        if (!(group instanceof GroupDescription.Streams streams) || streams.topology() == null) {
            return null;
        }
        List<GroupDescription.Subtopology> parts = streams.topology().subtopologies();
        return new Topology(streams.topology().epoch(), parts == null ? null : parts.stream().limit(MOST_NAMED)
                .map(one -> new Subtopology(one.id(), Topics.part(one.sources(), 0, MOST_NAMED),
                        Topics.part(one.sinks(), 0, MOST_NAMED))).toList());
    }

    private static SortedMap<TopicPartition, List<String>> readers(GroupDescription group) {
        SortedMap<TopicPartition, List<String>> readers = new TreeMap<>();
        for (GroupDescription.Member member : group.members()) {
            List<TopicPartition> its = switch (member) {
                case GroupDescription.ClassicMember classic -> classic.assignment();
                case GroupDescription.ConsumerMember consumer -> consumer.assignment();
                case GroupDescription.ShareMember share -> share.assignment();
                case GroupDescription.StreamsMember _ -> List.of();
            };
            its.forEach(id -> readers.computeIfAbsent(id, _ -> new ArrayList<>()).add(member.memberId()));
        }
        return readers;
    }

    private static MemberRow row(GroupDescription.Member member) {
        return switch (member) {
            case GroupDescription.ClassicMember one -> row(one, one.instanceId(), null, names(one.assignment()));
            case GroupDescription.ConsumerMember one ->
                    row(one, one.instanceId(), one.epoch(), names(one.assignment()));
            case GroupDescription.ShareMember one -> row(one, null, one.epoch(), names(one.assignment()));
            case GroupDescription.StreamsMember one -> row(one, one.instanceId(), one.epoch(), tasks(one.tasks()));
        };
    }

    private static MemberRow row(GroupDescription.Member member, @Nullable String instance, @Nullable Integer epoch,
            List<String> has) {
        return new MemberRow(member.memberId(), instance, member.clientId(), member.host(), epoch, has.size(),
                Topics.part(has, 0, MOST_NAMED));
    }

    private static List<String> names(List<TopicPartition> partitions) {
        return partitions.stream().sorted().map(id -> id.topic() + "/" + id.partition()).toList();
    }

    private static List<String> tasks(GroupDescription.Tasks tasks) {
        List<String> all = new ArrayList<>();
        tasks.active().forEach(one -> all.add("active " + one.subtopology() + "_" + one.partition()));
        tasks.standby().forEach(one -> all.add("standby " + one.subtopology() + "_" + one.partition()));
        tasks.warmup().forEach(one -> all.add("warmup " + one.subtopology() + "_" + one.partition()));
        return all;
    }

    private List<PartitionRow> ofOffsets(String id, SortedMap<TopicPartition, List<String>> readers) {
        Map<TopicPartition, OffsetAndMetadata> committed = cluster.admin().committedOffsets(id);
        TreeSet<TopicPartition> partitions = new TreeSet<>(readers.keySet());
        partitions.addAll(committed.keySet());
        Map<TopicPartition, Long> stables = cluster.offsets(partitions, new OffsetSpec.Latest(), true);
        Map<TopicPartition, Long> ends = cluster.offsets(partitions, new OffsetSpec.Latest(), false);
        List<PartitionRow> rows = new ArrayList<>();
        for (TopicPartition one : partitions) {
            OffsetAndMetadata done = committed.get(one);
            Long stable = stables.get(one);
            Long end = ends.get(one);
            rows.add(new PartitionRow(one.topic(), one.partition(), done == null ? null : done.offset(), stable, end,
                    done == null || stable == null ? null : Math.max(0, stable - done.offset()),
                    stable == null || end == null ? null : Math.max(0, end - stable), named(readers, one)));
        }
        rows.sort(Comparator.comparingLong((PartitionRow one) -> -behindBy(one)));
        return rows;
    }

    private List<PartitionRow> ofShare(String id, SortedMap<TopicPartition, List<String>> readers) {
        Map<TopicPartition, ShareOffset> known = GroupLag.shareOffsets(cluster, id);
        TreeSet<TopicPartition> partitions = new TreeSet<>(readers.keySet());
        partitions.addAll(known.keySet());
        List<PartitionRow> rows = new ArrayList<>();
        for (TopicPartition one : partitions) {
            ShareOffset offset = known.get(one);
            rows.add(new PartitionRow(one.topic(), one.partition(), offset == null ? null : offset.start(), null, null,
                    offset == null ? null : offset.lag(), null, named(readers, one)));
        }
        rows.sort(Comparator.comparingLong((PartitionRow one) -> -behindBy(one)));
        return rows;
    }

    private static List<String> named(SortedMap<TopicPartition, List<String>> readers, TopicPartition partition) {
        return Topics.part(readers.getOrDefault(partition, List.of()), 0, MOST_NAMED);
    }

    private static long behindBy(PartitionRow one) {
        Long lag = one.lag();
        return lag == null ? 0 : lag;
    }
}

package io.chapar.cli;

import io.chapar.cli.ConsumeCommand.Isolation;
import io.chapar.client.OffsetAndMetadata;
import io.chapar.client.admin.GroupDescription;
import io.chapar.client.admin.ListedOffset;
import io.chapar.client.admin.OffsetSpec;
import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

@Command(
        name = "describe",
        description = "Show a group's members, and how far each partition has been processed.",
        footer = {"", "LAG is what a member can read and has not committed: STABLE minus COMMITTED, or with",
            "--isolation read_uncommitted END minus COMMITTED, in offsets; the marks that end transactions count as",
            "offsets. What open transactions hold back is told below.", "", "Example:",
            "  chapar group describe billing"})
final class GroupDescribe extends ClusterCommand {
    @Parameters(paramLabel = "ID", description = "The group's id.")
    String id;

    @Option(names = "--isolation", paramLabel = "LEVEL", defaultValue = "read_committed",
        description = "${COMPLETION-CANDIDATES}: what the group's members read (default: read_committed).")
    Isolation isolation;

    /// How far the partitions of a group are.
    ///
    /// @param held by the transactions that hold partitions back, the first of each
    private record Progress(Table table, List<OpenTransaction> held, Map<TopicPartition, Long> heldOffsets) {}

    @Override
    public Integer call() {
        try (Cluster cluster = connect()) {
            GroupDescription group = cluster.group(id);
            Map<TopicPartition, OffsetAndMetadata> committed = cluster.committed(id);
            if (group.state().equals("Dead") && committed.isEmpty()) {
                throw new CommandFailure("There is no group '" + id + "'; 'chapar group list' shows those there are");
            }
            print(group, progress(cluster, group, committed));
        }
        return DONE;
    }

    private Progress progress(
            Cluster cluster, GroupDescription group, Map<TopicPartition, OffsetAndMetadata> committed) {
        Map<TopicPartition, String> owners = new TreeMap<>();
        for (GroupDescription.Member member : group.members()) {
            member.assignment().forEach(partition -> owners.put(partition, member.memberId()));
        }
        TreeSet<TopicPartition> partitions = new TreeSet<>(owners.keySet());
        partitions.addAll(committed.keySet());
        Map<TopicPartition, ListedOffset> ends = cluster.offsets(partitions, new OffsetSpec.Latest(), false);
        Map<TopicPartition, ListedOffset> stables = cluster.offsets(partitions, new OffsetSpec.Latest(), true);
        Table table = new Table("topic", "partition", "committed", "end", "lag", "stable", "member");
        Map<TopicPartition, Long> heldOffsets = new TreeMap<>();
        for (TopicPartition partition : partitions) {
            OffsetAndMetadata done = committed.get(partition);
            Long end = offset(ends.get(partition));
            Long stable = offset(stables.get(partition));
            Long readable = isolation == Isolation.read_committed ? stable : end;
            Long lag = done == null || readable == null ? null : Math.max(0, readable - done.offset());
            table.row(partition.topic(), partition.partition(), done == null ? null : done.offset(), end, lag, stable,
                    owners.get(partition));
            if (end != null && stable != null && end > stable) {
                heldOffsets.put(partition, end - stable);
            }
        }
        List<OpenTransaction> held = new ArrayList<>();
        TreeSet<TopicPartition> seen = new TreeSet<>();
        for (OpenTransaction one : OpenTransaction.at(cluster, heldOffsets.keySet())) {
            if (seen.add(one.partition())) {
                held.add(one);
            }
        }
        return new Progress(table, held, heldOffsets);
    }

    private static @Nullable Long offset(@Nullable ListedOffset listed) {
        return listed == null ? null : listed.offset();
    }

    private void print(GroupDescription group, Progress progress) {
        Table members = new Table("member", "instance", "client", "host", "partitions");
        for (GroupDescription.Member member : group.members()) {
            List<String> owned = member.assignment().stream()
                    .map(partition -> partition.topic() + "-" + partition.partition()).toList();
            members.row(member.memberId(), member.instanceId(), member.clientId(), member.host(), owned);
        }
        if (structured()) {
            Map<String, Object> object = new LinkedHashMap<>();
            object.put("group", group.groupId());
            object.put("state", group.state());
            object.put("protocolType", GroupCommand.orNull(group.protocolType()));
            object.put("assignor", GroupCommand.orNull(group.protocol()));
            object.put("coordinator", group.coordinator() == null ? null : group.coordinator().id());
            object.put("members", members.objects());
            object.put("offsets", progress.table().objects());
            object.put("heldBack", progress.held().stream().map(one -> object(one, progress)).toList());
            show(object);
            return;
        }
        out().println("Group " + Words.shown(group.groupId()) + ", " + group.state()
                + (GroupCommand.orNull(group.protocol()) == null ? "" : ", assignor " + group.protocol())
                + (group.coordinator() == null ? "" : ", coordinator " + group.coordinator().id()));
        if (!members.isEmpty()) {
            out().println();
            members.printText(out());
        }
        if (!progress.table().isEmpty()) {
            out().println();
            progress.table().printText(out());
        }
        progress.held().forEach(one -> out().println(sentence(one, progress)));
    }

    private static Map<String, Object> object(OpenTransaction one, Progress progress) {
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("topic", one.partition().topic());
        object.put("partition", one.partition().partition());
        object.put("offsets", progress.heldOffsets().get(one.partition()));
        object.put("transactionalId", one.transactionalId());
        object.put("state", one.state());
        object.put("producerId", one.open().producerId());
        object.put("producerEpoch", one.open().producerEpoch());
        return object;
    }

    private static String sentence(OpenTransaction one, Progress progress) {
        String transaction = one.transactionalId() == null ? "a transaction that no coordinator knows"
                : "transaction " + Words.shown(one.transactionalId());
        Long offsets = progress.heldOffsets().get(one.partition());
        return PartitionName.of(one.partition()) + ": " + Words.count(offsets == null ? 0 : offsets, "offset")
                + " held back by " + transaction + " of producer " + one.open().producerId()
                + "; 'chapar txn why " + PartitionName.of(one.partition()) + "' says more.";
    }
}

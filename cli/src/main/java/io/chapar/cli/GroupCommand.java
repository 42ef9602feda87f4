package io.chapar.cli;

import io.chapar.client.OffsetAndMetadata;
import io.chapar.client.admin.GroupDescription;
import io.chapar.client.admin.GroupListing;
import io.chapar.client.admin.ListedOffset;
import io.chapar.client.admin.OffsetSpec;
import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

@Command(
        name = "group",
        description = "List and describe consumer groups.",
        subcommands = {GroupCommand.ListAll.class, GroupCommand.Describe.class})
final class GroupCommand extends NounCommand {
    @Command(name = "list", description = "List groups.", footer = {"", "Example:", "  chapar group list"})
    static final class ListAll extends ClusterCommand {
        @Override
        public Integer call() {
            try (Cluster cluster = connect()) {
                Table table = new Table("group", "state", "type", "protocol");
                for (GroupListing group : cluster.groups()) {
                    table.row(group.groupId(), orNull(group.state()), orNull(group.type()),
                            orNull(group.protocolType()));
                }
                table.print(format(), out());
            }
            return DONE;
        }
    }

    @Command(
            name = "describe",
            description = "Show a group's members, and how far each partition has been processed.",
            footer = {"", "LAG is END minus COMMITTED, in offsets; the marks that end transactions count as offsets.",
                "", "Example:", "  chapar group describe billing"})
    static final class Describe extends ClusterCommand {
        @Parameters(paramLabel = "ID", description = "The group's id.")
        String id;

        @Override
        public Integer call() {
            try (Cluster cluster = connect()) {
                GroupDescription group = cluster.group(id);
                Map<TopicPartition, OffsetAndMetadata> committed = cluster.committed(id);
                if (group.state().equals("Dead") && committed.isEmpty()) {
                    throw new CommandFailure(
                            "There is no group '" + id + "'; 'chapar group list' shows those there are");
                }
                print(group, offsets(cluster, group, committed));
            }
            return DONE;
        }

        private static Table offsets(Cluster cluster, GroupDescription group,
                Map<TopicPartition, OffsetAndMetadata> committed) {
            Map<TopicPartition, String> owners = new TreeMap<>();
            for (GroupDescription.Member member : group.members()) {
                member.assignment().forEach(partition -> owners.put(partition, member.memberId()));
            }
            TreeSet<TopicPartition> partitions = new TreeSet<>(owners.keySet());
            partitions.addAll(committed.keySet());
            Map<TopicPartition, ListedOffset> ends =
                    cluster.offsets(new ArrayList<>(partitions), new OffsetSpec.Latest(), false);
            Table table = new Table("topic", "partition", "committed", "end", "lag", "member");
            for (TopicPartition partition : partitions) {
                OffsetAndMetadata done = committed.get(partition);
                ListedOffset end = ends.get(partition);
                Long lag = done == null || end == null ? null : Math.max(0, end.offset() - done.offset());
                table.row(partition.topic(), partition.partition(), done == null ? null : done.offset(),
                        end == null ? null : end.offset(), lag, owners.get(partition));
            }
            return table;
        }

        private void print(GroupDescription group, Table offsets) {
            Table members = new Table("member", "instance", "client", "host", "partitions");
            for (GroupDescription.Member member : group.members()) {
                List<String> owned = member.assignment().stream()
                        .map(partition -> partition.topic() + "-" + partition.partition()).toList();
                members.row(member.memberId(), member.instanceId(), member.clientId(), member.host(), owned);
            }
            if (format() == OutputFormat.json) {
                Map<String, Object> object = new LinkedHashMap<>();
                object.put("group", group.groupId());
                object.put("state", group.state());
                object.put("protocolType", orNull(group.protocolType()));
                object.put("assignor", orNull(group.protocol()));
                object.put("coordinator", group.coordinator() == null ? null : group.coordinator().id());
                object.put("members", members.objects());
                object.put("offsets", offsets.objects());
                Json.println(object, out());
                return;
            }
            out().println("Group " + Words.shown(group.groupId()) + ", " + group.state()
                    + (orNull(group.protocol()) == null ? "" : ", assignor " + group.protocol())
                    + (group.coordinator() == null ? "" : ", coordinator " + group.coordinator().id()));
            if (!members.isEmpty()) {
                out().println();
                members.printText(out());
            }
            if (!offsets.isEmpty()) {
                out().println();
                offsets.printText(out());
            }
        }
    }

    private static @Nullable String orNull(@Nullable String text) {
        return text == null || text.isEmpty() ? null : text;
    }
}

package io.chapar.cli;

import io.chapar.cli.ConsumeCommand.Isolation;
import io.chapar.client.OffsetAndMetadata;
import io.chapar.client.admin.GroupDescription;
import io.chapar.client.admin.GroupDescription.Epochs;
import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SortedMap;

@Command(
        name = "describe",
        description = "Show a group's members, what they do, and how far each partition has been processed.",
        footer = {"", "LAG is what a member can read and has not committed: STABLE minus COMMITTED, or with",
            "--isolation read_uncommitted END minus COMMITTED, in offsets; the marks that end transactions count as",
            "offsets. What open transactions hold back is told below. Of a share group, all before START is done",
            "with, and LAG is what is not, from there on. Of a streams group (Kafka Streams), tasks are named",
            "SUBTOPOLOGY_PARTITION: ACTIVE ones run, STANDBY ones have a copy of the state, WARMUP ones get it.",
            "", "Example:", "  chapar group describe billing"})
final class GroupDescribe extends ListCommand {
    @Parameters(paramLabel = "ID", description = "The group's id.")
    String id;

    @Option(names = "--isolation", paramLabel = "LEVEL", defaultValue = "read_committed",
        description = "${COMPLETION-CANDIDATES}: what the group's members read (default: read_committed); share"
                + " groups have a setting for it.")
    Isolation isolation;

    @Override
    Listing list(Cluster cluster) {
        GroupDescription group = cluster.group(id);
        return group instanceof GroupDescription.Share share
                ? listing(share, ShareProgress.of(cluster, share)) : listing(group, progress(cluster, group));
    }

    private GroupProgress progress(Cluster cluster, GroupDescription group) {
        Map<TopicPartition, OffsetAndMetadata> committed = cluster.committed(id);
        SortedMap<TopicPartition, String> owners = GroupMembers.owners(group);
        if (group instanceof GroupDescription.Streams) {
            owners.keySet().retainAll(cluster.existing(owners.keySet()));
        }
        return GroupProgress.of(cluster, owners, committed, isolation);
    }

    private static Listing listing(GroupDescription group, GroupProgress progress) {
        Map<String, Object> object = object(group);
        object.put("offsets", progress.table().objects());
        object.put("heldBack", progress.heldObjects());
        Listing listing = new Listing(progress.table()).whole(object)
                .line(heading(group)).tableIfAny(GroupMembers.table(group));
        if (group instanceof GroupDescription.Streams streams && streams.topology() != null) {
            listing.tableIfAny(GroupTopology.table(streams.topology()));
        }
        return listing.tableIfAny(progress.table()).lines(progress.sentences());
    }

    private static Listing listing(GroupDescription.Share group, ShareProgress progress) {
        Map<String, Object> object = object(group);
        object.put("offsets", progress.detailed().objects());
        return new Listing(progress.detailed()).whole(object).line(heading(group))
                .tableIfAny(GroupMembers.table(group)).tableIfAny(progress.table()).lines(progress.sentences());
    }

    private static Map<String, Object> object(GroupDescription group) {
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("group", group.groupId());
        object.put("type", type(group));
        object.put("state", group.state());
        if (group instanceof GroupDescription.Classic classic) {
            object.put("protocolType", GroupCommand.orNull(classic.protocolType()));
        }
        object.put("assignor", assignor(group));
        object.put("coordinator", group.coordinator().id());
        Epochs epochs = epochs(group);
        if (epochs != null) {
            object.put("epoch", epochs.group());
            object.put("targetEpoch", epochs.target());
        }
        if (group instanceof GroupDescription.Streams streams) {
            object.put("topology", GroupTopology.object(streams.topology()));
        }
        object.put("members", GroupMembers.objects(group));
        return object;
    }

    private static String heading(GroupDescription group) {
        Epochs epochs = epochs(group);
        String assignor = assignor(group);
        StringBuilder line = new StringBuilder("Group " + Words.shown(group.groupId()) + ", " + group.state());
        if (!(group instanceof GroupDescription.Classic)) {
            line.append(", type ").append(type(group));
        }
        line.append(assignor == null ? "" : ", assignor " + Words.shown(assignor));
        line.append(", coordinator ").append(group.coordinator().id());
        if (epochs != null) {
            line.append(", epoch ").append(epochs.group());
            line.append(epochs.target() == epochs.group() ? "" : ", target still of epoch " + epochs.target());
        }
        if (group instanceof GroupDescription.Streams streams && streams.topology() != null) {
            line.append(", topology epoch ").append(streams.topology().epoch());
            line.append(streams.topology().subtopologies() == null ? " (cannot run yet: its topics are not all there,"
                    + " or have the wrong number of partitions)" : "");
        }
        return line.toString();
    }

    private static String type(GroupDescription group) {
        return switch (group) {
            case GroupDescription.Classic _ -> "classic";
            case GroupDescription.Consumer _ -> "consumer";
            case GroupDescription.Streams _ -> "streams";
            case GroupDescription.Share _ -> "share";
        };
    }

    private static @Nullable String assignor(GroupDescription group) {
        return GroupCommand.orNull(switch (group) {
            case GroupDescription.Classic classic -> classic.protocol();
            case GroupDescription.Consumer consumer -> consumer.assignor();
            case GroupDescription.Streams streams -> streams.assignor();
            case GroupDescription.Share share -> share.assignor();
        });
    }

    /// Null for groups whose members share out the work themselves.
    private static @Nullable Epochs epochs(GroupDescription group) {
        return switch (group) {
            case GroupDescription.Classic _ -> null;
            case GroupDescription.Consumer consumer -> consumer.epochs();
            case GroupDescription.Streams streams -> streams.epochs();
            case GroupDescription.Share share -> share.epochs();
        };
    }
}

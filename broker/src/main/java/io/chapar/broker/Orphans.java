package io.chapar.broker;

import io.chapar.broker.log.DataFolder;
import io.chapar.broker.log.PartitionMetadata;
import io.chapar.broker.log.disk.Disk;
import io.chapar.broker.metadata.ClusterImage;
import io.chapar.broker.metadata.TopicImage;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;

/// Folders of partitions that the cluster does not have, or not here. Where the metadata log tells that the topic was
/// deleted, or that the partition has its replicas at other brokers, the process died before that was carried out, and
/// it is. Nothing else that holds records is deleted: the metadata log
/// may be an older one, or its end may have been lost, or somebody put the folder there. It gets [#SET_ASIDE] behind
/// its name, which no partition's name ends in.
public final class Orphans {
    private static final Logger LOG = LoggerFactory.getLogger(Orphans.class);

    static final String SET_ASIDE = ".unexplained";

    private static final UUID NOBODY = new UUID(0, 0);

    private Orphans() {}

    /// Before any partition is opened. Whatever is not named like a partition's folder is left alone.
    ///
    /// @param node this broker
    /// @param cut whether the metadata log has lost its last entry
    /// @param deleted topics that it tells the deletion of
    public static void remove(Disk disk, ClusterImage image, int node, boolean cut, Set<UUID> deleted)
            throws IOException {
        for (String name : partitions(disk)) {
            int dash = name.lastIndexOf('-');
            TopicImage topic = image.topic(name.substring(0, dash));
            int number = Integer.parseInt(name.substring(dash + 1));
            if (topic == null || !topic.hasPartition(number)
                    || !topic.partition(number).replicas().contains(node)) {
                UUID owner = PartitionMetadata.read(disk, name);
                boolean moved = topic != null && topic.hasPartition(number) && topic.id().equals(owner);
                remove(disk, name, owner, cut, moved || (owner != null && deleted.contains(owner)));
            }
        }
        if (!cut) {
            DataFolder.forgetAllBut(disk, (id, partition) -> isHere(image.topic(id), partition, node));
        }
    }

    /// Where others have the partition it may come here anew, whatever a loss of power has left of its folder.
    private static boolean isHere(@Nullable TopicImage topic, int partition, int node) {
        return topic != null
                && (!topic.hasPartition(partition) || topic.partition(partition).replicas().contains(node));
    }

    private static void remove(Disk disk, String name, @Nullable UUID owner, boolean cut, boolean isGone)
            throws IOException {
        if (cut || (!isGone && holdsRecords(disk, name))) {
            String aside = DataFolder.folderName(name, SET_ASIDE);
            for (int again = 2; disk.exists(aside); again++) {
                aside = DataFolder.folderName(name, SET_ASIDE + "." + again);
            }
            LOG.error("Renaming the folder {} to {}: {}. Delete it when you do not miss anything", name, aside,
                    cut ? "the end of the metadata log, which may have told of such a partition, cannot be read"
                            : "the metadata log knows of no such partition, and of no deletion of its topic");
            disk.rename(name, aside);
        } else {
            LOG.warn("Deleting the folder {}: there is no such partition any more, or not at this broker", name);
            DataFolder.discard(disk, name, owner == null ? NOBODY : owner);
        }
    }

    private static boolean holdsRecords(Disk disk, String folder) throws IOException {
        for (String file : disk.list(folder)) {
            if (file.endsWith(".log") && disk.size(folder + "/" + file) > 0) {
                return true;
            }
        }
        return false;
    }

    /// A metadata log that has only just been begun knows of no partition, which says nothing about those that are
    /// there: the log was lost, or it is the folder of a Kafka broker.
    static void requireNone(Disk disk) throws IOException {
        List<String> found = partitions(disk);
        if (!found.isEmpty()) {
            throw new IOException(
                    "there are partitions in it (" + String.join(", ", found.subList(0, Math.min(3, found.size())))
                    + (found.size() > 3 ? " and " + (found.size() - 3) + " more" : "")
                    + "), but no metadata.log that tells what they are. Put that back, or move them away");
        }
    }

    private static List<String> partitions(Disk disk) throws IOException {
        List<String> found = new ArrayList<>();
        for (String name : disk.list("")) {
            int dash = name.lastIndexOf('-');
            if (dash > 0 && isNumber(name.substring(dash + 1)) && disk.exists(name + "/partition.metadata")) {
                found.add(name);
            }
        }
        return found;
    }

    private static boolean isNumber(String text) {
        return !text.isEmpty() && text.length() < 7 && text.chars().allMatch(c -> c >= '0' && c <= '9');
    }
}

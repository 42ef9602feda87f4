package io.chapar.broker;

import io.chapar.broker.log.disk.Disk;
import io.chapar.broker.metadata.ClusterImage;
import io.chapar.broker.metadata.TopicImage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/// Folders of partitions that the cluster does not have any more: their deletion was decided, and then the process
/// died before it was carried out.
public final class Orphans {
    private static final Logger LOG = LoggerFactory.getLogger(Orphans.class);

    private Orphans() {}

    /// Before any partition is opened. Whatever is not named like a partition's folder is left alone.
    public static void remove(Disk disk, ClusterImage image) throws IOException {
        for (String name : partitions(disk)) {
            int dash = name.lastIndexOf('-');
            TopicImage topic = image.topic(name.substring(0, dash));
            if (topic == null || !topic.hasPartition(Integer.parseInt(name.substring(dash + 1)))) {
                LOG.warn("Deleting the folder {}: there is no such partition any more", name);
                disk.delete(name);
            }
        }
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

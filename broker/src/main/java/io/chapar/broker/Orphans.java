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
/// died before it was carried out. When the end of the metadata log could not be read, there may have been such
/// partitions after all: then their folders are not deleted but get [#SET_ASIDE] behind their names, which no
/// partition's name ends in.
public final class Orphans {
    private static final Logger LOG = LoggerFactory.getLogger(Orphans.class);

    static final String SET_ASIDE = ".unexplained";

    private Orphans() {}

    /// Before any partition is opened. Whatever is not named like a partition's folder is left alone.
    ///
    /// @param cut whether the metadata log has lost its last entry
    public static void remove(Disk disk, ClusterImage image, boolean cut) throws IOException {
        for (String name : partitions(disk)) {
            int dash = name.lastIndexOf('-');
            TopicImage topic = image.topic(name.substring(0, dash));
            if (topic == null || !topic.hasPartition(Integer.parseInt(name.substring(dash + 1)))) {
                remove(disk, name, cut);
            }
        }
    }

    private static void remove(Disk disk, String name, boolean cut) throws IOException {
        if (cut) {
            String aside = name + SET_ASIDE;
            for (int again = 2; disk.exists(aside); again++) {
                aside = name + SET_ASIDE + "." + again;
            }
            LOG.warn("Renaming the folder {} to {}: the end of the metadata log, which may have told of such a "
                    + "partition, cannot be read. Delete it when you do not miss anything", name, aside);
            disk.rename(name, aside);
        } else {
            LOG.warn("Deleting the folder {}: there is no such partition any more", name);
            disk.delete(name);
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

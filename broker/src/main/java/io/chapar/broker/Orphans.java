package io.chapar.broker;

import io.chapar.broker.log.disk.Disk;
import io.chapar.broker.metadata.ClusterImage;
import io.chapar.broker.metadata.TopicImage;

import java.io.IOException;

/// Folders of partitions that the cluster does not have any more: their deletion was decided, and then the process
/// died before it was carried out.
public final class Orphans {
    private Orphans() {}

    /// Before any partition is opened. Whatever is not named like a partition's folder is left alone.
    public static void remove(Disk disk, ClusterImage image) throws IOException {
        for (String name : disk.list("")) {
            int dash = name.lastIndexOf('-');
            if (dash <= 0 || !isNumber(name.substring(dash + 1)) || !disk.exists(name + "/partition.metadata")) {
                continue;
            }
            TopicImage topic = image.topic(name.substring(0, dash));
            if (topic == null || !topic.hasPartition(Integer.parseInt(name.substring(dash + 1)))) {
                disk.delete(name);
            }
        }
    }

    private static boolean isNumber(String text) {
        return !text.isEmpty() && text.length() < 7 && text.chars().allMatch(c -> c >= '0' && c <= '9');
    }
}

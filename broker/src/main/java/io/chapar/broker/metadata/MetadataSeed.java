package io.chapar.broker.metadata;

import io.chapar.broker.log.disk.Disk;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.UUID;

/// What the file of a broker that has no others adds up to, for the quorum that it becomes the beginning of. Everything
/// here blocks.
///
/// @param image of a cluster that was created
/// @param cut whether there was a last entry that cannot be read
/// @param deleted topics whose deletion the file tells
public record MetadataSeed(ClusterImage image, boolean cut, Set<UUID> deleted) {
    /// What the file is called.
    public static final String NAME = MetadataFile.NAME;
    /// What the file is called when the quorum's log has all of it.
    public static final String SET_ASIDE = MetadataFile.NAME + ".before-quorum";

    public static boolean isThere(Path folder) {
        return Files.exists(folder.resolve(MetadataFile.NAME));
    }

    /// Reads the file, which has to be there.
    ///
    /// @param nodeId of the broker whose file it is
    public static MetadataSeed read(Disk disk, int nodeId) throws IOException {
        MetadataFile.Opened opened = MetadataFile.open(disk, nodeId);
        opened.file().close();
        if (opened.image().clusterId() == null) {
            throw new IOException("'" + MetadataFile.NAME + "' tells of no cluster");
        }
        return new MetadataSeed(opened.image(), opened.cut(), opened.deleted());
    }

    /// Writes the file anew; it is there as a whole, or as it was.
    public static void write(Disk disk, ClusterImage image) throws IOException {
        MetadataFile.create(disk, MetadataFile.snapshot(image)).close();
    }

    /// Once the quorum's log has all of it.
    public static void setAside(Disk disk) throws IOException {
        String aside = SET_ASIDE;
        for (int again = 2; disk.exists(aside); again++) {
            aside = SET_ASIDE + "." + again;
        }
        disk.rename(MetadataFile.NAME, aside);
        disk.sync(List.of(aside));
    }

    /// Whether the broker of this folder had no others once.
    public static boolean wasSetAside(Path folder) {
        return Files.exists(folder.resolve(SET_ASIDE));
    }
}

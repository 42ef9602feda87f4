package io.chapar.broker;

import io.chapar.broker.config.BrokerStartException;
import io.chapar.broker.liveness.BrokerLife;
import io.chapar.broker.metadata.MetadataSeed;
import io.chapar.broker.metadata.quorum.QuorumMetadataLog;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Properties;

/// Whose data folder it is: the file `meta.properties` in it, in Kafka's format (`version`, `cluster.id`, `node.id`). A
/// folder without the file belongs to nobody yet.
final class FolderIdentity {
    private static final String NAME = "meta.properties";
    private static final String VERSION = "1";

    private FolderIdentity() {}

    /// Where a voter keeps the quorum's log.
    static Path quorum(Path folder) {
        return folder.resolve("quorum");
    }

    /// Whether the folder's metadata are a cluster's, whose broker needs `--quorum`. They are not yet where a broker
    /// that had no others waited for some in vain.
    static boolean isOfCluster(Path folder) {
        return MetadataSeed.isThere(folder) ? Files.exists(quorum(folder).resolve(QuorumMetadataLog.BEGAN))
                : Files.exists(quorum(folder)) || Files.exists(folder.resolve(BrokerLife.NAME));
    }

    /// Refuses a folder that was made by a broker of another number: its partitions would go under a name that no
    /// client and no other broker knows.
    static void require(Path folder, int nodeId) throws IOException {
        Properties known = read(folder);
        String version = known.getProperty("version", VERSION).strip();
        if (!version.equals(VERSION)) {
            throw new IOException(
                    NAME + " is of version " + version + ", and this release knows version " + VERSION + " alone");
        }
        String owner = known.getProperty("node.id");
        if (owner != null && !owner.strip().equals(Integer.toString(nodeId))) {
            throw new BrokerStartException.FolderOfAnother("The data folder '" + folder + "' belongs to broker "
                    + owner.strip() + "; start it with --node-id " + owner.strip() + ", or broker " + nodeId
                    + " on a folder of its own.");
        }
    }

    /// Refuses a metadata log that was put here from elsewhere: partitions that it does not know would be deleted.
    ///
    /// @param clusterId as the metadata log tells
    static void requireCluster(Path folder, String clusterId) throws IOException {
        String known = read(folder).getProperty("cluster.id", clusterId).strip();
        if (!known.equals(clusterId)) {
            throw new IOException(
                    "the metadata are of the cluster " + clusterId + ", and " + NAME + " of the cluster " + known
                    + ". Whichever of them does not belong here has to go");
        }
    }

    /// Of the broker whose folder it is. Throws [IOException] where it is nobody's.
    static int node(Path folder) throws IOException {
        String owner = read(folder).getProperty("node.id");
        try {
            return Integer.parseInt(String.valueOf(owner).strip());
        } catch (NumberFormatException e) {
            throw new IOException(NAME + " says of no broker that it is its folder", e);
        }
    }

    /// Whether it says to which cluster it belongs.
    static boolean isClaimed(Path folder) throws IOException {
        return read(folder).getProperty("cluster.id") != null;
    }

    private static Properties read(Path folder) throws IOException {
        Properties known = new Properties();
        try (Reader text = Files.newBufferedReader(folder.resolve(NAME))) {
            known.load(text);
        } catch (NoSuchFileException nobodyYet) {
            return known;
        } catch (IllegalArgumentException e) {
            throw new IOException(NAME + " is damaged: " + e.getMessage(), e);
        }
        return known;
    }

    /// Changes nothing where it says so already.
    static void claim(Path folder, int nodeId, String clusterId) throws IOException {
        Properties known = read(folder);
        if (clusterId.equals(known.getProperty("cluster.id")) && known.getProperty("node.id") != null) {
            return;
        }
        Path file = folder.resolve(NAME);
        Path fresh = folder.resolve(NAME + ".new");
        Files.writeString(fresh, "version=" + VERSION + "\ncluster.id=" + clusterId + "\nnode.id=" + nodeId + "\n");
        Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }
}

package io.chapar.broker;

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

    private FolderIdentity() {}

    /// Refuses a folder that was made by a broker of another number: its partitions would go under a name that no
    /// client and no other broker knows.
    static void require(Path folder, int nodeId) throws IOException {
        Properties known = new Properties();
        try (Reader text = Files.newBufferedReader(folder.resolve(NAME))) {
            known.load(text);
        } catch (NoSuchFileException nobodyYet) {
            return;
        } catch (IllegalArgumentException e) {
            throw new IOException(NAME + " is damaged: " + e.getMessage(), e);
        }
        String owner = known.getProperty("node.id");
        if (owner != null && !owner.strip().equals(Integer.toString(nodeId))) {
            throw new BrokerStartException.FolderOfAnother("The data folder '" + folder + "' belongs to broker "
                    + owner.strip() + "; start it with --node-id " + owner.strip() + ", or broker " + nodeId
                    + " on a folder of its own.");
        }
    }

    /// Once; later calls change nothing.
    static void claim(Path folder, int nodeId, String clusterId) throws IOException {
        Path file = folder.resolve(NAME);
        if (Files.exists(file)) {
            return;
        }
        Path fresh = folder.resolve(NAME + ".new");
        Files.writeString(fresh, "version=1\ncluster.id=" + clusterId + "\nnode.id=" + nodeId + "\n");
        Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }
}

package io.chapar.broker;

import io.chapar.broker.config.BrokerStartException;
import io.chapar.broker.log.disk.FileDisk;
import io.chapar.broker.metadata.ClusterImage;
import io.chapar.broker.metadata.MetadataSeed;
import io.chapar.broker.metadata.SeedImages;
import io.chapar.broker.metadata.quorum.QuorumFolder;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;

/// What is done to the data folder of a broker that does not run, where a cluster becomes one broker again, or has lost
/// the majority of its voters. Each step is whole or not done at all, and may be done again.
///
/// The folder of the quorum's log is never deleted: it gets another name.
public final class QuorumRepair {
    private static final String BEFORE_ALONE = "quorum.before-alone";
    static final String BEFORE_REMOVAL = "quorum.before-removal";
    private static final String BEFORE_RECOVERY = "quorum.before-recovery";

    private QuorumRepair() {}

    /// What the folder of a voter knows.
    ///
    /// @param node of the broker whose folder it is
    /// @param voters as its log says last
    /// @param term of the last entry that it has
    /// @param index of that
    /// @param version of the metadata
    /// @param brokers that these know
    public record Known(int node, String cluster, List<Integer> voters, long term, long index, long version,
            List<Integer> brokers, int topics) {}

    private interface Work<R> {
        R on(FileDisk disk, int node, QuorumFolder.Found found) throws IOException;
    }

    private static <R> R with(Path folder, Work<R> work) {
        if (!Files.isDirectory(FolderIdentity.quorum(folder))) {
            throw new BrokerStartException.FolderOfAnother("The data folder '" + folder + "' is not that of a voter.");
        }
        FolderLock lock = FolderLock.take(folder);
        try (FileDisk disk = new FileDisk(folder)) {
            return work.on(disk, FolderIdentity.node(folder), QuorumFolder.read(FolderIdentity.quorum(folder)));
        } catch (IOException e) {
            throw new BrokerStartException.FolderNotUsable(
                    "The data folder '" + folder + "': " + e.getMessage() + ".", e);
        } finally {
            lock.release();
        }
    }

    public static Known look(Path folder) {
        return with(folder, (_, node, found) -> known(node, found));
    }

    private static Known known(int node, QuorumFolder.Found found) {
        ClusterImage image = found.image();
        return new Known(node, image.clusterId() == null ? "none" : image.clusterName(), found.voters(), found.term(),
                found.index(), image.version(), List.copyOf(image.brokers().keySet()), image.topics().size());
    }

    /// The last broker of a cluster is to have no others any more: afterwards it starts without `--quorum`.
    public static Known export(Path folder) {
        return with(folder, (disk, node, found) -> {
            if (!found.voters().equals(List.of(node))) {
                throw new IOException("its quorum has the voters " + found.voters() + "; take the others out first");
            }
            MetadataSeed.write(disk, SeedImages.alone(found.image(), node));
            setAside(folder, BEFORE_ALONE);
            return known(node, found);
        });
    }

    /// The majority of the voters is lost for good: the next start with `--quorum` begins a new quorum with what this
    /// one knows. What only the lost ones knew is lost.
    public static Known recover(Path folder) {
        return with(folder, (disk, node, found) -> {
            MetadataSeed.write(disk, SeedImages.afterLoss(found.image()));
            setAside(folder, BEFORE_RECOVERY);
            return known(node, found);
        });
    }

    /// Another voter was recovered: this one forgets the quorum of before, and joins the new one with the next start.
    public static Known forget(Path folder) {
        return with(folder, (_, node, found) -> {
            setAside(folder, BEFORE_RECOVERY);
            return known(node, found);
        });
    }

    static void setAside(Path folder, String name) throws IOException {
        Path aside = folder.resolve(name);
        for (int again = 2; Files.exists(aside); again++) {
            aside = folder.resolve(name + "." + again);
        }
        Files.move(FolderIdentity.quorum(folder), aside, StandardCopyOption.ATOMIC_MOVE);
        try (FileChannel directory = FileChannel.open(folder, StandardOpenOption.READ)) {
            directory.force(true);
        }
    }
}

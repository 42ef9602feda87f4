package io.chapar.broker;

import io.chapar.broker.metadata.BrokerImage;
import io.chapar.broker.metadata.MetadataCommand.RegisterBroker;
import io.chapar.broker.metadata.MetadataSeed;
import io.chapar.broker.metadata.quorum.QuorumMetadataLog;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/// What a voter's data folder tells of what it was before.
final class VoterFolder {
    private static final Logger LOG = LoggerFactory.getLogger(VoterFolder.class);

    private VoterFolder() {}

    /// Before its voter is looked for. One that was taken out begins anew, as another one.
    static void prepare(Path folder) throws IOException {
        if (Files.exists(FolderIdentity.quorum(folder).resolve(QuorumMetadataLog.REMOVED))) {
            QuorumRepair.setAside(folder, QuorumRepair.BEFORE_REMOVAL);
        }
        Files.createDirectories(FolderIdentity.quorum(folder));
    }

    /// The next start is that of another voter.
    static void noteRemoval(Path folder) {
        try {
            Files.createFile(FolderIdentity.quorum(folder).resolve(QuorumMetadataLog.REMOVED));
        } catch (IOException e) {
            LOG.warn("That this voter was taken out of the metadata quorum could not be written down: {}",
                    e.getMessage());
        }
    }

    /// The lives of which it is proven that nothing of them is lost. Of one without others nothing is, in the folder
    /// that it was lived in: nobody else had anything.
    ///
    /// @param known the broker as the cluster knows it
    /// @param proven by the folder's own file
    static List<UUID> provenLives(Path folder, @Nullable BrokerImage known, List<UUID> proven) {
        if (known == null || !known.registration().isAlone() || !MetadataSeed.wasSetAside(folder)) {
            return proven;
        }
        List<UUID> more = new ArrayList<>(proven);
        more.addFirst(known.registration().incarnation());
        return more.subList(0, Math.min(more.size(), RegisterBroker.MOST_LIVES));
    }
}

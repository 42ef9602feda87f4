package io.chapar.broker.metadata.quorum;

import io.chapar.broker.metadata.MetadataLogContract;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Path;

class QuorumMetadataLogContractTest extends MetadataLogContract {
    @TempDir
    Path folder;

    @Override
    protected Brokers open() throws IOException {
        QuorumCluster cluster = new QuorumCluster(3, folder, 1_000, 1 << 20);
        cluster.startAll();
        cluster.create();
        return cluster;
    }
}

package io.chapar.broker;

import io.chapar.broker.config.BrokerConfig;
import io.chapar.broker.config.BrokerStartException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class BrokerStartIT {
    @TempDir
    Path folder;

    private BrokerConfig config(Path data) {
        return BrokerConfig.of(Map.of("listeners", "127.0.0.1:0", "log.dirs", data.toString()));
    }

    @Test
    void oneBrokerPerFolder() {
        try (Broker first = Broker.start(config(folder))) {
            assertTrue(first.address().port() > 0);
            BrokerStartException.FolderLocked refusal =
                    assertThrows(BrokerStartException.FolderLocked.class, () -> Broker.start(config(folder)));
            assertEquals("Another broker is running on the data folder '" + folder + "'.", refusal.getMessage());
        }
        Broker.start(config(folder)).close();
    }

    /// Neither kind of metadata may be passed over for the other.
    @Test
    void theFolderOfABrokerWithoutOthersIsNotTakenForAClustersNorTheOtherWayRound() throws IOException {
        Path alone = folder.resolve("alone");
        Broker.start(config(alone)).close();
        BrokerConfig inCluster = BrokerConfig.of(Map.of("listeners", "127.0.0.1:9092", "log.dirs", alone.toString(),
                "quorum", "2@127.0.0.1:9093", "peer.listener", "127.0.0.1:9095"));
        assertEquals("The data folder '" + alone + "' belongs to a broker that has no others; it starts without"
                + " --quorum, or as one of the voters of a new cluster.",
                assertThrows(BrokerStartException.FolderOfAnother.class, () -> Broker.start(inCluster)).getMessage());
        assertFalse(Files.exists(alone.resolve("broker.life")));
        Broker.start(config(alone)).close();
        // One that waited for other voters in vain.
        Files.createDirectories(alone.resolve("quorum"));
        Broker.start(config(alone)).close();
        Files.createFile(alone.resolve("quorum/began"));
        assertThrows(BrokerStartException.FolderOfAnother.class, () -> Broker.start(config(alone)));

        Path fed = folder.resolve("fed");
        Files.createDirectories(fed);
        Files.createFile(fed.resolve("broker.life"));
        assertThrows(BrokerStartException.FolderOfAnother.class, () -> Broker.start(config(fed)));

        Path clusters = folder.resolve("clusters");
        Files.createDirectories(clusters.resolve("quorum"));
        assertEquals("The data folder '" + clusters + "' belongs to a broker of a cluster; start it with --quorum, as"
                + " the others.", assertThrows(BrokerStartException.FolderOfAnother.class,
                () -> Broker.start(config(clusters))).getMessage());
    }

    @Test
    void anOccupiedPortIsSaidSo() throws IOException {
        try (ServerSocket occupied = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            String at = "127.0.0.1:" + occupied.getLocalPort();
            BrokerStartException.AddressNotUsable refusal = assertThrows(BrokerStartException.AddressNotUsable.class,
                    () -> Broker.start(config(folder).with("listeners", at)));
            assertEquals("Cannot listen on " + at + ": the address is already in use.",
                    refusal.getMessage());
        }
        // Nothing of the failed start is left.
        Broker.start(config(folder)).close();
    }

    @Test
    void aFileIsNoFolder() throws IOException {
        Path file = Files.createFile(folder.resolve("file"));
        assertThrows(BrokerStartException.FolderNotUsable.class, () -> Broker.start(config(file)));
        assertThrows(BrokerStartException.FolderNotUsable.class, () -> Broker.start(config(file.resolve("below"))));
    }

    @Test
    void damagedMetadataIsSaidSo() throws IOException {
        Broker.start(config(folder)).close();
        Files.writeString(folder.resolve("metadata.log"), "something else altogether");
        BrokerStartException.FolderNotUsable refusal =
                assertThrows(BrokerStartException.FolderNotUsable.class, () -> Broker.start(config(folder)));
        assertTrue(refusal.getMessage().contains("metadata.log"), refusal.getMessage());
    }

    /// Torn by a loss of power, or spoilt since: the last entry may have told of a topic.
    @Test
    void partitionsOfAMetadataEntryThatCannotBeReadAreSetAside() throws IOException {
        Broker.start(config(folder)).close();
        Broker.start(config(folder)).close();
        Path orders = Files.createDirectory(folder.resolve("orders-0"));
        Files.writeString(orders.resolve("partition.metadata"), "version: 0\ntopic_id: AAAAAAAAAAAAAAAAAAAAAQ\n");
        Files.writeString(orders.resolve("00000000000000000000.log"), "records");
        Path metadata = folder.resolve("metadata.log");
        byte[] content = Files.readAllBytes(metadata);
        content[content.length - 1] ^= 4;
        Files.write(metadata, content);
        for (int start = 0; start < 2; start++) {
            Broker.start(config(folder)).close();
            assertEquals("records", Files.readString(folder.resolve("orders-0.unexplained/00000000000000000000.log")));
        }
    }

    @Test
    void partitionsThatWereDeletedGo() throws IOException {
        Broker.start(config(folder)).close();
        Path orders = Files.createDirectory(folder.resolve("orders-0"));
        Files.writeString(orders.resolve("partition.metadata"), "version: 0\ntopic_id: AAAAAAAAAAAAAAAAAAAAAQ\n");
        Broker.start(config(folder)).close();
        assertFalse(Files.exists(orders));
    }

    /// An older metadata log was put back, or somebody put the folder there.
    @Test
    void recordsOfATopicThatNobodyDeletedAreSetAside() throws IOException {
        Broker.start(config(folder)).close();
        Path orders = Files.createDirectory(folder.resolve("orders-0"));
        Files.writeString(orders.resolve("partition.metadata"), "version: 0\ntopic_id: AAAAAAAAAAAAAAAAAAAAAQ\n");
        Files.writeString(orders.resolve("00000000000000000000.log"), "records");
        Broker.start(config(folder)).close();
        assertEquals("records", Files.readString(folder.resolve("orders-0.unexplained/00000000000000000000.log")));
    }

    /// The metadata log was lost, or it is a Kafka broker's folder.
    @Test
    void partitionsThatNoMetadataExplainsAreLeftAlone() throws IOException {
        Path orders = Files.createDirectory(folder.resolve("orders-0"));
        Files.writeString(orders.resolve("partition.metadata"), "version: 0\ntopic_id: AAAAAAAAAAAAAAAAAAAAAQ\n");
        Path log = Files.writeString(orders.resolve("00000000000000000000.log"), "records");
        for (int attempt = 0; attempt < 2; attempt++) {
            BrokerStartException.FolderNotUsable refusal =
                    assertThrows(BrokerStartException.FolderNotUsable.class, () -> Broker.start(config(folder)));
            assertTrue(refusal.getMessage().contains("orders-0") && refusal.getMessage().contains("metadata.log"),
                    refusal.getMessage());
            assertEquals("records", Files.readString(log));
        }
    }

    @Test
    void theMetadataOfAnotherClusterIsRefused() throws IOException {
        Path one = folder.resolve("one");
        Path other = folder.resolve("other");
        Broker.start(config(one)).close();
        Broker.start(config(other)).close();
        Files.copy(other.resolve("metadata.log"), one.resolve("metadata.log"), StandardCopyOption.REPLACE_EXISTING);
        BrokerStartException.FolderNotUsable refusal =
                assertThrows(BrokerStartException.FolderNotUsable.class, () -> Broker.start(config(one)));
        assertTrue(refusal.getMessage().contains("the metadata are of the cluster"), refusal.getMessage());
        Files.delete(one.resolve("meta.properties"));
        Broker.start(config(one)).close();
    }

    @Test
    void anEmptyFolderOfALostClusterIsBegunAnew() throws IOException {
        Broker.start(config(folder)).close();
        Files.delete(folder.resolve("metadata.log"));
        Broker.start(config(folder)).close();
        Broker.start(config(folder)).close();
    }

    @Test
    void aFolderOfALaterVersionIsRefused() throws IOException {
        Broker.start(config(folder)).close();
        Path meta = folder.resolve("meta.properties");
        Files.writeString(meta, Files.readString(meta).replace("version=1", "version=7"));
        BrokerStartException.FolderNotUsable refusal =
                assertThrows(BrokerStartException.FolderNotUsable.class, () -> Broker.start(config(folder)));
        assertTrue(refusal.getMessage().contains("version 7"), refusal.getMessage());
    }
}

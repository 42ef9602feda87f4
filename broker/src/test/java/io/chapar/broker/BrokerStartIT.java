package io.chapar.broker;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

import static org.junit.jupiter.api.Assertions.assertEquals;
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
}

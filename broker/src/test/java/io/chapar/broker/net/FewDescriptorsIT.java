package io.chapar.broker.net;

import io.chapar.broker.config.HostPort;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import static org.junit.jupiter.api.Assertions.assertTrue;

/// A broker as a process of its own that may open few files, and more strangers at its port than those: who is
/// connected is served, files included, and so is everybody as soon as the strangers have gone.
final class FewDescriptorsIT {
    private static final int DESCRIPTORS = 300;
    private static final int STRANGERS = 2 * DESCRIPTORS;
    private static final int TOPICS = 20;
    private static final int PARTITIONS = 5;

    @TempDir
    Path folder;

    @Test
    void whoConnectsTakesNoneThatTheLogNeeds() throws IOException {
        List<SocketChannel> strangers = new ArrayList<>();
        try (SmallBroker broker = SmallBroker.startWith(DESCRIPTORS, folder, Map.of());
                Canary canary = new Canary(broker.address());
                WireClient client = new WireClient(broker.address())) {
            SmallBroker.create(client, "first", 1, Map.of());
            HostPort at = broker.address();
            for (int i = 0; i < STRANGERS; i++) {
                strangers.add(SocketChannel.open(new InetSocketAddress(at.host(), at.port())));
            }
            for (int i = 0; i < TOPICS; i++) {
                canary.once();
                SmallBroker.create(client, "topic" + i, PARTITIONS, Map.of());
            }
            for (SocketChannel stranger : strangers) {
                stranger.close();
            }
            Awaitility.await().ignoreExceptions().untilAsserted(() -> {
                try (Canary another = new Canary(at)) {
                    another.once();
                }
            });
            broker.assertAlive();
            assertTrue(broker.said().contains("(ulimit -n)"), broker::said);
            assertTrue(broker.said().lines().count() < STRANGERS / 4, broker::said);
        }
    }
}

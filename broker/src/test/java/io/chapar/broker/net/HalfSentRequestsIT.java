package io.chapar.broker.net;

import io.chapar.broker.Broker;
import io.chapar.broker.config.BrokerConfig;
import io.netty.util.internal.PlatformDependent;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// What requests take of the memory for network buffers of which only the beginning comes. Alone, since that memory is
/// of the process.
@Isolated
class HalfSentRequestsIT {
    @TempDir
    Path folder;

    private Broker broker;

    @BeforeEach
    void start() {
        broker = Broker.start(BrokerConfig.of(Map.of(
                "listeners", "127.0.0.1:0", "log.dirs", folder.toString(),
                "socket.request.max.bytes", Integer.toString(4 << 20))));
    }

    @AfterEach
    void stop() {
        broker.close();
    }

    @Test
    void aClaimedLengthCostsNothing() throws Exception {
        List<WireClient> hostile = new ArrayList<>();
        try (WireClient healthy = new WireClient(broker.address())) {
            HostileBytesIT.create(healthy, "healthy");
            HostileBytesIT.append(healthy, "healthy");
            long before = PlatformDependent.usedDirectMemory();
            for (int i = 0; i < 200; i++) {
                WireClient one = new WireClient(broker.address());
                one.out.writeInt(4 << 20);
                one.out.write(new byte[100]);
                one.out.flush();
                hostile.add(one);
            }
            assertEquals(1, HostileBytesIT.append(healthy, "healthy"));
            assertTrue(PlatformDependent.usedDirectMemory() - before < 32 << 20);
        } finally {
            for (WireClient one : hostile) {
                one.close();
            }
        }
    }

    /// Their rest is not read until there is room, so that whoever sends it waits as well.
    @Test
    void manyHalfSentRequestsTakeNoMoreThanTheirShare() throws Exception {
        long share = PlatformDependent.maxDirectMemory() / 2;
        byte[] most = new byte[(4 << 20) - 1000];
        List<WireClient> hostile = new ArrayList<>();
        List<Thread> senders = new ArrayList<>();
        try (WireClient healthy = new WireClient(broker.address())) {
            HostileBytesIT.create(healthy, "healthy");
            for (long sent = 0; sent < share + (64L << 20); sent += most.length) {
                WireClient one = new WireClient(broker.address());
                hostile.add(one);
                senders.add(Thread.startVirtualThread(() -> sendHalf(one, most)));
            }
            Awaitility.await().until(() -> {
                assertTrue(PlatformDependent.usedDirectMemory() < share + (64L << 20));
                return PlatformDependent.usedDirectMemory() > share / 2;
            });
            assertEquals(0, HostileBytesIT.append(healthy, "healthy"));
            assertTrue(PlatformDependent.usedDirectMemory() < share + (64L << 20));
        } finally {
            for (WireClient one : hostile) {
                one.close();
            }
        }
        for (Thread sender : senders) {
            sender.join();
        }
        Awaitility.await().until(() -> broker.connectionCount() == 0);
    }

    private static void sendHalf(WireClient one, byte[] most) {
        try {
            one.out.writeInt(4 << 20);
            one.out.write(most);
            one.out.flush();
        } catch (IOException closed) {
            // By this test, in the middle of it.
        }
    }
}

package io.chapar.dist;

import io.chapar.testing.AsRoot;
import io.chapar.testing.ReadyLine;
import io.chapar.testing.StartedProcess;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.unix.DomainDatagramSocketAddress;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.channel.unix.Socket;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// The package installed on this machine, used as its service would, and purged.
@Tag("nightly")
final class DebianPackageIT {
    private static final Path COMMAND = Path.of("/usr/bin/chapar");
    private static final Path DATA = Path.of("/var/lib/chapar");
    private static boolean installed;

    @TempDir
    private Path folder;

    @BeforeAll
    static void install() {
        AsRoot.may("installing the package");
        assertTrue(Files.isExecutable(Path.of("/usr/bin/dpkg")), "this is Debian");
        assertFalse(Files.exists(COMMAND), "Chapar is installed already, and would be purged");
        Archives.run(Archives.TARGET, "dpkg", "-i", Archives.file("_amd64.deb").toString());
        installed = true;
    }

    @AfterAll
    static void purge() {
        if (installed) {
            Archives.run(Archives.TARGET, "dpkg", "--purge", "chapar");
            assertFalse(Files.exists(COMMAND));
            assertTrue(Files.isDirectory(DATA), "records stay");
            Archives.run(Archives.TARGET, "rm", "-r", DATA.toString());
            Archives.run(Archives.TARGET, "userdel", "chapar");
        }
    }

    @Test
    void theBrokerRunsAsItsOwnUserAndSaysThatItIsReady() throws Exception {
        assertTrue(Epoll.isAvailable());
        Path socket = Files.createTempDirectory(Path.of("/tmp"), "notice").resolve("socket");
        Socket manager = Socket.newSocketDomainDgram();
        manager.bind(new DomainSocketAddress(socket.toString()));
        Archives.run(folder, "chmod", "-R", "a+rwx", socket.getParent().toString());
        try (StartedProcess broker = StartedProcess.start(folder, List.of("/usr/bin/env", "-i", "PATH=/usr/bin:/bin",
                "NOTIFY_SOCKET=" + socket, "setpriv", "--reuid=chapar", "--regid=chapar", "--clear-groups",
                COMMAND.toString(), "broker", "--config", "/etc/chapar/broker.properties",
                "--listen", "127.0.0.1:0"))) {
            ReadyLine ready = ReadyLine.of(broker);
            assertEquals("/var/lib/chapar", ready.data());
            String address = ready.address();
            assertEquals("READY=1\nSTATUS=Serving at " + address + "\n", next(manager));
            assertTrue(Files.readString(Path.of("/proc/" + broker.pid() + "/maps")).contains("broker.aot"),
                    "classes are ready");
            Archives.run(folder, COMMAND.toString(), "topic", "create", "t", "--bootstrap", address);
            broker.terminate();
            assertEquals(0, broker.exitCode());
            assertEquals("STOPPING=1\nSTATUS=Stopping\n", next(manager));
        } finally {
            manager.close();
        }
        assertEquals("chapar 700", Archives.run(folder, "stat", "-c", "%U %a", DATA.toString()).strip());
    }

    private static String next(Socket socket) {
        ByteBuffer into = ByteBuffer.allocateDirect(1_024);
        DomainDatagramSocketAddress from = Awaitility.await().until(
                () -> socket.recvFromDomainSocket(into, 0, into.capacity()), Objects::nonNull);
        byte[] text = new byte[from.receivedAmount()];
        into.get(0, text);
        return new String(text, StandardCharsets.UTF_8);
    }

    @Test
    void theUnitIsFineAndSandboxed() {
        Assumptions.assumeTrue(Files.isExecutable(Path.of("/usr/bin/systemd-analyze")), "systemd is installed");
        Path unit = Path.of("/usr/lib/systemd/system/chapar.service");
        String said = Archives.run(folder, "systemd-analyze", "verify", "--man=no", unit.toString());
        assertFalse(said.contains("chapar.service"), said);
        String exposure = Archives.run(folder, "systemd-analyze", "security", "--offline=true", "--threshold=30",
                unit.toString());
        assertTrue(exposure.contains("chapar.service"), exposure);
    }
}

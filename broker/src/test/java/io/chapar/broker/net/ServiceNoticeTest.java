package io.chapar.broker.net;

import io.netty.channel.epoll.Epoll;
import io.netty.channel.unix.DomainDatagramSocketAddress;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.channel.unix.Socket;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

@EnabledOnOs(OS.LINUX)
final class ServiceNoticeTest {
    @BeforeEach
    void nativeSocketsAreThere() {
        assertTrue(Epoll.isAvailable());
    }

    @Test
    void readinessAndTheEndAreTold() throws IOException {
        // A path of a socket has 108 bytes at most: not in the build's folder.
        Path folder = Files.createTempDirectory(Path.of("/tmp"), "notice");
        Path path = folder.resolve("socket");
        Socket manager = Socket.newSocketDomainDgram();
        try {
            manager.bind(new DomainSocketAddress(path.toString()));
            ServiceNotice notice = new ServiceNotice(path.toString());
            notice.ready("Serving at 127.0.0.1:9092");
            assertEquals("READY=1\nSTATUS=Serving at 127.0.0.1:9092\n", next(manager));
            notice.stopping();
            assertEquals("STOPPING=1\nSTATUS=Stopping\n", next(manager));
        } finally {
            manager.close();
            Files.deleteIfExists(path);
            Files.delete(folder);
        }
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
    void nobodyIsToldWhereNobodyAsks() {
        new ServiceNotice(null).ready("x");
        new ServiceNotice("").stopping();
    }

    @Test
    void aSocketThatIsGoneStopsNoBroker() {
        new ServiceNotice("/nowhere/notify").ready("x");
    }
}

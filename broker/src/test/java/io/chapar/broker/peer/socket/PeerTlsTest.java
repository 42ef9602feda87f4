package io.chapar.broker.peer.socket;

import io.chapar.broker.config.HostPort;
import io.chapar.broker.peer.PeerSecret;
import io.chapar.broker.peer.Peers;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Links whose sides prove themselves by certificates, on real sockets.
@Timeout(120)
final class PeerTlsTest {
    private static final PeerSecret SECRET = PeerSecret.of("what these brokers know".getBytes(StandardCharsets.UTF_8));
    private static final long SOON_MS = 30_000;
    /// After which a question counts as unsent: its link does not come about.
    private static final long SHORT_MS = 2_000;

    private static Certificates first;
    private static Certificates second;

    @TempDir
    Path folder;

    private final List<PeerNode> nodes = new ArrayList<>();

    @BeforeAll
    static void keys(@TempDir Path made) throws Exception {
        first = Certificates.of(made, "ip:127.0.0.1");
        second = Certificates.of(made, "dns:elsewhere.example");
    }

    private PeerNode start(int id, PeerSecret secret, PeerTls tls) {
        PeerNode node = new PeerNode(id, 1, secret, 0, tls);
        nodes.add(node);
        return node;
    }

    @AfterEach
    void stop() {
        nodes.forEach(PeerNode::close);
    }

    private PeerTls tls(Certificates own, boolean namesHosts, Certificates... others) throws IOException {
        return PeerTls.open(own.stores(folder, namesHosts, List.of(others)));
    }

    private static Peers.Asked ask(PeerNode from, PeerNode to, long ms) throws Exception {
        return from.ask(to, 0, 1, ms).get(SOON_MS, TimeUnit.MILLISECONDS);
    }

    private static void assertLinked(PeerNode from, PeerNode to) throws Exception {
        assertEquals(new Peers.Answered(PeerNode.answer(1)), ask(from, to, SOON_MS));
    }

    private static void assertNotLinked(PeerNode from, PeerNode to) throws Exception {
        assertInstanceOf(Peers.Unsent.class, ask(from, to, SHORT_MS));
    }

    @Test
    void brokersWhoseCertificatesAreNamedSpeak() throws Exception {
        PeerNode one = start(1, SECRET, tls(first, true, first, second));
        PeerNode two = start(2, SECRET, tls(second, false, first, second));
        PeerNode.meet(one, two);
        assertLinked(two, one);
        assertNotLinked(one, two);
        PeerNode careless = start(3, SECRET, tls(first, false, first, second));
        PeerNode.meet(one, two, careless);
        assertLinked(careless, two);
    }

    @Test
    void aStrangerGetsNothing() throws Exception {
        PeerNode one = start(1, null, tls(first, false, first));
        PeerNode stranger = start(2, null, tls(second, false, first, second));
        PeerNode plain = start(3, null, null);
        PeerNode.meet(one, stranger, plain);
        assertNotLinked(stranger, one);
        assertNotLinked(plain, one);
        assertNotLinked(one, plain);
        assertNotLinked(one, stranger);
        try (Socket socket = new Socket("127.0.0.1", one.address.port())) {
            socket.setSoTimeout((int) SOON_MS);
            byte[] answer = answerTo(new byte[64 << 10], socket);
            assertTrue(answer.length < 64, answer.length + " bytes for nothing");
        }
        assertTrue(one.begun.isEmpty());
    }

    /// The other side may end it before all is written.
    private static byte[] answerTo(byte[] said, Socket socket) throws IOException {
        try {
            socket.getOutputStream().write(said);
            return socket.getInputStream().readAllBytes();
        } catch (java.net.SocketException reset) {
            return new byte[0];
        }
    }

    /// Without a new start, and without an end of the links that there are.
    @Test
    void certificatesAreReplaced() throws Exception {
        PeerTls.Stores stores = second.stores(folder, false, List.of(first, second));
        PeerTls before = PeerTls.open(stores);
        PeerNode one = start(1, SECRET, tls(first, false, first));
        PeerNode two = start(2, SECRET, before);
        PeerNode.meet(one, two);
        assertNotLinked(two, one);

        Files.writeString(stores.keystore(), "no key");
        touch(stores, 10);
        before.refresh(10_000);
        before.refresh(20_000);
        assertNotLinked(two, one);

        first.write(stores, List.of(first));
        touch(stores, 20);
        before.refresh(30_000);
        assertLinked(two, one);
        assertLinked(one, two);

        Files.delete(stores.keystore());
        before.refresh(30_000);
        assertLinked(two, one);
    }

    private String whyNot(PeerTls.Stores stores) {
        return assertThrows(IllegalArgumentException.class, () -> PeerTls.open(stores)).getMessage();
    }

    /// It would be alone with it.
    @Test
    void whatItsPeersWouldNotTakeIsNotUsed() throws Exception {
        String why = whyNot(first.stores(folder, false, List.of(second)));
        assertTrue(why.contains("another authority"), why);
        whyNot(first.withKeyOf(second).stores(folder, false, List.of(first, second)));

        PeerTls.open(first.stores(folder, true, "127.0.0.1", List.of(first)));
        why = whyNot(first.stores(folder, true, "127.0.0.2", List.of(first)));
        assertTrue(why.contains("127.0.0.2"), why);
        PeerTls.open(first.stores(folder, false, "127.0.0.2", List.of(first)));
        PeerTls.open(first.stores(folder, true, null, List.of(first)));
    }

    @Test
    void aNewCertificateThatItsPeersWouldNotTakeLeavesTheOldOne() throws Exception {
        PeerTls.Stores stores = first.stores(folder, true, "127.0.0.1", List.of(first));
        PeerTls ofOne = PeerTls.open(stores);
        PeerNode one = start(1, SECRET, ofOne);
        PeerNode two = start(2, SECRET, tls(first, true, first));
        second.write(stores, List.of(first));
        touch(stores, 10);
        ofOne.refresh(10_000);
        PeerNode.meet(one, two);
        assertLinked(two, one);
        assertLinked(one, two);
    }

    // ---- what a handshake costs a loop

    /// A connection that was made to this broker, whose handshake waits for its thread.
    private final class Taken {
        final List<Runnable> tasks = new ArrayList<>();
        final EmbeddedChannel there = new EmbeddedChannel();

        Taken() throws IOException {
            EmbeddedChannel dialler = new EmbeddedChannel();
            tls(first, false, first).accept(there, tasks::add);
            tls(first, false, first).dial(dialler, new HostPort("127.0.0.1", 1), Runnable::run);
            ByteBuf hello = dialler.readOutbound();
            there.writeInbound(hello);
        }
    }

    @Test
    void noLoopWaitsForAHandshake() throws Exception {
        Taken taken = new Taken();
        assertEquals(1, taken.tasks.size());
        assertTrue(taken.there.outboundMessages().isEmpty(), "nothing was worked out on the loop");
        taken.tasks.getFirst().run();
        taken.there.runPendingTasks();
        assertFalse(taken.there.outboundMessages().isEmpty());
        assertTrue(taken.there.isOpen());
    }

    @Test
    void whatComesWhileAHandshakeWaitsIsBounded() throws Exception {
        Taken taken = new Taken();
        int came = 0;
        while (taken.there.isOpen()) {
            taken.there.writeInbound(Unpooled.wrappedBuffer(new byte[1 << 10]));
            came += 1 << 10;
            assertTrue(came <= HandshakeBytes.MOST, came + " bytes");
        }
        assertTrue(came > 64 << 10, "a handshake may be long");
    }

    private static void touch(PeerTls.Stores stores, int seconds) throws IOException {
        FileTime time = FileTime.fromMillis(1_700_000_000_000L + 1_000L * seconds);
        Files.setLastModifiedTime(stores.keystore(), time);
        Files.setLastModifiedTime(stores.truststore(), time);
    }

    @Test
    void filesThatCannotBeUsedAreToldOf() throws Exception {
        PeerTls.Stores stores = first.stores(folder, true, List.of(first));
        Files.writeString(stores.keystore(), first.certificate());
        String why = assertThrows(IllegalArgumentException.class, () -> PeerTls.open(stores)).getMessage();
        assertTrue(why.contains(stores.keystore().toString()), why);
        Files.delete(stores.truststore());
        why = assertThrows(IllegalArgumentException.class, () -> PeerTls.open(stores)).getMessage();
        assertTrue(why.contains("NoSuchFile"), why);
    }
}

package io.chapar.bench;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// Ports of this machine, and whether a broker answers there.
final class Ports {
    private static final int ANSWER_MS = 1_000;
    private static final short API_VERSIONS = 18;
    private static final int ATTEMPTS = 100;

    private Ports() {
    }

    /// Brokers with free ports, numbered from 1, each with a folder below the one given.
    static List<Node> nodes(int count, Path data) {
        List<ServerSocket> held = new ArrayList<>();
        try {
            List<Node> nodes = new ArrayList<>();
            for (int id = 1; id <= count; id++) {
                nodes.add(new Node(id, free(held), freePair(held), data.resolve("node-" + id)));
            }
            return nodes;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            held.forEach(Ports::close);
        }
    }

    /// Held until all are found, so that none is found twice.
    private static int free(List<ServerSocket> held) throws IOException {
        ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        held.add(socket);
        return socket.getLocalPort();
    }

    /// One whose next is free as well.
    private static int freePair(List<ServerSocket> held) throws IOException {
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            int first = free(held);
            try {
                held.add(new ServerSocket(first + 1, 1, InetAddress.getLoopbackAddress()));
                return first;
            } catch (BindException | IllegalArgumentException taken) {
                // another pair may do
            }
        }
        throw new IOException("no two free ports behind each other");
    }

    private static void close(ServerSocket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Whether an ApiVersions request (version 0, without client id) is answered.
    static boolean answers(int port) {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), ANSWER_MS);
            socket.setSoTimeout(ANSWER_MS);
            ByteBuffer request = ByteBuffer.allocate(14)
                    .putInt(10).putShort(API_VERSIONS).putShort((short) 0).putInt(1).putShort((short) -1);
            socket.getOutputStream().write(request.array());
            return new DataInputStream(socket.getInputStream()).readInt() > 0;
        } catch (IOException notYet) {
            return false;
        }
    }
}

package io.chapar.bench;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;

/// Ports of this machine, and whether a broker answers there.
final class Ports {
    private static final int ANSWER_MS = 1_000;
    private static final short API_VERSIONS = 18;

    private Ports() {
    }

    static int free() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
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

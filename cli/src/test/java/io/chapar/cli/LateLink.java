package io.chapar.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/// Stands at a port of 127.0.0.1 for the same port of another address of this machine. What comes from there is late
/// if that is wanted.
final class LateLink implements AutoCloseable {
    private static final int MOST_BYTES = 1 << 20;

    private final ServerSocket listener;
    private final String behind;
    private final List<Socket> sockets = new CopyOnWriteArrayList<>();
    private volatile long delayMs;

    LateLink(int port, String behind) throws IOException {
        listener = new ServerSocket(port, 50, InetAddress.getByName("127.0.0.1"));
        this.behind = behind;
        Thread.ofPlatform().daemon().start(this::accept);
    }

    void delayMs(long ms) {
        delayMs = ms;
    }

    private void accept() {
        try {
            while (true) {
                Socket near = listener.accept();
                sockets.add(near);
                Thread.ofPlatform().daemon().start(() -> connect(near));
            }
        } catch (IOException closed) {
            return; // by close
        }
    }

    private void connect(Socket near) {
        try (near; Socket far = new Socket(behind, listener.getLocalPort())) {
            sockets.add(far);
            Thread.ofPlatform().daemon().start(() -> pump(near, far, false));
            pump(far, near, true);
        } catch (IOException nobodyThere) {
            return; // near is closed, and whoever dialled dials anew
        }
    }

    private void pump(Socket from, Socket to, boolean isLate) {
        byte[] bytes = new byte[MOST_BYTES];
        try (from; to) {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            for (int read = in.read(bytes); read >= 0; read = in.read(bytes)) {
                if (isLate && delayMs > 0) {
                    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(delayMs));
                }
                out.write(bytes, 0, read);
            }
        } catch (IOException closed) {
            return; // with both ends, as the resources above are
        }
    }

    @Override
    public void close() throws IOException {
        listener.close();
        for (Socket socket : sockets) {
            socket.close();
        }
    }
}

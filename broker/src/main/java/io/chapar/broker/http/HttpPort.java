package io.chapar.broker.http;

import com.sun.net.httpserver.HttpServer;
import io.chapar.broker.config.HostPort;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/// The one port of a broker that speaks HTTP: health, metrics, and what else has a route. There is none, and no thread
/// for it, while nobody asked for it. What it does is never on a loop of the broker.
public final class HttpPort implements AutoCloseable {
    private static final int BACKLOG = 128;
    /// Connections at a time, most of which may be idle; those on top are closed at once.
    private static final int MOST_CONNECTIONS = 1_000;
    /// A request that has not come by then is cut off, and so is a connection that sent nothing since it came: as long
    /// as this, connections that do nothing can keep others out.
    private static final int REQUEST_SECONDS = 10;
    /// Of a request's line, and of all its headers together: what no browser says. Each connection may have as much in
    /// memory, some times over, before anybody looks at it.
    private static final int HEADER_BYTES = 16 << 10;
    private static final int HEADERS = 100;
    private static final int LOOK_EVERY_MS = 1_000;

    static {
        // The JDK's server reads these once in a process.
        usually("jdk.httpserver.maxConnections", MOST_CONNECTIONS);
        usually("sun.net.httpserver.maxReqTime", REQUEST_SECONDS);
        usually("sun.net.httpserver.clockTick", LOOK_EVERY_MS);
        usually("sun.net.httpserver.maxReqHeaderSize", HEADER_BYTES);
        usually("sun.net.httpserver.maxReqHeaders", HEADERS);
    }

    private final HttpServer server;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

    private HttpPort(HttpServer server) {
        this.server = server;
    }

    /// Opens it; a host that is empty is this machine alone.
    public static HttpPort open(HostPort at, Routes routes) throws IOException {
        InetSocketAddress address = at.host().isEmpty()
                ? new InetSocketAddress(InetAddress.getLoopbackAddress(), at.port())
                : new InetSocketAddress(at.host(), at.port());
        if (address.isUnresolved()) {
            throw new IOException("the host is not known");
        }
        HttpPort port = new HttpPort(HttpServer.create(address, BACKLOG));
        port.server.createContext("/", routes);
        port.server.setExecutor(port.threads);
        port.server.start();
        return port;
    }

    private static void usually(String property, int value) {
        if (System.getProperty(property) == null) {
            System.setProperty(property, Integer.toString(value));
        }
    }

    public int number() {
        return server.getAddress().getPort();
    }

    /// What is under way is cut off.
    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}

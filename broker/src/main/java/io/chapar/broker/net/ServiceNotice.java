package io.chapar.broker.net;

import io.netty.channel.epoll.Epoll;
import io.netty.channel.unix.Socket;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/// Tells whoever runs this process as a service how far it is, by the protocol of systemd (`Type=notify`): one datagram
/// with a line for each variable, to the socket that `NOTIFY_SOCKET` names. Where nothing is named, nobody is told.
public final class ServiceNotice {
    private static final Logger LOG = LoggerFactory.getLogger(ServiceNotice.class);
    private static final String VARIABLE = "NOTIFY_SOCKET";

    private final @Nullable String socket;

    /// @param socket a path; one that begins with @ is in Linux's abstract namespace. Null or empty for none
    ServiceNotice(@Nullable String socket) {
        this.socket = socket == null || socket.isEmpty() ? null : socket;
    }

    public static ServiceNotice ofThisProcess() {
        return new ServiceNotice(System.getenv(VARIABLE));
    }

    /// @param status one line, for `systemctl status`
    public void ready(String status) {
        send("READY=1\nSTATUS=" + status + "\n");
    }

    public void stopping() {
        send("STOPPING=1\nSTATUS=Stopping\n");
    }

    /// A service manager that is not told would wait in vain and end the process: the log says why it was not.
    private void send(String lines) {
        if (socket == null) {
            return;
        }
        if (!Epoll.isAvailable()) {
            LOG.warn("Cannot tell {} how far this broker is: no native sockets here", socket);
            return;
        }
        byte[] path = socket.getBytes(StandardCharsets.UTF_8);
        if (path[0] == '@') {
            path[0] = 0;
        }
        byte[] text = lines.getBytes(StandardCharsets.UTF_8);
        ByteBuffer datagram = ByteBuffer.allocateDirect(text.length).put(text);
        Socket from = Socket.newSocketDomainDgram();
        try {
            from.sendToDomainSocket(datagram, 0, text.length, path);
        } catch (IOException e) {
            LOG.warn("Cannot tell {} how far this broker is: {}", socket, e.toString());
        } finally {
            close(from);
        }
    }

    private static void close(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            LOG.warn("A socket does not close: {}", e.toString());
        }
    }
}

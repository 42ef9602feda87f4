package io.chapar.testing;

import javax.net.SocketFactory;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;

/// Sockets that all lead to one Unix socket, for a driver that knows of none (`socketFactory` and `socketFactoryArg` of
/// PostgreSQL's).
public final class UnixSocketFactory extends SocketFactory {
    private final Path path;

    public UnixSocketFactory(String path) {
        this.path = Path.of(path);
    }

    @Override
    public Socket createSocket() throws IOException {
        return new UnixSocket(SocketChannel.open(UnixDomainSocketAddress.of(path)));
    }

    @Override
    public Socket createSocket(String host, int port) throws IOException {
        return createSocket();
    }

    @Override
    public Socket createSocket(String host, int port, InetAddress local, int localPort) throws IOException {
        return createSocket();
    }

    @Override
    public Socket createSocket(InetAddress host, int port) throws IOException {
        return createSocket();
    }

    @Override
    public Socket createSocket(InetAddress host, int port, InetAddress local, int localPort) throws IOException {
        return createSocket();
    }

    private static final class UnixSocket extends Socket {
        private final SocketChannel channel;
        private int timeoutMs;

        UnixSocket(SocketChannel channel) {
            this.channel = channel;
        }

        @Override
        public void connect(SocketAddress endpoint, int timeout) {
            // It is connected from the beginning.
        }

        @Override
        public boolean isConnected() {
            return true;
        }

        @Override
        public boolean isClosed() {
            return !channel.isOpen();
        }

        @Override
        public InputStream getInputStream() {
            return Channels.newInputStream(channel);
        }

        @Override
        public OutputStream getOutputStream() {
            return Channels.newOutputStream(channel);
        }

        @Override
        public void setTcpNoDelay(boolean on) {
            // Nothing is held back here.
        }

        @Override
        public void setKeepAlive(boolean on) {
            // The other end is on the same machine.
        }

        @Override
        public void setSoTimeout(int timeout) {
            timeoutMs = timeout;
        }

        @Override
        public int getSoTimeout() {
            return timeoutMs;
        }

        @Override
        public int getSendBufferSize() {
            return 8192;
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }
}

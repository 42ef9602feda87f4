package io.chapar.broker.peer.socket;

import io.chapar.broker.budget.RarerLines;
import io.chapar.broker.config.HostPort;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;

/// TLS under links, with certificates of both sides: whoever dials proves to be of those that the truststore names, and
/// so does whoever is dialled. Only a certificate that it names is spoken with; which broker it is says the hello.
///
/// What the files hold is used once it has shaken hands with itself ([TrialHandshake]): a broker whose certificate its
/// peers do not take would be alone. The files are read again when they have changed ([#refresh]); links that are there
/// stay as they are. What cannot be used then is left, and what was there before goes on. From any thread, but that one
/// at a time refreshes it.
public final class PeerTls {
    /// How often somebody is to [#refresh].
    static final long REFRESH_MS = 10_000;
    private static final String PROTOCOL = "TLSv1.3";
    private static final long HANDSHAKE_SECONDS = 10;
    private static final int LARGEST_FILE = 1 << 20;
    private static final Logger LOG = LoggerFactory.getLogger(PeerTls.class);

    /// @param keystore PEM: the private key, without a password, and the chain of certificates that goes with it
    /// @param truststore PEM: the certificates that others have to lead to
    /// @param namesHosts whether whoever is dialled has to have a certificate of that host or address
    /// @param host by which others dial this broker; null where that is not known
    public record Stores(Path keystore, Path truststore, boolean namesHosts, @Nullable String host) {}

    /// @param stamps of the files that it was made from
    private record Contexts(SslContext accepting, SslContext dialling, List<FileTime> stamps) {}

    private final Stores stores;
    private volatile Contexts contexts;
    /// That the files cannot be used as they are now.
    private final RarerLines refused = new RarerLines();

    private PeerTls(Stores stores, Contexts contexts) {
        this.stores = stores;
        this.contexts = contexts;
    }

    /// Throws [IllegalArgumentException], in words for whoever sets it, for files that cannot be used.
    public static PeerTls open(Stores stores) {
        try {
            return new PeerTls(stores, read(stores));
        } catch (IOException | IllegalArgumentException e) {
            throw new IllegalArgumentException("The certificates of links, " + stores.keystore() + " and "
                    + stores.truststore() + ", cannot be used: " + reason(e), e);
        }
    }

    private static String reason(Exception e) {
        Throwable cause = e;
        while (cause.getCause() != null && cause.getMessage() == null) {
            cause = cause.getCause();
        }
        return cause.toString();
    }

    private static List<FileTime> stamps(Stores stores) throws IOException {
        return List.of(Files.getLastModifiedTime(stores.keystore()), Files.getLastModifiedTime(stores.truststore()));
    }

    private static Contexts read(Stores stores) throws IOException {
        List<FileTime> stamps = stamps(stores);
        byte[] own = bytes(stores.keystore());
        byte[] others = bytes(stores.truststore());
        SslContext accepting = SslContextBuilder.forServer(in(own), in(own))
                .sslProvider(SslProvider.JDK).protocols(PROTOCOL).trustManager(in(others))
                .clientAuth(ClientAuth.REQUIRE).build();
        SslContext dialling = SslContextBuilder.forClient().keyManager(in(own), in(own))
                .sslProvider(SslProvider.JDK).protocols(PROTOCOL).trustManager(in(others))
                .endpointIdentificationAlgorithm(stores.namesHosts() ? "HTTPS" : null).build();
        requireFit(stores, accepting, dialling);
        return new Contexts(accepting, dialling, stamps);
    }

    /// Others have the same truststore, or one that names the same certificates.
    private static void requireFit(Stores stores, SslContext accepting, SslContext dialling) throws IOException {
        SSLEngine from = stores.host() == null ? dialling.newEngine(UnpooledByteBufAllocator.DEFAULT)
                : dialling.newEngine(UnpooledByteBufAllocator.DEFAULT, stores.host(), TrialHandshake.ANY_PORT);
        if (stores.host() == null) {
            SSLParameters anyHost = from.getSSLParameters();
            anyHost.setEndpointIdentificationAlgorithm("");
            from.setSSLParameters(anyHost);
        }
        try {
            TrialHandshake.between(from, accepting.newEngine(UnpooledByteBufAllocator.DEFAULT));
        } catch (SSLException e) {
            throw new IOException("a broker with this truststore would not speak with this one, whose certificate is of"
                    + " another authority" + (stores.host() == null ? "" : ", or not of " + stores.host())
                    + ", has run out, or is of another key (" + e.getMessage() + ")", e);
        }
    }

    private static byte[] bytes(Path file) throws IOException {
        if (Files.size(file) > LARGEST_FILE) {
            throw new IOException(file + " is larger than " + LARGEST_FILE + " bytes");
        }
        return Files.readAllBytes(file);
    }

    private static InputStream in(byte[] bytes) {
        return new ByteArrayInputStream(bytes);
    }

    /// Takes the files that are there now, if they are others than before and can be used. Reads them: not on a loop.
    void refresh(long nowMs) {
        try {
            if (!stamps(stores).equals(contexts.stamps())) {
                contexts = read(stores);
                LOG.info("New links have the certificates of {} and {} as they are now", stores.keystore(),
                        stores.truststore());
            }
            refused.over();
        } catch (IOException | IllegalArgumentException e) {
            String end = refused.line(nowMs);
            if (end != null) {
                LOG.error("The certificates of links, {} and {}, have changed and cannot be used; those of before go"
                        + " on: {}{}", stores.keystore(), stores.truststore(), reason(e), end);
            }
        }
    }

    /// Begins TLS on a connection that another broker has made.
    ///
    /// @param tasks for the long part of the handshake
    void accept(Channel channel, Executor tasks) {
        begin(channel, contexts.accepting().newHandler(channel.alloc(), tasks));
    }

    /// Begins TLS on a connection to another broker. As [#accept].
    void dial(Channel channel, HostPort to, Executor tasks) {
        begin(channel, contexts.dialling().newHandler(channel.alloc(), to.host(), to.port(), tasks));
    }

    private static void begin(Channel channel, SslHandler handler) {
        handler.setHandshakeTimeout(HANDSHAKE_SECONDS, TimeUnit.SECONDS);
        HandshakeBytes bound = new HandshakeBytes();
        channel.pipeline().addLast(bound, handler);
        handler.handshakeFuture().addListener(done -> bound.lift());
    }
}

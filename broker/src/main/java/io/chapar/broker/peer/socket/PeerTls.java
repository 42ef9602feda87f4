package io.chapar.broker.peer.socket;

import io.chapar.broker.config.HostPort;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// TLS under links, with certificates of both sides: whoever dials proves to be of those that the truststore names, and
/// so does whoever is dialled. Only a certificate that it names is spoken with; which broker it is says the hello.
///
/// The files are read again when they have changed ([#refresh]); links that are there stay as they are. What cannot be
/// used then is left, and what was there before goes on. From any thread, but that one at a time refreshes it.
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
    public record Stores(Path keystore, Path truststore, boolean namesHosts) {}

    /// @param stamps of the files that it was made from
    private record Contexts(SslContext accepting, SslContext dialling, List<FileTime> stamps) {}

    private final Stores stores;
    private volatile Contexts contexts;
    /// Of files that could not be used, so that the log says so once.
    private @Nullable List<FileTime> refused;

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
        return new Contexts(accepting, dialling, stamps);
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

    /// Takes the files that are there now, if they are others than before. Reads them: not on a loop.
    void refresh() {
        List<FileTime> stamps = null;
        try {
            stamps = stamps(stores);
            if (!stamps.equals(contexts.stamps()) && !stamps.equals(refused)) {
                contexts = read(stores);
                LOG.info("New links have the certificates of {} and {} as they are now", stores.keystore(),
                        stores.truststore());
            }
        } catch (IOException | IllegalArgumentException e) {
            if (refused == null || stamps != null) {
                LOG.error("The certificates of links have changed and cannot be used; those of before go on: {}",
                        reason(e));
            }
            refused = stamps == null ? List.of() : stamps;
        }
    }

    SslHandler accepting(ByteBufAllocator memory) {
        return patient(contexts.accepting().newHandler(memory));
    }

    SslHandler dialling(ByteBufAllocator memory, HostPort to) {
        return patient(contexts.dialling().newHandler(memory, to.host(), to.port()));
    }

    private static SslHandler patient(SslHandler handler) {
        handler.setHandshakeTimeout(HANDSHAKE_SECONDS, TimeUnit.SECONDS);
        return handler;
    }
}

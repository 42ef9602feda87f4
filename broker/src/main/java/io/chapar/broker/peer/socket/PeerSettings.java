package io.chapar.broker.peer.socket;

import io.chapar.broker.config.BrokerConfig;
import io.chapar.broker.config.HostPort;
import io.chapar.broker.peer.LinkLimits;
import io.chapar.broker.peer.PeerSecret;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;

/// How a broker links with others.
///
/// @param listener `peer.listener`: where it takes links; port 0 for one that is free
/// @param secret from `cluster.secret.file`; null where there is none
/// @param insecure `peer.insecure`: it may listen beyond this machine without a secret
/// @param tls under all links; null where they are not encrypted
public record PeerSettings(HostPort listener, @Nullable PeerSecret secret, boolean insecure, LinkLimits limits,
        @Nullable PeerTls tls) {

    private static final String KEYSTORE = "listener.name.peer.ssl.keystore.location";
    private static final String TRUSTSTORE = "listener.name.peer.ssl.truststore.location";
    private static final String IDENTIFICATION = "listener.name.peer.ssl.endpoint.identification.algorithm";

    /// Throws [IllegalArgumentException], in words for whoever sets it, for what would let anybody of the network in.
    public PeerSettings {
        if (secret == null && tls == null && !insecure && !listener.isThisMachineAlone()) {
            throw new IllegalArgumentException("peer.listener " + listener + " can be reached from other machines, and"
                    + " whoever reaches it could be a broker of this cluster: name a cluster.secret.file, the same on"
                    + " all brokers, or certificates (" + KEYSTORE + "), or say peer.insecure=true where the network"
                    + " keeps strangers away");
        }
    }

    /// Links that are not encrypted.
    public PeerSettings(HostPort listener, @Nullable PeerSecret secret, boolean insecure, LinkLimits limits) {
        this(listener, secret, insecure, limits, null);
    }

    /// As the settings of the broker say. Throws [IllegalArgumentException], in words for whoever sets it, for what
    /// cannot be, and [IOException] for a secret that cannot be read.
    public static PeerSettings of(BrokerConfig config) throws IOException {
        String file = config.value("cluster.secret.file");
        return new PeerSettings(config.peerListener(), file.isEmpty() ? null : secretIn(Path.of(file)),
                config.flag("peer.insecure"), LinkLimits.of(config.count("message.max.bytes")), tls(config));
    }

    private static @Nullable PeerTls tls(BrokerConfig config) {
        String keystore = config.value(KEYSTORE);
        String truststore = config.value(TRUSTSTORE);
        if (keystore.isEmpty() != truststore.isEmpty()) {
            throw new IllegalArgumentException(KEYSTORE + " and " + TRUSTSTORE + " go together: both sides of a link"
                    + " prove who they are");
        }
        return keystore.isEmpty() ? null : PeerTls.open(new PeerTls.Stores(
                Path.of(keystore), Path.of(truststore), config.value(IDENTIFICATION).equals("https"), host(config)));
    }

    private static @Nullable String host(BrokerConfig config) {
        String host = config.peers().host();
        return host.isEmpty() ? null : host;
    }

    InetSocketAddress address() {
        return listener.host().isEmpty() ? new InetSocketAddress(listener.port())
                : new InetSocketAddress(listener.host(), listener.port());
    }

    /// What is in the file, without the white space at its end. Throws [IllegalArgumentException] for what is no
    /// secret, [IOException] for a file that cannot be read.
    public static PeerSecret secretIn(Path file) throws IOException {
        if (Files.size(file) > PeerSecret.LONGEST) {
            throw new IllegalArgumentException(
                    "cluster.secret.file " + file + " is longer than " + PeerSecret.LONGEST + " bytes");
        }
        byte[] bytes = Files.readAllBytes(file);
        int length = bytes.length;
        while (length > 0 && Character.isWhitespace(bytes[length - 1])) {
            length--;
        }
        if (length < PeerSecret.SHORTEST) {
            throw new IllegalArgumentException("cluster.secret.file " + file + " has " + length
                    + " bytes; a secret has at least " + PeerSecret.SHORTEST);
        }
        return PeerSecret.of(java.util.Arrays.copyOf(bytes, length));
    }
}

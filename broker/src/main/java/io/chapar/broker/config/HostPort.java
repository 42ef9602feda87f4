package io.chapar.broker.config;

import org.jspecify.annotations.Nullable;

import java.net.InetAddress;
import java.net.UnknownHostException;

/// A host and a port, as clients are told. The host may be empty where "every address of this machine" is meant.
public record HostPort(String host, int port) {

    /// What is wrong with the text, as the rest of a sentence; null when it can be parsed.
    static @Nullable String problem(String text) {
        try {
            parse(text);
            return null;
        } catch (IllegalArgumentException e) {
            return e.getMessage();
        }
    }

    /// `host:port`, optionally behind `NAME://`; the host in brackets when it has colons.
    public static HostPort parse(String text) {
        String rest = text.strip();
        if (rest.indexOf(',') >= 0) {
            throw new IllegalArgumentException("takes one address, not '" + text + "'");
        }
        int scheme = rest.indexOf("://");
        if (scheme >= 0) {
            if (!rest.substring(0, scheme).equals("PLAINTEXT")) {
                throw new IllegalArgumentException("knows PLAINTEXT alone, not '" + rest.substring(0, scheme)
                        + "': connections are not encrypted and clients not authenticated here");
            }
            rest = rest.substring(scheme + 3);
        }
        int colon = rest.lastIndexOf(':');
        if (colon < 0) {
            throw new IllegalArgumentException("must be host:port, not '" + text + "'");
        }
        String host = rest.substring(0, colon);
        if (host.startsWith("[") && host.endsWith("]")) {
            host = host.substring(1, host.length() - 1);
        }
        int port;
        try {
            port = Integer.parseInt(rest.substring(colon + 1));
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("must be host:port, not '" + text + "'", e);
        }
        if (port < 0 || port > 65535) {
            throw new IllegalArgumentException("needs a port between 0 and 65535, not " + port);
        }
        return new HostPort(host, port);
    }

    /// Whether the host is a name, and neither an address nor empty.
    boolean isNamed() {
        return host.indexOf(':') < 0 && host.chars().anyMatch(c -> c != '.' && (c < '0' || c > '9'));
    }

    /// Whether nobody but this machine reaches it. Looks names up; a name that is not known is no proof.
    public boolean isThisMachineAlone() {
        try {
            return !host.isEmpty() && InetAddress.getByName(host).isLoopbackAddress();
        } catch (UnknownHostException e) {
            return false;
        }
    }

    @Override
    public String toString() {
        return host.indexOf(':') >= 0 ? "[" + host + "]:" + port : host + ":" + port;
    }
}

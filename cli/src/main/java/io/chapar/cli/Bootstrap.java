package io.chapar.cli;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;

/// The addresses that `--bootstrap` names.
final class Bootstrap {
    private static final int CONNECT_TIMEOUT_MS = 3_000;

    private Bootstrap() {
    }

    /// Null when the text is a list of `host:port`, else what is wrong with it.
    static String problem(String text) {
        for (String address : text.split(",", -1)) {
            int colon = address.strip().lastIndexOf(':');
            boolean hosted = colon > 0 && address.strip().substring(0, colon).chars()
                    .noneMatch(c -> c == '/' || Character.isWhitespace(c));
            if (!hosted || port(address.strip().substring(colon + 1)) < 0) {
                return "--bootstrap needs host:port[,host:port...], not '" + text + "'.";
            }
        }
        return null;
    }

    private static int port(String text) {
        try {
            int port = Integer.parseInt(text);
            return port >= 1 && port <= 65_535 ? port : -1;
        } catch (NumberFormatException e) {
            return -1;
        }
    }

    /// Returns when one of the addresses takes a connection. A client would try for a minute; a person wants to know
    /// now.
    static void requireReachable(String text) {
        List<String> reasons = new ArrayList<>();
        for (String part : text.split(",", -1)) {
            String address = part.strip();
            int colon = address.lastIndexOf(':');
            String host = address.substring(0, colon).replaceAll("^\\[|\\]$", "");
            InetSocketAddress target = new InetSocketAddress(host, port(address.substring(colon + 1)));
            if (target.isUnresolved()) {
                reasons.add("unknown host " + host);
                continue;
            }
            try (Socket socket = new Socket()) {
                socket.connect(target, CONNECT_TIMEOUT_MS);
                return;
            } catch (IOException e) {
                reasons.add(e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage());
            }
        }
        throw new CommandFailure("Cannot reach a broker at " + text + " (" + String.join("; ", reasons)
                + "). Start one with 'chapar broker', or name another with --bootstrap.");
    }
}

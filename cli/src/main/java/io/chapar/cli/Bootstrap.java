package io.chapar.cli;

import io.chapar.client.ClientConfig;
import io.chapar.transport.BrokerProbe;
import org.jspecify.annotations.Nullable;

import java.util.List;

/// The addresses that `--bootstrap` names.
final class Bootstrap {
    private static final int TIMEOUT_MS = 4_000;

    private Bootstrap() {
    }

    /// Null when the text is a list of `host:port`, else what is wrong with it.
    static @Nullable String problem(String text) {
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

    /// Returns when a broker answers at one of the addresses. A client would try for a minute; a person wants to know
    /// now.
    static void requireReachable(String text) {
        requireReachable(text, TIMEOUT_MS);
    }

    static void requireReachable(String text, int timeoutMs) {
        List<String> problems;
        try {
            problems = BrokerProbe.problems(ClientConfig.of(text, "chapar-cli").bootstrap(), timeoutMs);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CommandFailure("Interrupted while looking for a broker at " + text, e);
        }
        if (!problems.isEmpty()) {
            throw new CommandFailure("Cannot reach a broker at " + text + " (" + String.join("; ", problems)
                    + "). Start one with 'chapar broker', or name another with --bootstrap.");
        }
    }
}

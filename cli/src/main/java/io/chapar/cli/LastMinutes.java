package io.chapar.cli;

import io.chapar.broker.config.HostPort;
import io.chapar.client.ChaparException;
import io.chapar.client.admin.ConfigEntry;
import io.chapar.transport.Node;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/// What brokers tell of their last minute at their HTTP ports. Who has none, or has it where it cannot be reached from
/// here, tells nothing.
final class LastMinutes {
    private static final int TIMEOUT_MS = 2_000;
    private static final int MOST_BYTES = 1 << 20;
    private static final List<String> EVERYWHERE = List.of("0.0.0.0", "::");

    private LastMinutes() {
    }

    /// By broker, what it says.
    static SortedMap<Integer, Map<?, ?>> of(Cluster cluster, String clusterId, Collection<Node> brokers) {
        SortedMap<Integer, Map<?, ?>> all = new TreeMap<>();
        for (Node broker : brokers) {
            Map<?, ?> said = said(cluster, broker);
            // At this address of this machine there may be another broker than at that of its own.
            if (said != null && clusterId.equals(said.get("clusterId"))
                    && Integer.toString(broker.id()).equals(String.valueOf(said.get("nodeId")))) {
                all.put(broker.id(), said);
            }
        }
        return all;
    }

    private static @Nullable Map<?, ?> said(Cluster cluster, Node broker) {
        try {
            HostPort at = at(cluster.config(broker.id()), broker);
            return at == null ? null : ask(at);
        } catch (CommandFailure | ChaparException | IOException e) {
            return null; // that it does not answer, or has just gone, is told where brokers are
        }
    }

    private static @Nullable HostPort at(List<ConfigEntry> settings, Node broker) {
        String stated = settings.stream().filter(one -> one.name().equals("metrics.listener"))
                .map(ConfigEntry::value).findFirst().orElse("");
        if (stated == null || stated.isEmpty()) {
            return null;
        }
        HostPort at = HostPort.parse(stated);
        String host = at.host().isEmpty() ? "127.0.0.1" : EVERYWHERE.contains(at.host()) ? broker.host() : at.host();
        return at.port() == 0 ? null : new HostPort(host, at.port());
    }

    private static @Nullable Map<?, ?> ask(HostPort at) throws IOException {
        HttpURLConnection http = (HttpURLConnection) URI.create("http://" + at + "/status").toURL().openConnection();
        http.setInstanceFollowRedirects(false);
        http.setConnectTimeout(TIMEOUT_MS);
        http.setReadTimeout(TIMEOUT_MS);
        try (InputStream in = http.getInputStream()) {
            return Json.read(in.readNBytes(MOST_BYTES)) instanceof Map<?, ?> map ? map : null;
        } catch (IllegalArgumentException e) {
            return null; // somebody else is there
        }
    }
}

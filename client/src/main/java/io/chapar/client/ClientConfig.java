package io.chapar.client;

import io.chapar.transport.ConnectionSettings;
import io.chapar.transport.Node;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// What every client needs to reach a cluster. Times in milliseconds; defaults are Kafka's.
///
/// `maxFrameBytes` bounds an answer: a longer one closes the connection. `maxQueuedCalls` bounds what waits for or is
/// in flight on one connection: a call beyond it ends at once as "not sent".
public record ClientConfig(
        List<Node> bootstrap,
        String clientId,
        int requestTimeoutMs,
        int apiTimeoutMs,
        int retryBackoffMs,
        int retryBackoffMaxMs,
        int reconnectBackoffMs,
        int reconnectBackoffMaxMs,
        int connectTimeoutMs,
        int metadataMaxAgeMs,
        int connectionsMaxIdleMs,
        int maxFrameBytes,
        int maxQueuedCalls) {
    public static final int MAX_FRAME_BYTES = 128 * 1024 * 1024;
    public static final int MAX_QUEUED_CALLS = 1_000;
    private static final int DAY_MS = 24 * 60 * 60 * 1000;

    public ClientConfig {
        bootstrap = List.copyOf(bootstrap);
        if (bootstrap.isEmpty()) {
            throw new UsageException("Setting " + KafkaConfigNames.BOOTSTRAP_SERVERS + " is empty");
        }
        ConfigReader.requireString(KafkaConfigNames.CLIENT_ID, clientId);
        ConfigReader.requireBetween(KafkaConfigNames.REQUEST_TIMEOUT_MS, requestTimeoutMs, 1, DAY_MS);
        ConfigReader.requireBetween(KafkaConfigNames.DEFAULT_API_TIMEOUT_MS, apiTimeoutMs, 1, DAY_MS);
        ConfigReader.requireBetween(KafkaConfigNames.RETRY_BACKOFF_MS, retryBackoffMs, 0, DAY_MS);
        ConfigReader.requireBetween(KafkaConfigNames.RETRY_BACKOFF_MAX_MS, retryBackoffMaxMs, 0, DAY_MS);
        ConfigReader.requireBetween(KafkaConfigNames.RECONNECT_BACKOFF_MS, reconnectBackoffMs, 0, DAY_MS);
        ConfigReader.requireBetween(KafkaConfigNames.RECONNECT_BACKOFF_MAX_MS, reconnectBackoffMaxMs, 0, DAY_MS);
        ConfigReader.requireBetween(
                KafkaConfigNames.SOCKET_CONNECTION_SETUP_TIMEOUT_MS, connectTimeoutMs, 1, DAY_MS);
        ConfigReader.requireBetween(KafkaConfigNames.METADATA_MAX_AGE_MS, metadataMaxAgeMs, 1, Integer.MAX_VALUE);
        ConfigReader.requireBetween(
                KafkaConfigNames.CONNECTIONS_MAX_IDLE_MS, connectionsMaxIdleMs, 1, Integer.MAX_VALUE);
    }

    /// Kafka's defaults for `host:port[,host:port...]`.
    public static ClientConfig of(String bootstrapServers, String clientId) {
        return read(new ConfigReader(Map.of(KafkaConfigNames.BOOTSTRAP_SERVERS, bootstrapServers,
                KafkaConfigNames.CLIENT_ID, clientId)), clientId);
    }

    /// Takes the shared settings out of `reader`; the caller takes its own and then calls [ConfigReader#finish()].
    public static ClientConfig read(ConfigReader reader, String defaultClientId) {
        return new ClientConfig(
                addresses(reader.list(KafkaConfigNames.BOOTSTRAP_SERVERS, List.of())),
                reader.text(KafkaConfigNames.CLIENT_ID, defaultClientId),
                reader.integer(KafkaConfigNames.REQUEST_TIMEOUT_MS, 30_000),
                reader.integer(KafkaConfigNames.DEFAULT_API_TIMEOUT_MS, 60_000),
                reader.integer(KafkaConfigNames.RETRY_BACKOFF_MS, 100),
                reader.integer(KafkaConfigNames.RETRY_BACKOFF_MAX_MS, 1_000),
                reader.integer(KafkaConfigNames.RECONNECT_BACKOFF_MS, 50),
                reader.integer(KafkaConfigNames.RECONNECT_BACKOFF_MAX_MS, 1_000),
                reader.integer(KafkaConfigNames.SOCKET_CONNECTION_SETUP_TIMEOUT_MS, 10_000),
                reader.integer(KafkaConfigNames.METADATA_MAX_AGE_MS, 300_000),
                reader.integer(KafkaConfigNames.CONNECTIONS_MAX_IDLE_MS, 540_000),
                MAX_FRAME_BYTES,
                MAX_QUEUED_CALLS);
    }

    /// What of this concerns connections.
    public ConnectionSettings connections() {
        return new ConnectionSettings(clientId, connectTimeoutMs, requestTimeoutMs, reconnectBackoffMs,
                reconnectBackoffMaxMs, connectionsMaxIdleMs, maxFrameBytes, maxQueuedCalls);
    }

    private static List<Node> addresses(List<String> texts) {
        List<Node> nodes = new ArrayList<>();
        for (String text : texts) {
            nodes.add(address(-1 - nodes.size(), text));
        }
        return nodes;
    }

    /// `host:port` or `[v6]:port`.
    private static Node address(int id, String text) {
        int colon = text.lastIndexOf(':');
        String host = colon <= 0 ? "" : text.substring(0, colon);
        if (host.startsWith("[") && host.endsWith("]")) {
            host = host.substring(1, host.length() - 1);
        } else if (host.indexOf(':') >= 0) {
            host = "";
        }
        int port;
        try {
            port = Integer.parseInt(text.substring(colon + 1));
        } catch (NumberFormatException e) {
            port = -1;
        }
        if (host.isEmpty() || port < 1 || port > 65_535) {
            throw new UsageException("Setting " + KafkaConfigNames.BOOTSTRAP_SERVERS
                    + " needs host:port, not \"" + text + "\"");
        }
        return new Node(id, host, port);
    }
}

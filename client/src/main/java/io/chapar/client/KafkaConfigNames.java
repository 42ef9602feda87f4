package io.chapar.client;

/// The dotted names of settings, as Kafka's clients call them. The only place in the client where they are spelled.
public final class KafkaConfigNames {
    public static final String BOOTSTRAP_SERVERS = "bootstrap.servers";
    public static final String CLIENT_ID = "client.id";
    public static final String CLIENT_RACK = "client.rack";
    public static final String REQUEST_TIMEOUT_MS = "request.timeout.ms";
    public static final String DEFAULT_API_TIMEOUT_MS = "default.api.timeout.ms";
    public static final String RETRY_BACKOFF_MS = "retry.backoff.ms";
    public static final String RETRY_BACKOFF_MAX_MS = "retry.backoff.max.ms";
    public static final String RECONNECT_BACKOFF_MS = "reconnect.backoff.ms";
    public static final String RECONNECT_BACKOFF_MAX_MS = "reconnect.backoff.max.ms";
    public static final String SOCKET_CONNECTION_SETUP_TIMEOUT_MS = "socket.connection.setup.timeout.ms";
    public static final String METADATA_MAX_AGE_MS = "metadata.max.age.ms";
    public static final String CONNECTIONS_MAX_IDLE_MS = "connections.max.idle.ms";

    public static final String ACKS = "acks";
    public static final String BATCH_SIZE = "batch.size";
    public static final String LINGER_MS = "linger.ms";
    public static final String BUFFER_MEMORY = "buffer.memory";
    public static final String MAX_BLOCK_MS = "max.block.ms";
    public static final String MAX_REQUEST_SIZE = "max.request.size";
    public static final String MAX_IN_FLIGHT = "max.in.flight.requests.per.connection";
    public static final String DELIVERY_TIMEOUT_MS = "delivery.timeout.ms";
    public static final String COMPRESSION_TYPE = "compression.type";
    public static final String ENABLE_IDEMPOTENCE = "enable.idempotence";
    public static final String RETRIES = "retries";
    public static final String TRANSACTIONAL_ID = "transactional.id";
    public static final String TWO_PHASE_COMMIT = "transaction.two.phase.commit.enable";
    public static final String TRANSACTION_TIMEOUT_MS = "transaction.timeout.ms";

    public static final String GROUP_ID = "group.id";
    public static final String GROUP_INSTANCE_ID = "group.instance.id";
    public static final String ISOLATION_LEVEL = "isolation.level";
    public static final String AUTO_OFFSET_RESET = "auto.offset.reset";
    public static final String FETCH_MIN_BYTES = "fetch.min.bytes";
    public static final String FETCH_MAX_BYTES = "fetch.max.bytes";
    public static final String FETCH_MAX_WAIT_MS = "fetch.max.wait.ms";
    public static final String MAX_PARTITION_FETCH_BYTES = "max.partition.fetch.bytes";
    public static final String MAX_POLL_RECORDS = "max.poll.records";
    public static final String MAX_POLL_INTERVAL_MS = "max.poll.interval.ms";
    public static final String SESSION_TIMEOUT_MS = "session.timeout.ms";
    public static final String HEARTBEAT_INTERVAL_MS = "heartbeat.interval.ms";
    public static final String ALLOW_AUTO_CREATE_TOPICS = "allow.auto.create.topics";
    public static final String ENABLE_AUTO_COMMIT = "enable.auto.commit";
    public static final String PARTITION_ASSIGNMENT_STRATEGY = "partition.assignment.strategy";

    private KafkaConfigNames() {
    }
}

package io.chapar.client.producer;

import io.chapar.client.ClientConfig;
import io.chapar.client.ConfigReader;
import io.chapar.client.KafkaConfigNames;
import io.chapar.client.UsageException;
import io.chapar.protocol.record.compress.Compression;
import org.jspecify.annotations.Nullable;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

import static java.util.Objects.requireNonNull;

/// A producer's settings; defaults are Kafka's. Times in milliseconds, sizes in bytes.
///
/// `transactionalId` null: no transactions. `batchSize` 0 sends every record alone. `maxInFlight` counts requests per
/// broker; at most 5 with idempotence, since the broker remembers that many batches.
public record ProducerConfig(
        ClientConfig client,
        Acks acks,
        boolean idempotent,
        Compression compression,
        int batchSize,
        int lingerMs,
        long bufferMemory,
        int maxBlockMs,
        int maxRequestSize,
        int maxInFlight,
        int deliveryTimeoutMs,
        @Nullable String transactionalId,
        int transactionTimeoutMs,
        boolean twoPhaseCommit) {
    public static final int MAX_IN_FLIGHT_IDEMPOTENT = 5;
    private static final int MAX_BATCH_SIZE = 64 * 1024 * 1024;
    private static final int MAX_TIME_MS = 7 * 24 * 60 * 60 * 1000;

    public ProducerConfig {
        ConfigReader.requireString(KafkaConfigNames.TRANSACTIONAL_ID, transactionalId);
        ConfigReader.requireBetween(KafkaConfigNames.BATCH_SIZE, batchSize, 0, MAX_BATCH_SIZE);
        ConfigReader.requireBetween(KafkaConfigNames.LINGER_MS, lingerMs, 0, MAX_TIME_MS);
        ConfigReader.requireBetween(KafkaConfigNames.BUFFER_MEMORY, bufferMemory, 1, Integer.MAX_VALUE);
        ConfigReader.requireBetween(KafkaConfigNames.MAX_BLOCK_MS, maxBlockMs, 0, MAX_TIME_MS);
        ConfigReader.requireBetween(KafkaConfigNames.MAX_REQUEST_SIZE, maxRequestSize, 1, ClientConfig.MAX_FRAME_BYTES);
        ConfigReader.requireBetween(KafkaConfigNames.MAX_IN_FLIGHT, maxInFlight, 1,
                idempotent ? MAX_IN_FLIGHT_IDEMPOTENT : 1_000);
        ConfigReader.requireBetween(KafkaConfigNames.DELIVERY_TIMEOUT_MS, deliveryTimeoutMs, 1, MAX_TIME_MS);
        ConfigReader.requireBetween(KafkaConfigNames.TRANSACTION_TIMEOUT_MS, transactionTimeoutMs, 1, MAX_TIME_MS);
        if (deliveryTimeoutMs < (long) lingerMs + client.requestTimeoutMs()) {
            throw new UsageException("Setting " + KafkaConfigNames.DELIVERY_TIMEOUT_MS + " (" + deliveryTimeoutMs
                    + ") must be at least " + KafkaConfigNames.LINGER_MS + " + " + KafkaConfigNames.REQUEST_TIMEOUT_MS
                    + " (" + ((long) lingerMs + client.requestTimeoutMs()) + ")");
        }
        if (idempotent && acks != Acks.ALL) {
            throw new UsageException("Setting " + KafkaConfigNames.ENABLE_IDEMPOTENCE + " needs "
                    + KafkaConfigNames.ACKS + "=all");
        }
        if (transactionalId != null && !idempotent) {
            throw new UsageException("Setting " + KafkaConfigNames.TRANSACTIONAL_ID + " needs "
                    + KafkaConfigNames.ENABLE_IDEMPOTENCE + "=true");
        }
        if (twoPhaseCommit && transactionalId == null) {
            throw new UsageException("Setting " + KafkaConfigNames.TWO_PHASE_COMMIT + " needs a "
                    + KafkaConfigNames.TRANSACTIONAL_ID);
        }
        if (transactionalId != null && transactionalId.isEmpty()) {
            throw new UsageException("Setting " + KafkaConfigNames.TRANSACTIONAL_ID + " is empty");
        }
    }

    public boolean transactional() {
        return transactionalId != null;
    }

    /// The transactional id, where the producer is transactional.
    String requireTransactionalId() {
        return requireNonNull(transactionalId, "transactions are those of a transactional id");
    }

    /// From Kafka's own names, as in a properties file or in Kafka's `ProducerConfig`. An unknown name is an error.
    public static ProducerConfig from(Map<?, ?> settings) {
        ConfigReader reader = new ConfigReader(settings);
        ClientConfig client = ClientConfig.read(reader, "chapar-producer");
        String transactionalId = reader.text(KafkaConfigNames.TRANSACTIONAL_ID);
        String acksText = reader.text(KafkaConfigNames.ACKS);
        Acks acks = acksText == null ? Acks.ALL : Acks.parse(acksText);
        boolean idempotentByDefault = acks == Acks.ALL || transactionalId != null;
        boolean idempotent = reader.flag(KafkaConfigNames.ENABLE_IDEMPOTENCE, idempotentByDefault);
        // How often is bounded by the time of delivery alone; the name is taken so that settings can move over.
        ConfigReader.requireBetween(KafkaConfigNames.RETRIES,
                reader.number(KafkaConfigNames.RETRIES, Integer.MAX_VALUE), 1, Integer.MAX_VALUE);
        int lingerMs = reader.integer(KafkaConfigNames.LINGER_MS, 5);
        ProducerConfig config = new ProducerConfig(
                client,
                acks,
                idempotent,
                compression(reader.text(KafkaConfigNames.COMPRESSION_TYPE, "none")),
                reader.integer(KafkaConfigNames.BATCH_SIZE, 16_384),
                lingerMs,
                reader.number(KafkaConfigNames.BUFFER_MEMORY, 32L * 1024 * 1024),
                reader.integer(KafkaConfigNames.MAX_BLOCK_MS, 60_000),
                reader.integer(KafkaConfigNames.MAX_REQUEST_SIZE, 1024 * 1024),
                reader.integer(KafkaConfigNames.MAX_IN_FLIGHT, 5),
                reader.integer(KafkaConfigNames.DELIVERY_TIMEOUT_MS, 120_000),
                transactionalId,
                reader.integer(KafkaConfigNames.TRANSACTION_TIMEOUT_MS, 60_000),
                reader.flag(KafkaConfigNames.TWO_PHASE_COMMIT, false));
        reader.finish();
        return config;
    }

    public static Builder builder(String bootstrapServers) {
        return new Builder().set(KafkaConfigNames.BOOTSTRAP_SERVERS, bootstrapServers);
    }

    private static Compression compression(String name) {
        Compression codec = Compression.ofLabel(name.toLowerCase(Locale.ROOT));
        if (codec != null) {
            return codec;
        }
        throw new UsageException("Setting " + KafkaConfigNames.COMPRESSION_TYPE
                + " must be none, gzip, snappy, lz4 or zstd, not \"" + name + "\"");
    }

    /// Typed settings; what is not set keeps Kafka's default.
    public static final class Builder {
        private final Map<String, Object> settings = new LinkedHashMap<>();

        private Builder() {
        }

        public Builder clientId(String id) {
            return set(KafkaConfigNames.CLIENT_ID, id);
        }

        public Builder acks(Acks acks) {
            return set(KafkaConfigNames.ACKS, acks.code());
        }

        public Builder idempotent(boolean on) {
            return set(KafkaConfigNames.ENABLE_IDEMPOTENCE, on);
        }

        public Builder compression(Compression codec) {
            return set(KafkaConfigNames.COMPRESSION_TYPE, codec.label());
        }

        public Builder batchSize(int bytes) {
            return set(KafkaConfigNames.BATCH_SIZE, bytes);
        }

        public Builder lingerMs(int ms) {
            return set(KafkaConfigNames.LINGER_MS, ms);
        }

        public Builder bufferMemory(long bytes) {
            return set(KafkaConfigNames.BUFFER_MEMORY, bytes);
        }

        public Builder maxBlockMs(int ms) {
            return set(KafkaConfigNames.MAX_BLOCK_MS, ms);
        }

        public Builder maxRequestSize(int bytes) {
            return set(KafkaConfigNames.MAX_REQUEST_SIZE, bytes);
        }

        public Builder maxInFlight(int requests) {
            return set(KafkaConfigNames.MAX_IN_FLIGHT, requests);
        }

        public Builder deliveryTimeoutMs(int ms) {
            return set(KafkaConfigNames.DELIVERY_TIMEOUT_MS, ms);
        }

        public Builder requestTimeoutMs(int ms) {
            return set(KafkaConfigNames.REQUEST_TIMEOUT_MS, ms);
        }

        public Builder transactionalId(String id) {
            return set(KafkaConfigNames.TRANSACTIONAL_ID, id);
        }

        public Builder transactionTimeoutMs(int ms) {
            return set(KafkaConfigNames.TRANSACTION_TIMEOUT_MS, ms);
        }

        /// Somebody else decides about prepared transactions, which wait for that without a timeout. The broker has to
        /// allow it, by the setting of the same name.
        public Builder twoPhaseCommit(boolean on) {
            return set(KafkaConfigNames.TWO_PHASE_COMMIT, on);
        }

        /// Any setting by Kafka's name.
        public Builder set(String name, Object value) {
            settings.put(name, value);
            return this;
        }

        public ProducerConfig build() {
            return from(settings);
        }
    }
}

package io.chapar.processor;

import io.chapar.client.KafkaConfigNames;
import io.chapar.client.UsageException;
import io.chapar.client.consumer.ConsumerConfig;
import io.chapar.client.consumer.StateReport;
import org.jspecify.annotations.Nullable;

import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/// An application's settings. Times in milliseconds, sizes in bytes.
///
/// `applicationId` is the group: all instances with the same id share the input partitions. `instanceName` null: a
/// new name at each start. A name given makes a restart take over at once what its predecessor left (open
/// transaction, partitions), but then no two live instances may have the same, and its partitions stay reserved for
/// `sessionTimeoutMs` when it stops.
///
/// A commit is due when the first of `commitIntervalMs`, `commitRecords` and `commitBytes` (input, rows for a
/// database, and in `AT_LEAST_ONCE` changes of steps with timers) is reached, or when what was changed in the stores
/// takes a quarter of what they may take of memory; in `EXACTLY_ONCE` also when nothing is left to read and a quarter
/// of the interval is over.
/// `consumerSettings` and `producerSettings` have Kafka's names and hold where the delivery mode does not fix them.
public record ProcessorConfig(
        String bootstrapServers,
        String applicationId,
        @Nullable String instanceName,
        Delivery delivery,
        int threads,
        int parallel,
        int waitForOthersMs,
        int standbys,
        StartFrom startFrom,
        int commitIntervalMs,
        int commitRecords,
        long commitBytes,
        int transactionTimeoutMs,
        int sessionTimeoutMs,
        int closeTimeoutMs,
        long maxStateBytes,
        int databaseTimeoutMs,
        @Nullable Path stateDirectory,
        ErrorPolicy onError,
        Map<String, Object> consumerSettings,
        Map<String, Object> producerSettings) {
    public static final int MAX_THREADS = 256;
    public static final int MAX_PARALLEL = 10_000;
    public static final int MAX_STANDBYS = StateReport.MAX_STANDBYS;
    public static final int EXACTLY_ONCE_COMMIT_INTERVAL_MS = 100;
    public static final int AT_LEAST_ONCE_COMMIT_INTERVAL_MS = 1_000;
    private static final int DAY_MS = 24 * 60 * 60 * 1000;

    public ProcessorConfig {
        requireText("The bootstrap servers", bootstrapServers);
        requireText("The application id", applicationId);
        if (instanceName != null) {
            requireText("The instance name", instanceName);
        }
        Objects.requireNonNull(delivery, "delivery");
        Objects.requireNonNull(startFrom, "startFrom");
        Objects.requireNonNull(onError, "onError");
        requireBetween("threads", threads, 1, MAX_THREADS);
        requireBetween("parallel", parallel, 1, MAX_PARALLEL);
        requireBetween("waitForOthersMs", waitForOthersMs, 0, DAY_MS);
        requireBetween("standbys", standbys, 0, MAX_STANDBYS);
        requireBetween("commitIntervalMs", commitIntervalMs, 1, DAY_MS);
        requireBetween("commitRecords", commitRecords, 1, Integer.MAX_VALUE);
        requireBetween("commitBytes", commitBytes, 1, Long.MAX_VALUE);
        requireBetween("transactionTimeoutMs", transactionTimeoutMs, 1, DAY_MS);
        requireBetween("sessionTimeoutMs", sessionTimeoutMs, 1, DAY_MS);
        requireBetween("maxStateBytes", maxStateBytes, 1, Long.MAX_VALUE);
        requireBetween("databaseTimeoutMs", databaseTimeoutMs, 1_000, DAY_MS);
        requireBetween("closeTimeoutMs", closeTimeoutMs, 0, DAY_MS);
        if (delivery == Delivery.EXACTLY_ONCE && commitIntervalMs >= transactionTimeoutMs) {
            throw new UsageException("commitIntervalMs (" + commitIntervalMs
                    + ") must be less than transactionTimeoutMs (" + transactionTimeoutMs + ")");
        }
        consumerSettings = settings(consumerSettings);
        producerSettings = settings(producerSettings);
    }

    /// Starts at the earliest record, one thread, exactly once, unless said otherwise.
    public static Builder builder(String bootstrapServers, String applicationId) {
        return new Builder(bootstrapServers, applicationId);
    }

    private static Map<String, Object> settings(Map<String, Object> given) {
        for (String fixed : FIXED) {
            if (given.containsKey(fixed)) {
                throw new UsageException("Setting " + fixed + " follows from the delivery mode and the application id");
            }
        }
        return Collections.unmodifiableMap(new LinkedHashMap<>(given));
    }

    private static final String[] FIXED = {KafkaConfigNames.BOOTSTRAP_SERVERS, KafkaConfigNames.GROUP_ID,
        KafkaConfigNames.GROUP_INSTANCE_ID, KafkaConfigNames.ISOLATION_LEVEL, KafkaConfigNames.AUTO_OFFSET_RESET,
        KafkaConfigNames.ENABLE_AUTO_COMMIT, KafkaConfigNames.SESSION_TIMEOUT_MS, KafkaConfigNames.ACKS,
        KafkaConfigNames.ENABLE_IDEMPOTENCE, KafkaConfigNames.TRANSACTIONAL_ID,
        KafkaConfigNames.TRANSACTION_TIMEOUT_MS, KafkaConfigNames.PARTITION_ASSIGNMENT_STRATEGY,
        ConsumerConfig.TOGETHER};

    private static void requireText(String what, String text) {
        if (text == null || text.isBlank()) {
            throw new UsageException(what + " must be given");
        }
    }

    private static void requireBetween(String name, long value, long least, long most) {
        if (value < least || value > most) {
            throw new UsageException(name + " must be between " + least + " and " + most + ", not " + value);
        }
    }

    /// What is not set has the default of its line.
    public static final class Builder {
        private final String bootstrapServers;
        private final String applicationId;
        private final Map<String, Object> consumerSettings = new LinkedHashMap<>();
        private final Map<String, Object> producerSettings = new LinkedHashMap<>();
        private @Nullable String instanceName;
        private Delivery delivery = Delivery.EXACTLY_ONCE;
        private int threads = 1;
        private int parallel = 1;
        private int waitForOthersMs;
        private int standbys;
        private StartFrom startFrom = StartFrom.EARLIEST;
        private int commitIntervalMs;
        private int commitRecords = 10_000;
        private long commitBytes = 16L * 1024 * 1024;
        private int transactionTimeoutMs = 10_000;
        private int sessionTimeoutMs = 10_000;
        private int closeTimeoutMs = 10_000;
        private long maxStateBytes = 256L * 1024 * 1024;
        private int databaseTimeoutMs = 30_000;
        private @Nullable Path stateDirectory;
        private ErrorPolicy onError = ErrorPolicy.stop();

        private Builder(String bootstrapServers, String applicationId) {
            this.bootstrapServers = bootstrapServers;
            this.applicationId = applicationId;
        }

        public Builder delivery(Delivery mode) {
            delivery = mode;
            return this;
        }

        public Builder instanceName(String name) {
            instanceName = name;
            return this;
        }

        /// Each thread is a member of the group of its own and gets its share of the partitions.
        public Builder threads(int count) {
            threads = count;
            return this;
        }

        /// Up to so many records of different keys are worked on at the same time in each thread, each on a virtual
        /// thread; those of one key in their order. 1 if not set: one after the other. For functions that wait, for a
        /// call elsewhere. Stages with windows, timers, joins or several topics go on with one record at a time.
        /// Functions and serdes have to bear being called by several threads.
        public Builder parallel(int records) {
            parallel = records;
            return this;
        }

        /// Where records of several topics meet (in joins, in a `merge` before state): how long a record waits while
        /// nothing has come of another of these topics, which may have an earlier one. 0 if not set: the earliest of
        /// what has come goes first. At-most-once does not wait.
        public Builder waitForOthersMs(int ms) {
            waitForOthersMs = ms;
            return this;
        }

        /// So many other instances keep a copy of each partition's state, and take over from it when its owner goes. 0
        /// if not set: whoever takes over reads the changelog. What copies take of memory counts to `maxStateBytes`.
        public Builder standbys(int copies) {
            standbys = copies;
            return this;
        }

        public Builder startFrom(StartFrom where) {
            startFrom = where;
            return this;
        }

        /// Default 100 for exactly-once, since outputs become visible at a commit; 1,000 for at-least-once.
        /// At-most-once commits each batch that it has read, before processing it.
        public Builder commitIntervalMs(int ms) {
            commitIntervalMs = ms;
            return this;
        }

        public Builder commitRecords(int records) {
            commitRecords = records;
            return this;
        }

        public Builder commitBytes(long bytes) {
            commitBytes = bytes;
            return this;
        }

        /// How long a transaction may be open before the broker aborts it: how long a dead instance can hold its
        /// readers up.
        public Builder transactionTimeoutMs(int ms) {
            transactionTimeoutMs = ms;
            return this;
        }

        /// How long a dead instance keeps its partitions.
        public Builder sessionTimeoutMs(int ms) {
            sessionTimeoutMs = ms;
            return this;
        }

        /// How long `close` may take to finish; what is not finished then is aborted or left to the broker to abort.
        public Builder closeTimeoutMs(int ms) {
            closeTimeoutMs = ms;
            return this;
        }

        /// What the stores of all threads together may take of memory, 256 MiB if not set; each thread has an equal
        /// share. An application that needs more stops. With a state directory, half of it is for what is not committed
        /// (each thread's share), half caches what is on disk.
        public Builder maxStateBytes(long bytes) {
            maxStateBytes = bytes;
            return this;
        }

        /// How long a statement of `toJdbc` may take, waiting for locks included; an answer that has not come after
        /// twice as long does not come.
        public Builder databaseTimeoutMs(int ms) {
            databaseTimeoutMs = ms;
            return this;
        }

        /// State is kept on disk, in a folder of the application's name in this one, and a restart reads of the
        /// changelogs what is missing there alone. Each instance needs one of its own. If not set, state is in memory,
        /// and read from the changelogs at each start.
        ///
        /// Needs `org.rocksdb:rocksdbjni` on the class path.
        public Builder stateDirectory(Path folder) {
            stateDirectory = folder;
            return this;
        }

        public Builder onError(ErrorPolicy policy) {
            onError = policy;
            return this;
        }

        /// A setting of the consumer by Kafka's name.
        public Builder consumer(String name, Object value) {
            consumerSettings.put(name, value);
            return this;
        }

        /// A setting of the producer by Kafka's name.
        public Builder producer(String name, Object value) {
            producerSettings.put(name, value);
            return this;
        }

        public ProcessorConfig build() {
            int intervalMs = commitIntervalMs != 0 ? commitIntervalMs
                    : delivery == Delivery.EXACTLY_ONCE ? EXACTLY_ONCE_COMMIT_INTERVAL_MS
                    : AT_LEAST_ONCE_COMMIT_INTERVAL_MS;
            return new ProcessorConfig(bootstrapServers, applicationId, instanceName, delivery, threads, parallel,
                    waitForOthersMs, standbys, startFrom,
                    intervalMs, commitRecords, commitBytes, transactionTimeoutMs, sessionTimeoutMs, closeTimeoutMs,
                    maxStateBytes, databaseTimeoutMs, stateDirectory, onError, consumerSettings, producerSettings);
        }
    }
}

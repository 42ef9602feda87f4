package io.chapar.cli;

import io.chapar.cli.LineRecords.Form;
import io.chapar.client.KafkaConfigNames;
import io.chapar.client.UsageException;
import io.chapar.client.producer.Producer;
import io.chapar.client.producer.ProducerConfig;
import io.chapar.client.producer.ProducerRecord;
import io.chapar.client.producer.RecordMetadata;
import io.chapar.client.serde.Serdes;
import io.chapar.protocol.record.Header;
import io.chapar.protocol.record.compress.Compression;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;

import static java.util.Objects.requireNonNull;

@Command(
        name = "produce",
        description = "Write the lines of standard input to a topic, one record per line.",
        footer = {"", "With --transactional-id all lines become visible together, or none; with --commit-every N those",
            "lines do that are written between two commits. A line ends with \\n or \\r\\n.", "", "Examples:",
            "  echo hello | chapar produce greetings",
            "  printf 'k1\\tv1\\nk2\\tv2\\n' | chapar produce pairs --keyed",
            "  chapar produce orders --transactional-id import-7 < orders.txt",
            "  printf 'k1\\t\\n' | chapar produce pairs --keyed --tombstone",
            "  chapar consume old -o json -e | chapar produce new --json -H moved=yes",
            "  chapar produce big --set max.request.size=5000000 < lines"})
final class ProduceCommand extends ClusterCommand {
    /// How many records may be unacknowledged before the next line is read.
    private static final int MAX_UNACKNOWLEDGED = 10_000;

    @Parameters(paramLabel = "TOPIC",
            description = "Where to write. A broker makes a missing topic unless it is told not to.")
    String topic;

    @Option(names = "--keyed", description = "Lines are key<TAB>value; a line without a tab has no key.")
    boolean keyed;

    @Option(names = "--json", description = "Lines are JSON objects with key, value, keyBase64, valueBase64, headers,"
        + " timestamp and partition, as 'consume -o json' prints them; what is missing is null.")
    boolean json;

    @Option(names = {"-Z", "--tombstone"}, description = "An empty value, or key, is null: the mark of a deletion.")
    boolean tombstones;

    @Option(names = "--keep-cr", description = "A carriage return at the end of a line belongs to the value.")
    boolean keepReturns;

    @Option(names = {"-H", "--header"}, paramLabel = "KEY=VALUE", description = "A header of each record; repeatable.")
    List<String> headers = new ArrayList<>();

    @Option(names = "--partitioner", paramLabel = "RULE", defaultValue = "murmur2",
        description = "${COMPLETION-CANDIDATES}: by the key as Java's client or as librdkafka, or whatever the key"
            + " (default: murmur2).")
    ChosenPartitions partitioner;

    @Option(names = "--commit-every", paramLabel = "N",
        description = "With --transactional-id: commit after each N lines.")
    @Nullable Long commitEvery;

    @Option(names = "--partition", paramLabel = "N", description = "Write to this partition alone.")
    @Nullable Integer partition;

    @Option(names = "--acks", paramLabel = "0|1|all", defaultValue = "all",
        description = "Who must have the record: nobody, the leader, all in sync (default: all).")
    String acks;

    @Option(names = "--compression", paramLabel = "CODEC", defaultValue = "none",
        description = "${COMPLETION-CANDIDATES} (default: none).", completionCandidates = Codecs.class)
    String compression;

    @Option(names = "--transactional-id", paramLabel = "ID", description = "Write all lines in one transaction.")
    @Nullable String transactionalId;

    @Option(names = "--set", paramLabel = "KEY=VALUE",
        description = "A producer's setting by Kafka's name, as max.request.size; repeatable.")
    Map<String, String> more = new LinkedHashMap<>();

    private @Nullable LineRecords records;
    /// Records of transactions that are committed.
    private volatile long committed;

    static final class Codecs implements Iterable<String> {
        @Override
        public Iterator<String> iterator() {
            return Arrays.stream(Compression.values()).map(Compression::label).iterator();
        }
    }

    @Override
    public Integer call() throws IOException {
        requireLinesOrJson();
        if (!List.of("0", "1", "-1", "all").contains(acks)) {
            throw usage("--acks is 0, 1 or all, not '" + acks + "'.");
        }
        if (Arrays.stream(Compression.values()).noneMatch(codec -> codec.label().equals(compression))) {
            throw usage("--compression is one of " + String.join(", ", new Codecs()) + ", not '" + compression + "'.");
        }
        if (partition != null && partition < 0) {
            throw usage("--partition is not negative.");
        }
        if (keyed && json) {
            throw usage("--keyed and --json are two forms of a line.");
        }
        if (partition != null && partitioner != ChosenPartitions.murmur2) {
            throw usage("--partition names the partition; --partitioner chooses one.");
        }
        if (commitEvery != null && (transactionalId == null || commitEvery < 1)) {
            throw usage("--commit-every is at least 1, and goes with --transactional-id.");
        }
        List<Header> ofEach = headers();
        if (transactionalId != null && transactionalId.isEmpty()) {
            throw usage("--transactional-id must not be empty.");
        }
        Map<String, Object> settings = new LinkedHashMap<>(more);
        settings.put(KafkaConfigNames.BOOTSTRAP_SERVERS, bootstrap());
        settings.put(KafkaConfigNames.CLIENT_ID, "chapar-produce");
        settings.put(KafkaConfigNames.ACKS, acks);
        settings.put(KafkaConfigNames.COMPRESSION_TYPE, compression);
        if (transactionalId != null) {
            settings.put(KafkaConfigNames.TRANSACTIONAL_ID, transactionalId);
        }
        ProducerConfig config = config(settings);
        reachable();
        records = new LineRecords(topic, json ? Form.JSON : keyed ? Form.KEYED : Form.VALUE, tombstones, keepReturns,
                ofEach, partitions());
        try (Producer<byte[], byte[]> producer = Producer.open(config, Serdes.bytes(), Serdes.bytes())) {
            long sent = transactionalId == null
                    ? sendLines(producer, new LineReader(chapar().stdin), Long.MAX_VALUE) : sendTransactions(producer);
            err().println("Wrote " + Words.count(sent, "record") + " to " + topic + ".");
        }
        return DONE;
    }

    private List<Header> headers() {
        List<Header> all = new ArrayList<>();
        for (String one : headers) {
            int at = one.indexOf('=');
            if (at < 1) {
                throw usage("--header is KEY=VALUE, not '" + one + "'.");
            }
            all.add(new Header(one.substring(0, at), ByteBuffer.wrap(Utf8.bytes(one.substring(at + 1)))));
        }
        return all;
    }

    private LineRecords.Partitions partitions() {
        if (partitioner == ChosenPartitions.murmur2) {
            return _ -> partition;
        }
        try (Cluster cluster = connect()) {
            return partitioner.over(cluster.topic(topic).partitionCount());
        }
    }

    private ProducerConfig config(Map<String, Object> settings) {
        try {
            return ProducerConfig.from(settings);
        } catch (UsageException e) {
            throw usage(e.getMessage() + ".");
        }
    }

    /// One transaction, or one after each so many lines.
    private long sendTransactions(Producer<byte[], byte[]> producer) throws IOException {
        producer.initTransactions();
        producer.beginTransaction();
        AtomicBoolean ending = new AtomicBoolean();
        Thread onInterrupt = new Thread(() -> abortInterrupted(producer, ending), "abort-transaction");
        Runtime.getRuntime().addShutdownHook(onInterrupt);
        LineReader lines = new LineReader(chapar().stdin);
        boolean claimed = false;
        try {
            while (true) {
                long sent = sendLines(producer, lines, commitEvery == null ? Long.MAX_VALUE : commitEvery);
                claimEnd(ending);
                claimed = true;
                producer.commitTransaction();
                long total = committed + sent;
                committed = total;
                if (commitEvery == null || sent < commitEvery) {
                    return total;
                }
                producer.beginTransaction();
                claimed = false;
                ending.set(false);
            }
        } catch (RuntimeException | IOException e) {
            if (!claimed) {
                claimEnd(ending);
            }
            abortQuietly(producer);
            throw e;
        } finally {
            forget(onInterrupt);
        }
    }

    /// Runs when the process is told to end. A transaction that is being committed already is let alone.
    private void abortInterrupted(Producer<byte[], byte[]> producer, AtomicBoolean ending) {
        if (ending.compareAndSet(false, true)) {
            boolean aborted = abortQuietly(producer);
            String rest = committed == 0 ? "nothing is written." : Words.count(committed, "record") + " before it are.";
            err().println(aborted ? "Interrupted: the transaction is aborted, " + rest
                    : "Interrupted: the broker aborts the transaction when its time is up; " + rest);
            err().flush();
        }
    }

    /// From here on an interruption leaves the end of the transaction to this thread. When one was quicker, the process
    /// is ending, and this thread with it.
    private static void claimEnd(AtomicBoolean ending) {
        if (!ending.compareAndSet(false, true)) {
            try {
                new CountDownLatch(1).await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static void forget(Thread onInterrupt) {
        try {
            Runtime.getRuntime().removeShutdownHook(onInterrupt);
        } catch (IllegalStateException endingAlready) {
            return;
        }
    }

    /// What ended the transaction is what the user reads; a failing abort adds nothing, and the broker aborts in time.
    private static boolean abortQuietly(Producer<byte[], byte[]> producer) {
        try {
            producer.abortTransaction();
            return true;
        } catch (RuntimeException alreadyReported) {
            return false;
        }
    }

    /// At most so many of them; fewer where the input ends.
    private long sendLines(Producer<byte[], byte[]> producer, LineReader lines, long most) throws IOException {
        SentLines sent = new SentLines(committed, this::report);
        byte[] line = null;
        for (long count = 1; count <= most && !sent.hasFailed() && (line = lines.next()) != null; count++) {
            ProducerRecord<byte[], byte[]> record = record(line, committed + count, producer, sent);
            sent.add(() -> producer.send(record));
            sent.settle(MAX_UNACKNOWLEDGED);
            if (!lines.hasMoreAtHand()) {
                out().flush();
            }
        }
        if (sent.hasFailed() && transactionalId != null) {
            throw sent.failure(notWritten());
        }
        producer.flush();
        sent.settleAll();
        if (sent.hasFailed()) {
            throw sent.failure(transactionalId == null ? sent.account() : notWritten());
        }
        return sent.written();
    }

    private String notWritten() {
        return committed == 0 ? "Nothing is written: the transaction is aborted"
                : "The first " + Words.count(committed, "record")
                        + " are written; the transaction with what follows is aborted";
    }

    /// The lines before one that makes no sense are written, but in a transaction.
    private ProducerRecord<byte[], byte[]> record(
            byte[] line, long number, Producer<byte[], byte[]> producer, SentLines before) {
        try {
            return requireNonNull(records, "made before the first line").of(line);
        } catch (IllegalArgumentException e) {
            String consequence = notWritten();
            if (transactionalId == null) {
                producer.flush();
                before.settleAll();
                consequence = before.hasFailed() ? before.account()
                        : Words.count(before.written(), "record") + " before it are written";
            }
            throw new CommandFailure("Line " + number + " has " + e.getMessage() + ". " + consequence, e);
        }
    }

    private void report(RecordMetadata written) {
        if (format() == OutputFormat.json) {
            Map<String, Object> object = new LinkedHashMap<>();
            object.put("topic", written.partition().topic());
            object.put("partition", written.partition().partition());
            object.put("offset", written.hasOffset() ? written.offset() : null);
            Json.println(object, out());
        }
    }
}

package io.chapar.cli;

import io.chapar.client.KafkaConfigNames;
import io.chapar.client.UsageException;
import io.chapar.client.producer.Producer;
import io.chapar.client.producer.ProducerConfig;
import io.chapar.client.producer.ProducerRecord;
import io.chapar.client.producer.RecordMetadata;
import io.chapar.client.serde.Serdes;
import io.chapar.protocol.record.compress.Compression;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

import java.io.IOException;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;

@Command(
        name = "produce",
        description = "Write the lines of standard input to a topic, one record per line.",
        footer = {"", "With --transactional-id all lines become visible together, or none.", "", "Examples:",
            "  echo hello | chapar produce greetings",
            "  printf 'k1\\tv1\\nk2\\tv2\\n' | chapar produce pairs --keyed",
            "  chapar produce orders --transactional-id import-7 < orders.txt",
            "  chapar produce big --set max.request.size=5000000 < lines"})
final class ProduceCommand extends ClusterCommand {
    /// How many records may be unacknowledged before the next line is read.
    private static final int MAX_UNACKNOWLEDGED = 10_000;

    @Parameters(paramLabel = "TOPIC",
            description = "Where to write. A broker makes a missing topic unless it is told not to.")
    String topic;

    @Option(names = "--keyed", description = "Lines are key<TAB>value; a line without a tab has no key.")
    boolean keyed;

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

    static final class Codecs implements Iterable<String> {
        @Override
        public Iterator<String> iterator() {
            return Arrays.stream(Compression.values()).map(Compression::label).iterator();
        }
    }

    @Override
    public Integer call() throws IOException {
        if (!List.of("0", "1", "-1", "all").contains(acks)) {
            throw usage("--acks is 0, 1 or all, not '" + acks + "'.");
        }
        if (Arrays.stream(Compression.values()).noneMatch(codec -> codec.label().equals(compression))) {
            throw usage("--compression is one of " + String.join(", ", new Codecs()) + ", not '" + compression + "'.");
        }
        if (partition != null && partition < 0) {
            throw usage("--partition is not negative.");
        }
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
        try (Producer<byte[], byte[]> producer = Producer.open(config, Serdes.bytes(), Serdes.bytes())) {
            long sent = transactionalId == null ? sendLines(producer) : sendTransaction(producer);
            err().println("Wrote " + Words.count(sent, "record") + " to " + topic + ".");
        }
        return DONE;
    }

    private ProducerConfig config(Map<String, Object> settings) {
        try {
            return ProducerConfig.from(settings);
        } catch (UsageException e) {
            throw usage(e.getMessage() + ".");
        }
    }

    private long sendTransaction(Producer<byte[], byte[]> producer) throws IOException {
        producer.initTransactions();
        producer.beginTransaction();
        AtomicBoolean ending = new AtomicBoolean();
        Thread onInterrupt = new Thread(() -> abortInterrupted(producer, ending), "abort-transaction");
        Runtime.getRuntime().addShutdownHook(onInterrupt);
        boolean claimed = false;
        try {
            long sent = sendLines(producer);
            claimEnd(ending);
            claimed = true;
            producer.commitTransaction();
            return sent;
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
            err().println(aborted ? "Interrupted: the transaction is aborted, nothing is written."
                    : "Interrupted: the broker aborts the transaction when its time is up; nothing is written.");
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

    private long sendLines(Producer<byte[], byte[]> producer) throws IOException {
        LineReader lines = new LineReader(chapar().stdin);
        SentLines sent = new SentLines(this::report);
        for (byte[] line = lines.next(); line != null && !sent.hasFailed(); line = lines.next()) {
            sent.add(producer, record(line));
            sent.settle(MAX_UNACKNOWLEDGED);
            if (!lines.hasMoreAtHand()) {
                out().flush();
            }
        }
        if (sent.hasFailed() && transactionalId != null) {
            throw sent.failure("Nothing is written: the transaction is aborted");
        }
        producer.flush();
        sent.settleAll();
        if (sent.hasFailed()) {
            throw sent.failure(
                    transactionalId == null ? sent.account() : "Nothing is written: the transaction is aborted");
        }
        return sent.written();
    }

    private ProducerRecord<byte[], byte[]> record(byte[] line) {
        byte[] key = null;
        byte[] value = line;
        if (keyed) {
            int tab = 0;
            while (tab < line.length && line[tab] != '\t') {
                tab++;
            }
            if (tab < line.length) {
                key = Arrays.copyOf(line, tab);
                value = Arrays.copyOfRange(line, tab + 1, line.length);
            }
        }
        return new ProducerRecord<>(topic, partition, null, key, value, List.of());
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

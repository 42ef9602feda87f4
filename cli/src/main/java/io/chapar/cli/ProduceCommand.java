package io.chapar.cli;

import io.chapar.client.KafkaConfigNames;
import io.chapar.client.producer.Producer;
import io.chapar.client.producer.ProducerConfig;
import io.chapar.client.producer.ProducerRecord;
import io.chapar.client.producer.RecordMetadata;
import io.chapar.client.serde.Serdes;
import io.chapar.protocol.record.compress.Compression;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

@Command(
        name = "produce",
        description = "Write the lines of standard input to a topic, one record per line.",
        footer = {"", "With --transactional-id all lines become visible together, or none.", "", "Examples:",
            "  echo hello | chapar produce greetings",
            "  printf 'k1\\tv1\\nk2\\tv2\\n' | chapar produce pairs --keyed",
            "  chapar produce orders --transactional-id import-7 < orders.txt"})
final class ProduceCommand extends ClusterCommand {
    /// How many records may be unacknowledged before the next line is read.
    private static final int MAX_UNACKNOWLEDGED = 10_000;

    @Parameters(paramLabel = "TOPIC", description = "Where to write. A broker makes a missing topic unless it is told not to.")
    String topic;

    @Option(names = "--keyed", description = "Lines are key<TAB>value; a line without a tab has no key.")
    boolean keyed;

    @Option(names = "--partition", paramLabel = "N", description = "Write to this partition alone.")
    Integer partition;

    @Option(names = "--acks", paramLabel = "0|1|all", defaultValue = "all",
        description = "Who must have the record: nobody, the leader, all in sync (default: all).")
    String acks;

    @Option(names = "--compression", paramLabel = "CODEC", defaultValue = "none",
        description = "${COMPLETION-CANDIDATES} (default: none).", completionCandidates = Codecs.class)
    String compression;

    @Option(names = "--transactional-id", paramLabel = "ID", description = "Write all lines in one transaction.")
    String transactionalId;

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
        Map<String, Object> settings = new LinkedHashMap<>();
        settings.put(KafkaConfigNames.BOOTSTRAP_SERVERS, reachable());
        settings.put(KafkaConfigNames.CLIENT_ID, "chapar-produce");
        settings.put(KafkaConfigNames.ACKS, acks);
        settings.put(KafkaConfigNames.COMPRESSION_TYPE, compression);
        if (transactionalId != null) {
            settings.put(KafkaConfigNames.TRANSACTIONAL_ID, transactionalId);
        }
        try (Producer<byte[], byte[]> producer =
                Producer.open(ProducerConfig.from(settings), Serdes.bytes(), Serdes.bytes())) {
            long sent = transactionalId == null ? sendLines(producer) : sendTransaction(producer);
            err().println("Wrote " + sent + (sent == 1 ? " record to " : " records to ") + topic + ".");
        }
        return DONE;
    }

    private long sendTransaction(Producer<byte[], byte[]> producer) throws IOException {
        producer.initTransactions();
        producer.beginTransaction();
        boolean whole = false;
        try {
            long sent = sendLines(producer);
            producer.commitTransaction();
            whole = true;
            return sent;
        } finally {
            if (!whole) {
                abortQuietly(producer);
            }
        }
    }

    /// What ended the transaction is what the user reads; a failing abort adds nothing, and the broker aborts in time.
    private static void abortQuietly(Producer<byte[], byte[]> producer) {
        try {
            producer.abortTransaction();
        } catch (RuntimeException alreadyReported) {
            return;
        }
    }

    private long sendLines(Producer<byte[], byte[]> producer) throws IOException {
        ArrayDeque<CompletableFuture<RecordMetadata>> waiting = new ArrayDeque<>();
        LineReader lines = new LineReader(chapar().stdin);
        long sent = 0;
        for (byte[] line = lines.next(); line != null; line = lines.next()) {
            waiting.add(producer.send(record(line)));
            sent++;
            while (waiting.size() > MAX_UNACKNOWLEDGED || (!waiting.isEmpty() && waiting.peek().isDone())) {
                settle(waiting.remove());
            }
            if (!lines.hasMoreAtHand()) {
                out().flush();
            }
        }
        producer.flush();
        while (!waiting.isEmpty()) {
            settle(waiting.remove());
        }
        return sent;
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

    private void settle(CompletableFuture<RecordMetadata> future) {
        RecordMetadata written;
        try {
            written = future.join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof RuntimeException cause ? cause : e;
        }
        if (format() == OutputFormat.json) {
            Map<String, Object> object = new LinkedHashMap<>();
            object.put("topic", written.partition().topic());
            object.put("partition", written.partition().partition());
            object.put("offset", written.hasOffset() ? written.offset() : null);
            Json.println(object, out());
        }
    }
}

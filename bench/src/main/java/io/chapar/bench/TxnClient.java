package io.chapar.bench;

import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InvalidTxnStateException;
import org.apache.kafka.common.serialization.ByteArraySerializer;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/// Transactions of a fixed number of records, one after the other, by one or more producers at once, each with a
/// partition of its own. A process of its own: `TxnClient BOOTSTRAP TOPIC RECORDS PRODUCERS WARM-MS MS`.
final class TxnClient {
    private static final int VALUE_BYTES = 100;
    private static final long SECOND_NS = TimeUnit.SECONDS.toNanos(1);

    private final String bootstrap;
    private final String topic;
    private final int records;
    private final long warmNs;
    private final long countedNs;
    private final CyclicBarrier warmed;
    private final CyclicBarrier counted;

    private TxnClient(String[] args) {
        bootstrap = args[0];
        topic = args[1];
        records = Integer.parseInt(args[2]);
        int producers = Integer.parseInt(args[3]);
        warmNs = TimeUnit.MILLISECONDS.toNanos(Long.parseLong(args[4]));
        countedNs = TimeUnit.MILLISECONDS.toNanos(Long.parseLong(args[5]));
        warmed = new CyclicBarrier(producers, () -> System.out.println(ToolOutput.BEGIN));
        counted = new CyclicBarrier(producers, () -> System.out.println(ToolOutput.END));
    }

    public static void main(String[] args) throws Exception {
        TxnClient client = new TxnClient(args);
        int producers = Integer.parseInt(args[3]);
        double perSecond = 0;
        Latencies all = new Latencies();
        Latencies first = new Latencies();
        try (ExecutorService threads = Executors.newFixedThreadPool(producers)) {
            List<Future<Run>> runs = new ArrayList<>();
            for (int i = 0; i < producers; i++) {
                int number = i;
                runs.add(threads.submit(() -> client.produce(number)));
            }
            for (Future<Run> run : runs) {
                perSecond += (double) run.get().latencies().count() * SECOND_NS / run.get().nanos();
                all.addAll(run.get().latencies());
                first.addAll(run.get().first());
            }
        } finally {
            // A producer that failed leaves the others waiting for it.
            client.warmed.reset();
            client.counted.reset();
        }
        System.out.println("rate " + perSecond);
        System.out.println("count " + all.count());
        System.out.println("p50 " + all.percentileMs(0.50));
        System.out.println("p99 " + all.percentileMs(0.99));
        System.out.println("first.p99 " + first.percentileMs(0.99));
    }

    /// @param first of the time that is not counted, when everybody still warms up
    private record Run(Latencies first, Latencies latencies, long nanos) {
    }

    private Run produce(int number) throws Exception {
        try (Sender sender = new Sender(number)) {
            Latencies first = sender.runFor(warmNs);
            warmed.await();
            long begin = System.nanoTime();
            Latencies latencies = sender.runFor(countedNs);
            long nanos = System.nanoTime() - begin;
            counted.await();
            return new Run(first, latencies, nanos);
        }
    }

    private final class Sender implements AutoCloseable {
        private final int partition;
        private KafkaProducer<byte[], byte[]> producer;

        Sender(int partition) {
            this.partition = partition;
            open();
        }

        private void open() {
            Map<String, Object> settings = LatencyClient.with(Map.of("bootstrap.servers", bootstrap),
                    "transactional.id", "bench-" + records + "-" + partition);
            producer = new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer());
            producer.initTransactions();
        }

        /// At least one.
        Latencies runFor(long nanos) {
            Latencies latencies = new Latencies();
            long end = System.nanoTime() + nanos;
            do {
                long begin = System.nanoTime();
                try {
                    transact();
                    latencies.add(System.nanoTime() - begin);
                } catch (KafkaException e) {
                    if (!(e instanceof InvalidTxnStateException)
                            && !(e.getCause() instanceof InvalidTxnStateException)) {
                        throw e;
                    }
                    goOn(e);
                }
            } while (System.nanoTime() < end);
            return latencies;
        }

        private void transact() {
            producer.beginTransaction();
            for (int i = 0; i < records; i++) {
                var _ = producer.send(new ProducerRecord<>(topic, partition, null, new byte[VALUE_BYTES]));
            }
            producer.commitTransaction();
        }

        /// kafka-clients 4.3.1 looks whether records are left to be sent before it takes the lock under which the end
        /// of the transaction leaves; a thread that is held up in between lets the commit overtake the records,
        /// whichever broker it is. The producer is of no use then, and an application would go on with another one. The
        /// time it takes counts; the transaction does not.
        private void goOn(KafkaException refused) {
            System.err.println("A commit overtook its records: " + refused);
            producer.close();
            open();
        }

        @Override
        public void close() {
            producer.close();
        }
    }
}

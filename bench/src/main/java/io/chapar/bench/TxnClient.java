package io.chapar.bench;

import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
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
        try (ExecutorService threads = Executors.newFixedThreadPool(producers)) {
            List<Future<Run>> runs = new ArrayList<>();
            for (int i = 0; i < producers; i++) {
                int number = i;
                runs.add(threads.submit(() -> client.produce(number)));
            }
            for (Future<Run> run : runs) {
                perSecond += (double) run.get().latencies().count() * SECOND_NS / run.get().nanos();
                all.addAll(run.get().latencies());
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
    }

    private record Run(Latencies latencies, long nanos) {
    }

    private Run produce(int number) throws Exception {
        Map<String, Object> settings = LatencyClient.with(Map.of("bootstrap.servers", bootstrap),
                "transactional.id", "bench-" + records + "-" + number);
        try (KafkaProducer<byte[], byte[]> producer =
                new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer())) {
            producer.initTransactions();
            runFor(producer, number, warmNs);
            warmed.await();
            long begin = System.nanoTime();
            Latencies latencies = runFor(producer, number, countedNs);
            long nanos = System.nanoTime() - begin;
            counted.await();
            return new Run(latencies, nanos);
        }
    }

    /// At least one.
    private Latencies runFor(KafkaProducer<byte[], byte[]> producer, int partition, long nanos) {
        Latencies latencies = new Latencies();
        long end = System.nanoTime() + nanos;
        do {
            long begin = System.nanoTime();
            producer.beginTransaction();
            for (int i = 0; i < records; i++) {
                var _ = producer.send(new ProducerRecord<>(topic, partition, null, new byte[VALUE_BYTES]));
            }
            producer.commitTransaction();
            latencies.add(System.nanoTime() - begin);
        } while (System.nanoTime() < end);
        return latencies;
    }
}

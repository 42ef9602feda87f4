package io.chapar.bench;

import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.consumer.AcknowledgeType;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaShareConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;

/// Stock share consumers of one group, which acknowledge each record by itself (`share.acknowledgement.mode=explicit`);
/// the acknowledgements leave with the next poll, or each at once, and is waited for (AT-ONCE, `true` or `false`). One
/// record in so many is given back the first time. A process of its own, which writes the records first:
/// `ShareClient BOOTSTRAP TOPIC GROUP CONSUMERS GIVE-BACK AT-ONCE WARM COUNT`.
///
/// The rate is of accepted records. In the end each has to have been accepted; how many were twice is told, since a
/// share group may do that.
final class ShareClient {
    private static final Duration POLL = Duration.ofMillis(100);
    private static final long GIVE_UP_NS = TimeUnit.SECONDS.toNanos(60);
    private static final int VALUE_BYTES = 100;
    private static final double NS_PER_SECOND = 1e9;

    private final String bootstrap;
    private final String topic;
    private final String group;
    /// 0: none is given back.
    private final int giveBack;
    private final boolean isAtOnce;
    private final int warm;
    private final int all;
    private final AtomicIntegerArray accepts;
    private final AtomicInteger accepted = new AtomicInteger();
    private final AtomicInteger twice = new AtomicInteger();
    private final AtomicInteger refused = new AtomicInteger();
    private final AtomicLong beginNs = new AtomicLong();
    private final AtomicLong endNs = new AtomicLong();
    private volatile long lastNs;

    private ShareClient(String[] args) {
        bootstrap = args[0];
        topic = args[1];
        group = args[2];
        giveBack = Integer.parseInt(args[4]);
        isAtOnce = Boolean.parseBoolean(args[5]);
        warm = Integer.parseInt(args[6]);
        all = warm + Integer.parseInt(args[7]);
        accepts = new AtomicIntegerArray(all);
    }

    public static void main(String[] args) throws Exception {
        ShareClient client = new ShareClient(args);
        client.beginAtTheBeginning();
        client.write();
        int consumers = Integer.parseInt(args[3]);
        client.lastNs = System.nanoTime();
        try (ExecutorService threads = Executors.newFixedThreadPool(consumers)) {
            List<Future<?>> runs = new ArrayList<>();
            for (int i = 0; i < consumers; i++) {
                runs.add(threads.submit(client::consume));
            }
            for (Future<?> run : runs) {
                run.get();
            }
        }
        System.out.println("rate " + (client.all - client.warm) * NS_PER_SECOND
                / (client.endNs.get() - client.beginNs.get()));
        System.out.println("twice " + client.twice.get());
        System.out.println("refused " + client.refused.get());
    }

    private void beginAtTheBeginning() throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
            admin.incrementalAlterConfigs(Map.of(new ConfigResource(ConfigResource.Type.GROUP, group),
                    List.of(new AlterConfigOp(new ConfigEntry("share.auto.offset.reset", "earliest"),
                            AlterConfigOp.OpType.SET)))).all().get();
        }
    }

    private void write() {
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(Map.of("bootstrap.servers", bootstrap),
                new ByteArraySerializer(), new ByteArraySerializer())) {
            for (int number = 0; number < all; number++) {
                byte[] value = new byte[VALUE_BYTES];
                ByteBuffer.wrap(value).putInt(number);
                var _ = producer.send(new ProducerRecord<>(topic, value));
            }
            producer.flush();
        }
    }

    private void consume() {
        try (KafkaShareConsumer<byte[], byte[]> consumer = new KafkaShareConsumer<>(Map.of("bootstrap.servers",
                bootstrap, "group.id", group, "share.acknowledgement.mode", "explicit"),
                new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            consumer.setAcknowledgementCommitCallback((_, failure) -> {
                if (failure != null) {
                    refused.incrementAndGet();
                }
            });
            consumer.subscribe(List.of(topic));
            while (accepted.get() < all) {
                ConsumerRecords<byte[], byte[]> records = consumer.poll(POLL);
                records.forEach(record -> acknowledge(consumer, record));
                if (!records.isEmpty()) {
                    lastNs = System.nanoTime();
                } else if (System.nanoTime() - lastNs > GIVE_UP_NS) {
                    throw new IllegalStateException("Of " + all + " records " + accepted.get()
                            + " were accepted, and none came for a minute");
                }
            }
            consumer.commitSync();
        }
    }

    private void acknowledge(KafkaShareConsumer<byte[], byte[]> consumer, ConsumerRecord<byte[], byte[]> record) {
        int number = ByteBuffer.wrap(record.value()).getInt();
        boolean isFirst = record.deliveryCount().map(count -> count == 1).orElse(true);
        if (giveBack > 0 && number % giveBack == 0 && isFirst) {
            consumer.acknowledge(record, AcknowledgeType.RELEASE);
            return;
        }
        consumer.acknowledge(record, AcknowledgeType.ACCEPT);
        if (isAtOnce) {
            consumer.commitSync(); // what is refused goes to the callback, too
        }
        if (accepts.getAndIncrement(number) > 0) {
            twice.incrementAndGet();
            return;
        }
        int now = accepted.incrementAndGet();
        if (now == warm) {
            beginNs.set(System.nanoTime());
            System.out.println(ToolOutput.BEGIN);
        } else if (now == all) {
            endNs.set(System.nanoTime());
            System.out.println(ToolOutput.END);
        }
    }
}

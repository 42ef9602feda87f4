package io.chapar.console;

import com.sun.net.httpserver.HttpExchange;
import io.chapar.broker.Broker;
import io.chapar.broker.config.BrokerConfig;
import io.chapar.client.OffsetAndMetadata;
import io.chapar.client.admin.Admin;
import io.chapar.client.admin.AdminResult;
import io.chapar.client.admin.NewTopic;
import io.chapar.client.producer.Producer;
import io.chapar.client.producer.ProducerConfig;
import io.chapar.client.producer.ProducerRecord;
import io.chapar.client.serde.Serdes;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.record.Header;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/// A broker in this process with the console on its HTTP port, and things to look at.
final class ConsoleBroker implements AutoCloseable {
    /// What would run, and be seen in the page's title, where it were read as markup.
    static final String MARKUP =
            "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>";

    private final HttpClient http = HttpClient.newHttpClient();
    private final Broker broker;
    private final Console console;
    private final AtomicInteger streams = new AtomicInteger();

    private ConsoleBroker(Broker broker, Console console) {
        this.broker = broker;
        this.console = console;
    }

    static ConsoleBroker start(Path folder, boolean writes) {
        Broker broker = Broker.start(BrokerConfig.of(Map.of("listeners", "127.0.0.1:0", "log.dirs", folder.toString(),
                "metrics.listener", "127.0.0.1:0", "metrics.hosts", "console.example", "num.network.threads", "1",
                "group.initial.rebalance.delay.ms", "0")));
        Console console = Console.of(broker.address().toString(), writes);
        ConsoleBroker started = new ConsoleBroker(broker, console);
        broker.routes()
                .all(Console.PATH, console.files(), Console.FILES_AT_ONCE)
                .all(Console.ANSWERS_PATH, console.answers(), Console.ANSWERS_AT_ONCE)
                .all(Console.EVENTS_PATH, started::counted, Console.EVENTS_AT_ONCE);
        return started;
    }

    private void counted(HttpExchange exchange) throws IOException {
        streams.incrementAndGet();
        try {
            console.events().handle(exchange);
        } finally {
            streams.decrementAndGet();
        }
    }

    /// Streams of events that are open.
    int streams() {
        return streams.get();
    }

    String address() {
        return broker.address().toString();
    }

    int port() {
        return broker.httpPort();
    }

    String url(String rest) {
        return "http://127.0.0.1:" + port() + Console.PATH + rest;
    }

    HttpResponse<String> get(String rest) throws IOException, InterruptedException {
        return http.send(HttpRequest.newBuilder(URI.create(url(rest))).build(), HttpResponse.BodyHandlers.ofString());
    }

    HttpResponse<String> post(String rest, String body, String... headers) throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(url(rest)))
                .POST(HttpRequest.BodyPublishers.ofString(body));
        for (int i = 0; i < headers.length; i += 2) {
            request.header(headers[i], headers[i + 1]);
        }
        return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    Admin admin() {
        return Admin.open(address());
    }

    static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    void topic(String name, int partitions) {
        try (Admin admin = admin()) {
            admin.createTopics(List.of(new NewTopic(name, partitions))).values().forEach(AdminResult::get);
        }
    }

    void committed(String group, Map<TopicPartition, Long> offsets) {
        Map<TopicPartition, OffsetAndMetadata> all = new LinkedHashMap<>();
        offsets.forEach((id, offset) -> all.put(id, new OffsetAndMetadata(offset, -1, "")));
        try (Admin admin = admin()) {
            admin.setCommittedOffsets(group, all).values().forEach(AdminResult::get);
        }
    }

    Producer<byte[], byte[]> producer(String transactionalId) {
        Producer<byte[], byte[]> producer = Producer.open(ProducerConfig.builder(address())
                .transactionalId(transactionalId).transactionTimeoutMs(600_000).clientId("till " + MARKUP).build(),
                Serdes.bytes(), Serdes.bytes());
        producer.initTransactions();
        return producer;
    }

    void plain(String topic, int partition, byte[] key, byte[] value, Header... headers) throws Exception {
        try (Producer<byte[], byte[]> producer = Producer.open(
                ProducerConfig.builder(address()).build(), Serdes.bytes(), Serdes.bytes())) {
            producer.send(new ProducerRecord<>(topic, partition, 1_700_000_000_000L, key, value, List.of(headers)))
                    .get();
        }
    }

    static void send(Producer<byte[], byte[]> producer, String topic, String key, String value) throws Exception {
        producer.send(new ProducerRecord<>(topic, 0, null, utf8(key), utf8(value), List.of())).get();
    }

    static Header header(String key, String value) {
        return new Header(key, ByteBuffer.wrap(utf8(value)));
    }

    @Override
    public void close() {
        http.close();
        console.close();
        broker.close();
    }
}

package io.chapar.examples.lookup;

import io.chapar.client.UsageException;
import io.chapar.client.serde.Serdes;
import io.chapar.processor.Delivery;
import io.chapar.processor.ErrorPolicy;
import io.chapar.processor.ProcessorApp;
import io.chapar.processor.ProcessorConfig;
import io.chapar.processor.Topology;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.function.UnaryOperator;

/// Asks another service about each value of topic `ids` and writes what it says to topic `found`, exactly once; of 256
/// keys at the same time, each key's in order, also in one partition. What fails five times goes to topic `not-found`.
///
/// `SlowLookup URL [ADDRESS]`: to `URL` the value is added.
public final class SlowLookup {
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final int OK = 200;

    private SlowLookup() {
    }

    static Topology topology(UnaryOperator<String> lookup) {
        return Topology.from("ids", Serdes.string(), Serdes.string())
                .mapValues(lookup)
                .to("found", Serdes.string(), Serdes.string());
    }

    static ErrorPolicy policy() {
        return ErrorPolicy.deadLetter("not-found", 4).backOff(Duration.ofMillis(100), Duration.ofSeconds(5));
    }

    public static void main(String[] args) throws InterruptedException {
        ProcessorConfig config = ProcessorConfig.builder(args.length > 1 ? args[1] : "127.0.0.1:9092", "slow-lookup")
                .delivery(Delivery.EXACTLY_ONCE)
                .parallel(256)
                .onError(policy())
                .build();
        try (HttpClient client = HttpClient.newBuilder().connectTimeout(PATIENCE).build();
                ProcessorApp app = ProcessorApp.start(config, topology(id -> ask(client, args[0] + id)))) {
            Runtime.getRuntime().addShutdownHook(new Thread(app::close));
            app.awaitStopped();
        }
    }

    static String ask(HttpClient client, String address) {
        HttpRequest request = HttpRequest.newBuilder(URI.create(address)).timeout(PATIENCE).build();
        try {
            HttpResponse<String> response = client.send(request, HttpResponse.BodyHandlers.ofString());
            if (response.statusCode() != OK) {
                throw new UsageException(address + " answers " + response.statusCode());
            }
            return response.body();
        } catch (IOException e) {
            throw new IllegalStateException(address + " does not answer", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("Stopped", e);
        }
    }
}

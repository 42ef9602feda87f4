package io.chapar.examples.lookup;

import com.sun.net.httpserver.HttpServer;
import io.chapar.client.UsageException;
import io.chapar.client.serde.Serdes;
import io.chapar.processor.Delivery;
import io.chapar.processor.TestDriver;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.http.HttpClient;
import java.nio.charset.StandardCharsets;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

final class SlowLookupTest {
    private static final int IDS = 40;

    private static TestDriver driver() {
        TestDriver driver = TestDriver.of(SlowLookup.topology(id -> {
            if (id.equals("13")) {
                throw new IllegalStateException("unknown");
            }
            return "name of " + id;
        }), TestDriver.Settings.of(Delivery.EXACTLY_ONCE).withParallel(16).withOnError(SlowLookup.policy()));
        for (int id = 0; id < IDS; id++) {
            driver.pipe("ids", Serdes.string(), Serdes.string(), "key" + id % 10, "" + id);
        }
        return driver;
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 5, 9, 14, 20, 33, 47})
    void aCrashAnywhereLosesNothingAndRepeatsNothing(int calls) {
        try (TestDriver driver = driver()) {
            driver.crashAfterWritten(calls).run().assertExactlyOnce();
            assertEquals(IDS - 1, driver.read("found", Serdes.string(), Serdes.string()).size());
            assertEquals("13", driver.read("not-found", Serdes.string(), Serdes.string()).getFirst().value());
        }
    }

    @Test
    void theServiceIsAsked() throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/names/", exchange -> {
            byte[] answer = ("Darius" + exchange.getRequestURI().getPath()).getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(exchange.getRequestURI().getPath().endsWith("0") ? 404 : 200, answer.length);
            exchange.getResponseBody().write(answer);
            exchange.close();
        });
        server.start();
        try (HttpClient client = HttpClient.newHttpClient()) {
            String url = "http://127.0.0.1:" + server.getAddress().getPort() + "/names/";
            assertEquals("Darius/names/7", SlowLookup.ask(client, url + "7"));
            String refused = assertThrows(UsageException.class, () -> SlowLookup.ask(client, url + "0")).getMessage();
            assertTrue(refused.endsWith("answers 404"), refused);
        } finally {
            server.stop(0);
        }
    }
}

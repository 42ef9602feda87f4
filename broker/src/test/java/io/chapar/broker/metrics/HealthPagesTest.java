package io.chapar.broker.metrics;

import com.sun.net.httpserver.HttpServer;
import org.junit.jupiter.api.Test;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.concurrent.atomic.AtomicReference;

import static org.junit.jupiter.api.Assertions.assertEquals;

class HealthPagesTest {
    @Test
    void whyABrokerIsNotToBeCountedOnIsSaid() throws Exception {
        AtomicReference<String> dead = new AtomicReference<>();
        AtomicReference<String> unready = new AtomicReference<>();
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", new HealthPages(dead::get, unready::get, exchange -> {
            exchange.sendResponseHeaders(404, -1);
            exchange.close();
        }));
        server.start();
        try {
            assertEquals("200 live\n", get(server, "/live"));
            assertEquals("200 ready\n", get(server, "/ready"));
            unready.set("it is fenced");
            assertEquals("200 live\n", get(server, "/live"));
            assertEquals("503 not ready: it is fenced\n", get(server, "/ready"));
            dead.set("a loop stands");
            assertEquals("503 not live: a loop stands\n", get(server, "/live"));
            assertEquals("404 ", get(server, "/live/other"));
        } finally {
            server.stop(0);
        }
    }

    private static String get(HttpServer server, String path) throws Exception {
        try (HttpClient http = HttpClient.newHttpClient()) {
            HttpResponse<String> answer = http.send(HttpRequest.newBuilder(URI.create(
                    "http://127.0.0.1:" + server.getAddress().getPort() + path)).build(),
                    HttpResponse.BodyHandlers.ofString());
            return answer.statusCode() + " " + answer.body();
        }
    }
}

package io.chapar.broker.http;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class RoutesTest {
    @Test
    void theLongestPathWinsAndWhatHasNoneIsNotFound() throws Exception {
        Routes routes = new Routes(HttpSteps.HOSTS).read("/live", exchange -> Routes.text(exchange, 200, "live"))
                .read("/console/", exchange -> Routes.text(exchange, 200, "console"))
                .read("/console/api/", exchange -> Routes.text(exchange, 200, "api"));
        try (HttpSteps port = new HttpSteps(routes)) {
            assertEquals("200 live\n", port.get("/live"));
            assertEquals("404 There is nothing here; there is /console/, /console/api/, /live\n", port.get("/live/x"));
            assertEquals("404 There is nothing here; there is /console/, /console/api/, /live\n", port.get("/"));
            assertEquals("200 console\n", port.get("/console/"));
            assertEquals("200 console\n", port.get("/console/apis/x.js"));
            assertEquals("200 api\n", port.get("/console/api/topics?x=1"));
            routes.read("/", exchange -> Routes.text(exchange, 200, "all"));
            assertEquals("200 all\n", port.get("/consoles"));
        }
        assertThrows(IllegalArgumentException.class, () -> routes.read("/live", _ -> { }));
        assertThrows(IllegalArgumentException.class, () -> routes.read("live", _ -> { }));
    }

    @Test
    void withoutTheSlashAtItsEndAPathLeadsToTheOneThatHasIt() throws Exception {
        Routes routes = new Routes(HttpSteps.HOSTS).read("/", exchange -> Routes.text(exchange, 200, "all"))
                .read("/console/", exchange -> Routes.text(exchange, 200, "console"))
                .read("/live", exchange -> Routes.text(exchange, 200, "live"));
        try (HttpSteps port = new HttpSteps(routes)) {
            assertEquals("308 This is at /console/\n", port.get("/console"));
            assertEquals("/console/", port.header("/console", "Location"));
            assertEquals("200 live\n", port.get("/live"));
        }
    }

    @Test
    void whoAsksByANameOfSomebodyElseLearnsNothingButHealth() throws Exception {
        Routes routes = new Routes(HttpSteps.HOSTS).read("/metrics", exchange -> Routes.text(exchange, 200, "1"));
        new HealthPages(() -> null, () -> null).addTo(routes);
        try (HttpSteps port = new HttpSteps(routes)) {
            for (String own : List.of("127.0.0.1", "127.0.0.1:9404", "[::1]:1", "localhost", "a.localhost:80",
                    "Broker.Example:9404")) {
                assertEquals(200, port.status("/metrics", own), own);
            }
            for (String other : List.of("evil.example", "127.0.0.1.evil.example", "localhost.evil.example",
                    "2130706433", "evil.example:127.0.0.1", "", "a".repeat(400))) {
                assertEquals(403, port.status("/metrics", other), other);
                assertEquals(403, port.status("/none", other), other);
                assertEquals(200, port.status("/live", other), other);
                assertEquals(200, port.status("/ready", other), other);
            }
            assertEquals(403, port.status("/metrics", "127.0.0.1\r\nHost: evil.example"));
        }
    }

    /// Of as many as may be connected none keeps more than this in memory before it is known what it wants.
    @Test
    void whoSaysMoreThanABrowserIsCutOff() throws Exception {
        Routes routes = new Routes(HttpSteps.HOSTS).read("/live", exchange -> Routes.text(exchange, 200, "live"));
        try (HttpSteps port = new HttpSteps(routes)) {
            assertEquals(200, port.status("/live", "localhost\r\nCookie: " + "c".repeat(8 << 10)));
            assertFalse(port.isServed("GET /live HTTP/1.1\r\nHost: localhost\r\nCookie: " + "c".repeat(20 << 10)));
            assertFalse(port.isServed("GET /live?" + "q".repeat(20 << 10) + " HTTP/1.1\r\nHost: localhost"));
            assertFalse(port.isServed("GET /live HTTP/1.1\r\nHost: localhost" + IntStream.range(0, 200)
                    .mapToObj(i -> "\r\nA" + i + ": b").collect(Collectors.joining())));
            assertEquals(200, port.status("/live", "localhost"));
        }
    }

    @Test
    void whatIsForReadingIsNotWritten() throws Exception {
        Routes routes = new Routes(HttpSteps.HOSTS).read("/live", exchange -> Routes.text(exchange, 200, "live"))
                .all("/do", exchange -> Routes.text(exchange, 200, exchange.getRequestMethod()), 1);
        try (HttpSteps port = new HttpSteps(routes)) {
            assertEquals("405 This can be read only\n", port.ask("POST", "/live"));
            assertEquals("200 ", port.ask("HEAD", "/live"));
            assertEquals("200 DELETE\n", port.ask("DELETE", "/do"));
        }
    }

    @Test
    void aFailingPageSaysSo() throws Exception {
        try (HttpSteps port = new HttpSteps(new Routes(HttpSteps.HOSTS).read("/bad", _ -> {
            throw new IllegalStateException("no");
        }))) {
            assertEquals("500 This page failed, the log of the broker says why\n", port.get("/bad"));
        }
    }

    @Test
    void whoStaysOnOneRouteTakesNoTurnOfAnother() throws Exception {
        CountDownLatch inside = new CountDownLatch(1);
        CountDownLatch over = new CountDownLatch(1);
        Routes routes = new Routes(HttpSteps.HOSTS).all("/slow", exchange -> {
            inside.countDown();
            try {
                over.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            Routes.text(exchange, 200, "slow");
        }, 1).read("/live", exchange -> Routes.text(exchange, 200, "live"));
        try (HttpSteps port = new HttpSteps(routes)) {
            CompletableFuture<String> first = CompletableFuture.supplyAsync(() -> {
                try {
                    return port.get("/slow");
                } catch (Exception e) {
                    throw new IllegalStateException(e);
                }
            });
            inside.await();
            assertEquals("503 Too many ask for this at one time\n", port.get("/slow"));
            assertEquals("200 live\n", port.get("/live"));
            over.countDown();
            assertEquals("200 slow\n", first.join());
            // The turn is given back when the answer is with its reader already.
            Awaitility.await().until(() -> port.get("/slow"), "200 slow\n"::equals);
        }
    }

    @Test
    void oneAddressGetsHalfOfTheTurns() throws Exception {
        InetAddress one = InetAddress.getByName("192.0.2.1");
        InetAddress other = InetAddress.getByName("2001:db8::1");
        Turns turns = new Turns(5);
        assertTrue(turns.take(one));
        assertTrue(turns.take(one));
        assertFalse(turns.take(one), "two are half of five");
        assertTrue(turns.take(other));
        assertTrue(turns.take(other));
        assertTrue(turns.take(InetAddress.getByName("192.0.2.2")), "the fifth");
        assertFalse(turns.take(InetAddress.getByName("192.0.2.3")));
        turns.giveBack(one);
        assertFalse(turns.take(other));
        assertTrue(turns.take(one));
        assertTrue(new Turns(1).take(one), "there is one for somebody");
    }

    @Test
    void whoDoesNotTakeWhatIsShownHoldsATurnForABoundedTime() throws Exception {
        byte[] piece = new byte[64 << 10];
        Routes routes = new Routes(HttpSteps.HOSTS, Duration.ofSeconds(1)).read("/large", exchange -> {
            exchange.sendResponseHeaders(200, 0);
            for (int i = 0; i < 256; i++) {
                exchange.getResponseBody().write(piece);
            }
        });
        List<Socket> never = new ArrayList<>();
        try (HttpSteps port = new HttpSteps(routes)) {
            for (int i = 0; i < Routes.USUAL_AT_ONCE / 2; i++) {
                Socket socket = new Socket("127.0.0.1", port.number());
                never.add(socket);
                socket.getOutputStream().write("GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n"
                        .getBytes(StandardCharsets.US_ASCII));
            }
            Awaitility.await().atMost(Duration.ofSeconds(60))
                    .until(() -> port.ask("HEAD", "/large"), answer -> !answer.startsWith("503 "));
        } finally {
            for (Socket socket : never) {
                socket.close();
            }
        }
    }
}

package io.chapar.broker.http;

import org.junit.jupiter.api.Test;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

class RoutesTest {
    @Test
    void theLongestPathWinsAndWhatHasNoneIsNotFound() throws Exception {
        Routes routes = new Routes().read("/live", exchange -> Routes.text(exchange, 200, "live"))
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
            assertEquals("200 all\n", port.get("/console"));
        }
        assertThrows(IllegalArgumentException.class, () -> routes.read("/live", _ -> { }));
        assertThrows(IllegalArgumentException.class, () -> routes.read("live", _ -> { }));
    }

    @Test
    void whatIsForReadingIsNotWritten() throws Exception {
        Routes routes = new Routes().read("/live", exchange -> Routes.text(exchange, 200, "live"))
                .all("/do", exchange -> Routes.text(exchange, 200, exchange.getRequestMethod()), 1);
        try (HttpSteps port = new HttpSteps(routes)) {
            assertEquals("405 This can be read only\n", port.ask("POST", "/live"));
            assertEquals("200 ", port.ask("HEAD", "/live"));
            assertEquals("200 DELETE\n", port.ask("DELETE", "/do"));
        }
    }

    @Test
    void aFailingPageSaysSo() throws Exception {
        try (HttpSteps port = new HttpSteps(new Routes().read("/bad", _ -> {
            throw new IllegalStateException("no");
        }))) {
            assertEquals("500 This page failed, the log of the broker says why\n", port.get("/bad"));
        }
    }

    @Test
    void whoStaysOnOneRouteTakesNoTurnOfAnother() throws Exception {
        CountDownLatch inside = new CountDownLatch(1);
        CountDownLatch over = new CountDownLatch(1);
        Routes routes = new Routes().all("/slow", exchange -> {
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
            assertEquals("200 slow\n", port.get("/slow"));
        }
    }
}

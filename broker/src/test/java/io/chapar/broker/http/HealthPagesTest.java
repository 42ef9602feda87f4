package io.chapar.broker.http;

import org.junit.jupiter.api.Test;

import java.util.concurrent.atomic.AtomicReference;

import static org.junit.jupiter.api.Assertions.assertEquals;

class HealthPagesTest {
    @Test
    void whyABrokerIsNotToBeCountedOnIsSaid() throws Exception {
        AtomicReference<String> dead = new AtomicReference<>();
        AtomicReference<String> unready = new AtomicReference<>();
        Routes routes = new Routes(HttpSteps.HOSTS);
        new HealthPages(dead::get, unready::get).addTo(routes);
        try (HttpSteps port = new HttpSteps(routes)) {
            assertEquals("200 {\"live\":true,\"reasons\":[]}\n", port.get("/live"));
            assertEquals("200 {\"ready\":true,\"reasons\":[]}\n", port.get("/ready"));
            unready.set("it is fenced");
            assertEquals("200 {\"live\":true,\"reasons\":[]}\n", port.get("/live"));
            assertEquals("503 {\"ready\":false,\"reasons\":[\"it is fenced\"]}\n", port.get("/ready"));
            dead.set("loop \"1\" stands\\still");
            assertEquals("503 {\"live\":false,\"reasons\":[\"loop \\\"1\\\" stands\\\\still\"]}\n", port.get("/live"));
        }
    }
}

package io.chapar.broker.metrics;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.function.Supplier;

/// `/live` and `/ready` beside the metrics, for whoever starts and stops brokers or sends clients to them: 200 where it
/// is so, 503 and why where it is not.
///
/// Who is not live does not come to be so again by itself. Who is not ready may: it starts or stops, or its cluster
/// does not count on it at present.
///
/// @param dead why the broker does nothing any more; null while it does. May block
/// @param unready why it is not to be counted on; null when it is
/// @param others answers for every other path
public record HealthPages(
        Supplier<@Nullable String> dead, Supplier<@Nullable String> unready, HttpHandler others)
        implements HttpHandler {
    private static final int WELL = 200;
    private static final int UNAVAILABLE = 503;

    @Override
    public void handle(HttpExchange exchange) throws IOException {
        switch (exchange.getRequestURI().getPath()) {
            case "/live" -> answer(exchange, "live", dead.get());
            case "/ready" -> answer(exchange, "ready", unready.get());
            default -> others.handle(exchange);
        }
    }

    private static void answer(HttpExchange exchange, String well, @Nullable String why) throws IOException {
        try (exchange) {
            byte[] body = ((why == null ? well : "not " + well + ": " + why) + "\n").getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", "text/plain; charset=utf-8");
            exchange.sendResponseHeaders(why == null ? WELL : UNAVAILABLE, body.length);
            exchange.getResponseBody().write(body);
        }
    }
}

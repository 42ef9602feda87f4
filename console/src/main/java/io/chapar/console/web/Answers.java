package io.chapar.console.web;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import io.chapar.client.ChaparException;
import io.chapar.client.UsageException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/// Answers with JSON what views see, and makes the changes that are asked for with POST. Runs on a thread that may
/// block, and for a bounded time.
final class Answers implements HttpHandler {
    private static final Logger LOG = LoggerFactory.getLogger(Answers.class);
    private static final int SECONDS = 20;
    private static final int MOST_BODY_BYTES = 64 << 10;
    private static final String JSON = "application/json";
    /// Nothing is loaded from elsewhere or run from within the page, nobody frames it, and no text becomes markup.
    private static final String POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self';"
            + " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none';"
            + " require-trusted-types-for 'script'; trusted-types 'none'";

    private final OriginGuard guard;
    private final Deadlines deadlines;
    private final Map<String, View> views;
    private final Map<String, View> changes;

    /// @param changes by path, like the views; empty where nothing may be changed
    Answers(OriginGuard guard, Deadlines deadlines, Map<String, View> views, Map<String, View> changes) {
        this.guard = guard;
        this.deadlines = deadlines;
        this.views = views;
        this.changes = changes;
    }

    @Override
    public void handle(HttpExchange exchange) throws IOException {
        try (var _ = deadlines.seconds(SECONDS)) {
            guard.requireReader(exchange, false);
            byte[] body = Json.MAPPER.writeValueAsBytes(seen(exchange));
            send(exchange, 200, JSON, "no-store", body);
        } catch (Refusal refusal) {
            refuse(exchange, refusal);
        } catch (ChaparException e) {
            // What follows is short, and taken by the socket at once.
            Thread.interrupted();
            refuse(exchange, refusal(e));
        }
    }

    private Object seen(HttpExchange exchange) throws IOException {
        String path = exchange.getRequestURI().getPath();
        String name = path.substring(path.lastIndexOf('/') + 1);
        return switch (exchange.getRequestMethod()) {
            case "GET" -> view(views, name).look(Query.parse(exchange.getRequestURI().getRawQuery()));
            case "POST" -> changed(exchange, name);
            default -> throw new Refusal(405, "There is GET, and POST for changes");
        };
    }

    private Object changed(HttpExchange exchange, String name) throws IOException {
        if (changes.isEmpty()) {
            throw new Refusal(403, "The console shows and changes nothing; console.access=write lets it");
        }
        guard.requireWriter(exchange);
        View change = view(changes, name);
        Query what = body(exchange);
        LOG.info("The console changes something: {}, for {}", name, exchange.getRemoteAddress());
        return change.look(what);
    }

    static View view(Map<String, View> views, String name) {
        View view = views.get(name);
        if (view == null) {
            throw Refusal.notFound("There is no such question");
        }
        return view;
    }

    private static Query body(HttpExchange exchange) throws IOException {
        byte[] bytes = exchange.getRequestBody().readNBytes(MOST_BODY_BYTES + 1);
        if (bytes.length > MOST_BODY_BYTES) {
            throw new Refusal(413, "A request has at most " + MOST_BODY_BYTES + " bytes");
        }
        try {
            Map<String, String> values = new LinkedHashMap<>();
            Json.MAPPER.readTree(bytes).properties().forEach(one -> {
                if (!one.getValue().isNull()) {
                    values.put(one.getKey(), one.getValue().asString());
                }
            });
            return Query.of(values);
        } catch (JacksonException e) {
            throw Refusal.badRequest("This is not the JSON that it should be: " + e.getOriginalMessage());
        }
    }

    static Refusal refusal(ChaparException e) {
        String why = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
        return new Refusal(e instanceof UsageException ? 400 : 502, why);
    }

    static void refuse(HttpExchange exchange, Refusal refusal) throws IOException {
        byte[] body = Json.MAPPER.writeValueAsBytes(Map.of("error", String.valueOf(refusal.getMessage())));
        send(exchange, refusal.status(), JSON, "no-store", body);
    }

    static void headers(HttpExchange exchange, String type, String caching) {
        Headers headers = exchange.getResponseHeaders();
        headers.set("Content-Type", type);
        headers.set("Cache-Control", caching);
        headers.set("Content-Security-Policy", POLICY);
        headers.set("X-Content-Type-Options", "nosniff");
        headers.set("Referrer-Policy", "no-referrer");
        headers.set("Cross-Origin-Resource-Policy", "same-origin");
        headers.set("Cross-Origin-Opener-Policy", "same-origin");
    }

    static void send(HttpExchange exchange, int status, String type, String caching, byte[] body) throws IOException {
        headers(exchange, type, caching);
        boolean isHead = exchange.getRequestMethod().equals("HEAD");
        exchange.sendResponseHeaders(status, isHead || body.length == 0 ? -1 : body.length);
        if (!isHead && body.length > 0) {
            exchange.getResponseBody().write(body);
        }
    }

    static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}

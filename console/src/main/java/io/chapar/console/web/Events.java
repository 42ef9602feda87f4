package io.chapar.console.web;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import io.chapar.client.ChaparException;

import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.Map;

/// Views again and again, as server-sent events: one whenever the answer is another than before, and between them a
/// comment by which a reader that is gone is found out. One that does not take an event in time is cut off.
final class Events implements HttpHandler {
    private static final int WRITE_SECONDS = 10;
    private static final int LOOK_SECONDS = 20;
    private static final long EVERY_MS = 2_000;
    /// Looking takes at most a part of the time.
    private static final long REST = 10;
    private static final Duration LONGEST = Duration.ofHours(1);

    private final OriginGuard guard;
    private final Deadlines deadlines;
    private final Map<String, View> views;

    Events(OriginGuard guard, Deadlines deadlines, Map<String, View> views) {
        this.guard = guard;
        this.deadlines = deadlines;
        this.views = views;
    }

    @Override
    public void handle(HttpExchange exchange) throws IOException {
        View view;
        Query query;
        try {
            guard.requireReader(exchange, false);
            if (!exchange.getRequestMethod().equals("GET")) {
                throw new Refusal(405, "This can be read only");
            }
            String path = exchange.getRequestURI().getPath();
            view = Answers.view(views, path.substring(path.lastIndexOf('/') + 1));
            query = Query.parse(exchange.getRequestURI().getRawQuery());
        } catch (Refusal refusal) {
            Answers.refuse(exchange, refusal);
            return;
        }
        Answers.headers(exchange, "text/event-stream", "no-store");
        exchange.sendResponseHeaders(200, 0);
        try {
            follow(view, query, exchange.getResponseBody());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void follow(View view, Query query, OutputStream out) throws IOException, InterruptedException {
        long endNs = System.nanoTime() + LONGEST.toNanos();
        String before = "";
        while (System.nanoTime() < endNs) {
            long startNs = System.nanoTime();
            String now = event(view, query);
            write(out, now.equals(before) ? ":\n\n" : now);
            before = now;
            long tookMs = (System.nanoTime() - startNs) / 1_000_000;
            Thread.sleep(Math.max(EVERY_MS, REST * tookMs));
        }
    }

    /// What cannot be seen at present may be later: that is an event, too.
    private String event(View view, Query query) {
        try (var _ = deadlines.seconds(LOOK_SECONDS)) {
            return "data: " + Json.MAPPER.writeValueAsString(view.look(query)) + "\n\n";
        } catch (Refusal e) {
            return trouble(e);
        } catch (ChaparException e) {
            return trouble(Answers.refusal(e));
        }
    }

    private static String trouble(Refusal e) {
        return "event: trouble\ndata: " + Json.MAPPER.writeValueAsString(Map.of("error", e.getMessage())) + "\n\n";
    }

    private void write(OutputStream out, String event) throws IOException {
        try (var _ = deadlines.seconds(WRITE_SECONDS)) {
            out.write(Answers.utf8(event));
            out.flush();
        }
    }
}

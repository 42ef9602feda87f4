package io.chapar.console.web;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.zip.CRC32C;

import static java.util.Objects.requireNonNull;

/// The page and what it is made of: a fixed list of files, so that no path leads anywhere else.
final class Files implements HttpHandler {
    private static final int SECONDS = 20;
    private static final String PAGE = "index.html";
    private static final List<String> NAMES = List.of(PAGE, "style.css", "icon.svg", "main.js", "dom.js", "server.js",
            "words.js", "overview.js", "lately.js", "topics.js", "topic.js", "records.js", "groups.js", "group.js",
            "transactions.js", "brokers.js", "settings.js", "chart.js", "disk.js");

    private static final class Content {
        private final byte[] bytes;
        private final String type;
        /// Changes with the content.
        private final String tag;

        private Content(byte[] bytes, String type, String tag) {
            this.bytes = bytes;
            this.type = type;
            this.tag = tag;
        }
    }

    private final OriginGuard guard;
    private final Deadlines deadlines;
    private final Map<String, Content> read = new ConcurrentHashMap<>();

    Files(OriginGuard guard, Deadlines deadlines) {
        this.guard = guard;
        this.deadlines = deadlines;
    }

    private static Content read(String name) {
        try (InputStream in = requireNonNull(Files.class.getResourceAsStream("static/" + name), name)) {
            byte[] bytes = in.readAllBytes();
            CRC32C sum = new CRC32C();
            sum.update(bytes);
            return new Content(bytes, type(name), '"' + Long.toHexString(sum.getValue()) + '"');
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String type(String name) {
        String ending = name.substring(name.lastIndexOf('.') + 1);
        return switch (ending) {
            case "html" -> "text/html; charset=utf-8";
            case "css" -> "text/css; charset=utf-8";
            case "js" -> "text/javascript; charset=utf-8";
            default -> "image/svg+xml";
        };
    }

    @Override
    public void handle(HttpExchange exchange) throws IOException {
        try (var _ = deadlines.seconds(SECONDS)) {
            answer(exchange);
        }
    }

    private void answer(HttpExchange exchange) throws IOException {
        String path = exchange.getRequestURI().getPath();
        String name = path.substring(path.indexOf('/', 1) + 1);
        String wanted = name.isEmpty() ? PAGE : name;
        Content file = NAMES.contains(wanted) ? read.computeIfAbsent(wanted, Files::read) : null;
        try {
            guard.requireReader(exchange, name.isEmpty());
            if (!exchange.getRequestMethod().equals("GET") && !exchange.getRequestMethod().equals("HEAD")) {
                throw new Refusal(405, "This can be read only");
            }
            send(exchange, file);
        } catch (Refusal refusal) {
            Answers.refuse(exchange, refusal);
        }
    }

    private static void send(HttpExchange exchange, @Nullable Content file) throws IOException {
        if (file == null) {
            throw Refusal.notFound("There is no such page");
        }
        exchange.getResponseHeaders().set("ETag", file.tag);
        if (file.tag.equals(exchange.getRequestHeaders().getFirst("If-None-Match"))) {
            Answers.headers(exchange, file.type, "no-cache");
            exchange.sendResponseHeaders(304, -1);
            return;
        }
        Answers.send(exchange, 200, file.type, "no-cache", file.bytes);
    }
}

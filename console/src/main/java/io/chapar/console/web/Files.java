package io.chapar.console.web;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.CRC32C;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

/// The page and what it is made of: a fixed list of files, so that no path leads anywhere else. The page names the
/// others within a folder that is called after all that they contain: browsers keep those for good, and ask for the
/// page alone when it is opened again. Whoever asks for another folder, as a page of another version of the broker,
/// gets what there is now, to be asked for again.
final class Files implements HttpHandler {
    private static final int SECONDS = 20;
    private static final String PAGE = "index.html";
    private static final List<String> NAMES = List.of(PAGE, "style.css", "icon.svg", "main.js", "dom.js", "server.js",
            "words.js", "overview.js", "lately.js", "topics.js", "topic.js", "records.js", "groups.js", "group.js",
            "transactions.js", "brokers.js", "settings.js", "chart.js", "disk.js");

    private static final String VERSION_IN_PAGE = "@version@";
    private static final Pattern FOLDER = Pattern.compile("[0-9a-f]{1,8}/");
    private static final String ASKED_EACH_TIME = "no-cache";
    private static final String KEPT = "private, max-age=31536000, immutable";

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
    /// Null until somebody asks.
    private volatile @Nullable Site site;

    Files(OriginGuard guard, Deadlines deadlines) {
        this.guard = guard;
        this.deadlines = deadlines;
    }

    /// All that is there, and the checksum of all.
    private record Site(String version, Map<String, Content> files) {}

    private static Site readAll() {
        Map<String, Content> files = new HashMap<>();
        CRC32C all = new CRC32C();
        for (String name : NAMES) {
            byte[] bytes = read(name);
            all.update(bytes);
            files.put(name, content(name, bytes));
        }
        String version = Long.toHexString(all.getValue());
        String page = new String(read(PAGE), UTF_8).replace(VERSION_IN_PAGE, version);
        files.put(PAGE, content(PAGE, page.getBytes(UTF_8)));
        return new Site(version, Map.copyOf(files));
    }

    private static byte[] read(String name) {
        try (InputStream in = requireNonNull(Files.class.getResourceAsStream("static/" + name), name)) {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Content content(String name, byte[] bytes) {
        CRC32C sum = new CRC32C();
        sum.update(bytes);
        return new Content(bytes, type(name), '"' + Long.toHexString(sum.getValue()) + '"');
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

    private Site site() {
        Site known = site;
        if (known == null) {
            known = readAll();
            site = known;
        }
        return known;
    }

    private void answer(HttpExchange exchange) throws IOException {
        String path = exchange.getRequestURI().getPath();
        String name = path.substring(path.indexOf('/', 1) + 1);
        Site now = site();
        Matcher folder = FOLDER.matcher(name);
        boolean isInFolder = folder.lookingAt();
        String wanted = name.isEmpty() ? PAGE : isInFolder ? name.substring(folder.end()) : name;
        Content file = isInFolder && wanted.equals(PAGE) ? null : now.files.get(wanted);
        String caching = isInFolder && name.startsWith(now.version + "/") ? KEPT : ASKED_EACH_TIME;
        try {
            guard.requireReader(exchange, name.isEmpty());
            if (!exchange.getRequestMethod().equals("GET") && !exchange.getRequestMethod().equals("HEAD")) {
                throw new Refusal(405, "This can be read only");
            }
            send(exchange, file, caching);
        } catch (Refusal refusal) {
            Answers.refuse(exchange, refusal);
        }
    }

    private static void send(HttpExchange exchange, @Nullable Content file, String caching) throws IOException {
        if (file == null) {
            throw Refusal.notFound("There is no such page");
        }
        exchange.getResponseHeaders().set("ETag", file.tag);
        if (file.tag.equals(exchange.getRequestHeaders().getFirst("If-None-Match"))) {
            Answers.headers(exchange, file.type, caching);
            exchange.sendResponseHeaders(304, -1);
            return;
        }
        Answers.send(exchange, 200, file.type, caching, file.bytes);
    }
}

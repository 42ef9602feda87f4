package io.chapar.broker.http;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import io.chapar.broker.config.KnownHosts;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListMap;

/// Which handler answers which path of the HTTP port; every other path is 404. A path that ends with `/` stands for all
/// below it as well; the longest one wins, and without its `/` it leads there. Routes may be added while the port is
/// open.
///
/// Whoever asks by a name that is not this broker's is refused, but on routes that tell whether it is well and no more:
/// who asks for that may not know what the broker is called.
///
/// Each handler runs on a virtual thread, so it may block, and no route can take the turns of another: of one at most
/// its own bound runs at a time, and half of that for one address; 503 goes to whoever comes on top. What only shows
/// something has a minute, in which its reader has to take it.
public final class Routes implements HttpHandler {
    /// Exchanges of one route at a time, where it does not say.
    public static final int USUAL_AT_ONCE = 32;

    private static final Logger LOG = LoggerFactory.getLogger(Routes.class);
    private static final int MOVED = 308;
    private static final int FORBIDDEN = 403;
    private static final int NOT_FOUND = 404;
    private static final int NOT_ALLOWED = 405;
    private static final int FAILED = 500;
    private static final int UNAVAILABLE = 503;
    private static final Set<String> READING = Set.of("GET", "HEAD");

    private record Route(
            String path, HttpHandler handler, boolean isForReading, boolean isForAnyName, Turns turns) {}

    private final Map<String, Route> routes = new ConcurrentSkipListMap<>();
    private final KnownHosts hosts;
    private final Duration longest;

    public Routes(KnownHosts hosts) {
        this(hosts, Duration.ofMinutes(1));
    }

    /// @param longest that showing something may take
    Routes(KnownHosts hosts, Duration longest) {
        this.hosts = hosts;
        this.longest = longest;
    }

    /// What only shows something: other methods than GET and HEAD are 405.
    public Routes read(String path, HttpHandler handler) {
        return read(path, handler, USUAL_AT_ONCE);
    }

    /// @param atOnce exchanges that may go on at a time
    public Routes read(String path, HttpHandler handler, int atOnce) {
        return add(new Route(path, handler, true, false, new Turns(atOnce)));
    }

    /// As [#read], for whoever asks by whatever name.
    Routes readByAnyName(String path, HttpHandler handler) {
        return add(new Route(path, handler, true, true, new Turns(USUAL_AT_ONCE)));
    }

    /// What decides itself what it does with which method, and how long it takes.
    ///
    /// @param atOnce exchanges that may go on at a time, of one address half as many
    public Routes all(String path, HttpHandler handler, int atOnce) {
        return add(new Route(path, handler, false, false, new Turns(atOnce)));
    }

    private Routes add(Route route) {
        String path = route.path;
        if (!path.startsWith("/")) {
            throw new IllegalArgumentException("A path begins with '/': " + path);
        }
        if (routes.putIfAbsent(path, route) != null) {
            throw new IllegalArgumentException("There is a route for " + path);
        }
        return this;
    }

    @Override
    public void handle(HttpExchange exchange) throws IOException {
        Route route = route(exchange.getRequestURI().getPath());
        if (route == null || route.isForReading) {
            inTime(() -> handle(route, exchange));
        } else {
            handle(route, exchange);
        }
    }

    private interface Handling {
        void handle() throws IOException;
    }

    /// Cuts off whoever does not take the answer: the thread is interrupted, which closes the connection.
    private void inTime(Handling handling) throws IOException {
        Thread answering = Thread.currentThread();
        Thread watch = Thread.ofVirtual().name("http-in-time").start(() -> {
            try {
                Thread.sleep(longest);
                answering.interrupt();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt(); // it was taken in time
            }
        });
        try {
            handling.handle();
        } finally {
            watch.interrupt();
        }
    }

    private void handle(@Nullable Route route, HttpExchange exchange) throws IOException {
        if ((route == null || !route.isForAnyName) && !hosts.know(exchange.getRequestHeaders().get("Host"))) {
            text(exchange, FORBIDDEN, "This broker does not answer to this name, but to addresses, localhost, and the"
                    + " names in metrics.listener, advertised.listeners and metrics.hosts");
        } else if (route == null) {
            text(exchange, NOT_FOUND, "There is nothing here; there is " + String.join(", ", routes.keySet()));
        } else if (isAbove(exchange.getRequestURI().getPath(), route)) {
            exchange.getResponseHeaders().set("Location", route.path);
            text(exchange, MOVED, "This is at " + route.path);
        } else if (route.isForReading && !READING.contains(exchange.getRequestMethod())) {
            exchange.getResponseHeaders().put("Allow", List.of("GET, HEAD"));
            text(exchange, NOT_ALLOWED, "This can be read only");
        } else {
            inTurn(route, exchange);
        }
    }

    private static void inTurn(Route route, HttpExchange exchange) throws IOException {
        InetAddress by = exchange.getRemoteAddress().getAddress();
        if (!route.turns.take(by)) {
            text(exchange, UNAVAILABLE, "Too many ask for this at one time");
            return;
        }
        try {
            answer(route, exchange);
        } finally {
            route.turns.giveBack(by);
        }
    }

    private static void answer(Route route, HttpExchange exchange) throws IOException {
        try {
            route.handler.handle(exchange);
        } catch (RuntimeException e) {
            LOG.warn("The HTTP page {} failed", route.path, e);
            if (exchange.getResponseCode() == -1) {
                text(exchange, FAILED, "This page failed, the log of the broker says why");
            }
        } finally {
            exchange.close();
        }
    }

    private static boolean isAbove(String path, Route route) {
        return route.path.length() == path.length() + 1 && route.path.startsWith(path);
    }

    /// Null where nobody answers.
    private @Nullable Route route(String path) {
        Route exact = routes.getOrDefault(path, routes.get(path + "/"));
        int end = path.lastIndexOf('/');
        while (exact == null && end >= 0) {
            exact = routes.get(path.substring(0, end + 1));
            end = path.lastIndexOf('/', end - 1);
        }
        return exact;
    }

    /// Answers with one line.
    public static void text(HttpExchange exchange, int status, String line) throws IOException {
        send(exchange, status, "text/plain; charset=utf-8", (line + "\n").getBytes(StandardCharsets.UTF_8));
    }

    /// Answers with these bytes; with none of them where the request is HEAD.
    public static void send(HttpExchange exchange, int status, String type, byte[] body) throws IOException {
        try (exchange) {
            exchange.getResponseHeaders().set("Content-Type", type);
            boolean isHead = exchange.getRequestMethod().equals("HEAD");
            exchange.sendResponseHeaders(status, isHead || body.length == 0 ? -1 : body.length);
            if (!isHead && body.length > 0) {
                exchange.getResponseBody().write(body);
            }
        }
    }
}

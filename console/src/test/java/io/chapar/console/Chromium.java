package io.chapar.console;

import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;

/// One page in Debian's Chromium, driven by the DevTools protocol over the JDK's WebSocket: Playwright for Java brings
/// 200 MB of drivers, and browsers of its own.
final class Chromium implements AutoCloseable {
    private static final List<String> NAMES = List.of("chromium", "chromium-browser", "google-chrome");
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    /// What a machine that is too busy makes a broker say, and the page asks again.
    private static final Pattern BUSY = Pattern.compile("status of 50[23]");
    private static final JsonMapper MAPPER = new JsonMapper();

    private final Process process;
    private final HttpClient http = HttpClient.newHttpClient();
    private final WebSocket socket;
    private final AtomicInteger calls = new AtomicInteger();
    private final Map<Integer, CompletableFuture<JsonNode>> waiting = new ConcurrentHashMap<>();
    private final Queue<String> complaints = new ConcurrentLinkedQueue<>();
    private String session = "";

    private Chromium(Process process, String address) {
        this.process = process;
        socket = http.newWebSocketBuilder().buildAsync(URI.create(address), new Listening()).join();
        String target = call("Target.createTarget", Map.of("url", "about:blank")).get("targetId").asString();
        session = call("Target.attachToTarget", Map.of("targetId", target, "flatten", true)).get("sessionId")
                .asString();
        for (String domain : List.of("Page", "Runtime", "Log")) {
            call(domain + ".enable", Map.of());
        }
    }

    /// Null where there is none.
    private static @Nullable Path installed() {
        String path = System.getenv("PATH");
        return NAMES.stream()
                .flatMap(name -> Arrays.stream((path == null ? "" : path).split(File.pathSeparator, -1))
                        .map(folder -> Path.of(folder, name)))
                .filter(file -> Files.isRegularFile(file) && Files.isExecutable(file)).findFirst().orElse(null);
    }

    /// The test is left out where there is none.
    static Chromium start(Path folder) throws IOException {
        Path program = installed();
        Assumptions.assumeTrue(program != null, "SKIPPED: Chromium is not installed");
        Process process = new ProcessBuilder(program.toString(), "--headless=new", "--no-sandbox", "--disable-gpu",
                "--disable-dev-shm-usage", "--no-first-run", "--disable-extensions", "--disable-background-networking",
                "--disable-component-update", "--disable-sync", "--mute-audio", "--hide-scrollbars",
                "--remote-debugging-port=0", "--user-data-dir=" + folder, "about:blank")
                .redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
        try {
            return new Chromium(process, address(process));
        } catch (IOException | RuntimeException e) {
            stop(process);
            throw e;
        }
    }

    private static String address(Process process) throws IOException {
        BufferedReader errors = process.errorReader();
        CompletableFuture<String> address = new CompletableFuture<>();
        Thread.ofVirtual().start(() -> {
            errors.lines().forEach(line -> {
                if (line.startsWith("DevTools listening on ")) {
                    address.complete(line.substring(line.indexOf("ws://")));
                }
            });
            address.cancel(false); // it has ended
        });
        try {
            return address.orTimeout(PATIENCE.toSeconds(), TimeUnit.SECONDS).join();
        } catch (CancellationException | CompletionException e) {
            throw new IOException("Chromium has not started", e);
        }
    }

    private final class Listening implements WebSocket.Listener {
        private final StringBuilder text = new StringBuilder();

        @Override
        public CompletionStage<?> onText(WebSocket from, CharSequence data, boolean last) {
            text.append(data);
            if (last) {
                take(MAPPER.readTree(text.toString()));
                text.setLength(0);
            }
            from.request(1);
            return CompletableFuture.completedStage(null);
        }
    }

    private void take(JsonNode message) {
        if (message.has("id")) {
            CompletableFuture<JsonNode> call = waiting.remove(message.get("id").asInt());
            if (message.has("error")) {
                call.completeExceptionally(new IllegalStateException(message.get("error").toString()));
            } else {
                call.complete(message.get("result"));
            }
            return;
        }
        JsonNode what = message.get("params");
        switch (message.get("method").asString()) {
            case "Runtime.exceptionThrown" -> complaints.add(what.toString());
            case "Log.entryAdded" -> {
                if (what.get("entry").get("level").asString().equals("error")
                        && !BUSY.matcher(what.get("entry").get("text").asString()).find()) {
                    complaints.add(what.toString());
                }
            }
            default -> { }
        }
    }

    JsonNode call(String method, Map<String, ?> parameters) {
        int id = calls.incrementAndGet();
        CompletableFuture<JsonNode> answer = new CompletableFuture<>();
        waiting.put(id, answer);
        Map<String, Object> message = new LinkedHashMap<>(Map.of("id", id, "method", method, "params",
                parameters));
        if (!session.isEmpty()) {
            message.put("sessionId", session);
        }
        socket.sendText(MAPPER.writeValueAsString(message), true).join();
        return answer.orTimeout(PATIENCE.toSeconds(), TimeUnit.SECONDS).join();
    }

    /// What the expression comes to, as text.
    String value(String expression) {
        JsonNode result = call("Runtime.evaluate", Map.of("expression", "String(" + expression + ")", "awaitPromise",
                true, "returnByValue", true));
        if (result.has("exceptionDetails")) {
            throw new IllegalStateException(expression + ": " + result.get("exceptionDetails"));
        }
        return result.get("result").get("value").asString();
    }

    void open(String address) {
        call("Page.navigate", Map.of("url", "about:blank"));
        call("Page.navigate", Map.of("url", address));
    }

    /// Waits until the page's text has this.
    void until(String text) {
        Awaitility.await("the page says " + text).atMost(PATIENCE).pollInterval(Duration.ofMillis(50))
                .until(() -> value("document.body ? document.body.innerText : ''"), seen -> seen.contains(text));
    }

    void size(int width, int height) {
        call("Emulation.setDeviceMetricsOverride",
                Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", false));
    }

    /// @param scheme `light` or `dark`
    void colours(String scheme) {
        call("Emulation.setEmulatedMedia",
                Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", scheme))));
    }

    void key(String name, int code) {
        for (String type : List.of("rawKeyDown", "keyUp")) {
            call("Input.dispatchKeyEvent", Map.of("type", type, "key", name, "code", name, "windowsVirtualKeyCode",
                    code));
        }
    }

    void picture(Path file) throws IOException {
        String data = call("Page.captureScreenshot", Map.of("format", "png")).get("data").asString();
        Files.createDirectories(file.getParent());
        Files.write(file, Base64.getDecoder().decode(data.getBytes(StandardCharsets.US_ASCII)));
    }

    /// What the browser complained of: exceptions, refused loads, breaches of the page's policy.
    List<String> complaints() {
        List<String> all = new ArrayList<>(complaints);
        complaints.clear();
        return all;
    }

    @Override
    public void close() {
        socket.abort();
        stop(process);
        http.close();
    }

    private static void stop(Process process) {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
        process.onExit().join();
    }
}

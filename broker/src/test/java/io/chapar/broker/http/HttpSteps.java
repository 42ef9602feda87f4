package io.chapar.broker.http;

import io.chapar.broker.config.HostPort;
import io.chapar.broker.config.KnownHosts;

import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Set;

/// A port with these routes, and one who asks it.
final class HttpSteps implements AutoCloseable {
    static final KnownHosts HOSTS = new KnownHosts(Set.of("broker.example"));

    private final HttpPort port;
    private final HttpClient http = HttpClient.newHttpClient();

    HttpSteps(Routes routes) throws IOException {
        port = HttpPort.open(new HostPort("127.0.0.1", 0), routes);
    }

    int number() {
        return port.number();
    }

    /// Status and body.
    String get(String path) throws IOException, InterruptedException {
        return ask("GET", path);
    }

    /// One of the answer's headers; empty where it has none of that name.
    String header(String path, String name) throws IOException, InterruptedException {
        return http.send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port.number() + path)).build(),
                HttpResponse.BodyHandlers.discarding()).headers().firstValue(name).orElse("");
    }

    /// The status of the answer to whoever asks by this name.
    int status(String path, String host) throws IOException {
        try (Socket socket = new Socket("127.0.0.1", port.number())) {
            socket.getOutputStream().write(("GET " + path + " HTTP/1.1\r\nHost: " + host
                    + "\r\nConnection: close\r\n\r\n").getBytes(StandardCharsets.ISO_8859_1));
            String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
            return Integer.parseInt(answer.substring("HTTP/1.1 ".length(), "HTTP/1.1 200".length()));
        }
    }

    /// Whether whoever says this gets an answer of 200 and not another, nor none.
    boolean isServed(String request) throws IOException {
        try (Socket socket = new Socket("127.0.0.1", port.number())) {
            socket.getOutputStream().write((request + "\r\nConnection: close\r\n\r\n")
                    .getBytes(StandardCharsets.ISO_8859_1));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1).contains(" 200 ");
        } catch (SocketException cutOff) {
            return false;
        }
    }

    String ask(String method, String path) throws IOException, InterruptedException {
        HttpResponse<String> answer = http.send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port.number() + path))
                        .method(method, HttpRequest.BodyPublishers.noBody()).build(),
                HttpResponse.BodyHandlers.ofString());
        return answer.statusCode() + " " + answer.body();
    }

    @Override
    public void close() {
        http.close();
        port.close();
    }
}

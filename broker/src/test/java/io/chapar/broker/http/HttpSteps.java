package io.chapar.broker.http;

import io.chapar.broker.config.HostPort;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;

/// A port with these routes, and one who asks it.
final class HttpSteps implements AutoCloseable {
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

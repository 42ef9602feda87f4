package io.chapar.cli;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import static org.junit.jupiter.api.Assertions.assertEquals;

/// What Prometheus read from a broker at one moment.
///
/// @param values by series, as it was written
record Scrape(long atNs, Map<String, Double> values) {
    private static final Pattern LABEL = Pattern.compile("([a-z_]+)=\"");

    /// @param address of the broker's HTTP port
    static Scrape of(String address) throws IOException, InterruptedException {
        String page = get(address, "/metrics", "text/plain");
        Map<String, Double> values = new LinkedHashMap<>();
        page.lines().filter(line -> !line.startsWith("#")).forEach(line -> {
            int end = line.lastIndexOf(' ');
            values.put(line.substring(0, end), Double.parseDouble(line.substring(end + 1)));
        });
        return new Scrape(System.nanoTime(), values);
    }

    static String get(String address, String path, String accepting) throws IOException, InterruptedException {
        try (HttpClient http = HttpClient.newHttpClient()) {
            HttpResponse<String> answer = http.send(
                    HttpRequest.newBuilder(URI.create("http://" + address + path)).header("Accept", accepting).build(),
                    HttpResponse.BodyHandlers.ofString());
            assertEquals(200, answer.statusCode(), answer.body());
            return answer.body();
        }
    }

    static String nameOf(String series) {
        int at = series.indexOf('{');
        return at < 0 ? series : series.substring(0, at);
    }

    /// By name, which labels its series have.
    Map<String, Set<String>> labels() {
        Map<String, Set<String>> all = new TreeMap<>();
        values.keySet().forEach(series -> {
            Set<String> labels = all.computeIfAbsent(nameOf(series), _ -> new TreeSet<>());
            Matcher label = LABEL.matcher(series);
            while (label.find()) {
                labels.add(label.group(1));
            }
        });
        return all;
    }

    /// 0 where there is no such series.
    double value(String series) {
        return values.getOrDefault(series, 0.0);
    }
}

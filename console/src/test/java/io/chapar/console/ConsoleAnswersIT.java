package io.chapar.console;

import io.chapar.client.producer.Producer;
import io.chapar.protocol.TopicPartition;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import java.io.InputStream;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// What the console answers, and whom.
final class ConsoleAnswersIT {
    private static final JsonMapper MAPPER = new JsonMapper();
    private static final String[] OWN = {"Content-Type", "application/json", "X-Chapar-Console", "1"};

    @TempDir
    private static Path folder;
    private static ConsoleBroker broker;
    private static ConsoleBroker writable;

    @BeforeAll
    static void start() {
        broker = ConsoleBroker.start(folder.resolve("a"), false);
        writable = ConsoleBroker.start(folder.resolve("b"), true);
    }

    @AfterAll
    static void stop() {
        broker.close();
        writable.close();
    }

    private static JsonNode seen(ConsoleBroker at, String rest) throws Exception {
        HttpResponse<String> answer = at.get("api/" + rest);
        assertEquals(200, answer.statusCode(), answer.body());
        return MAPPER.readTree(answer.body());
    }

    private static List<String> fates(JsonNode page) {
        List<String> all = new ArrayList<>();
        page.get("records").forEach(one -> all.add(one.get("offset").asLong() + " " + one.get("kind").asString()
                + (one.has("transaction") ? " " + one.get("transaction").asString() : "")));
        return all;
    }

    /// Sends what no client of the JDK would.
    private static String raw(String request) throws Exception {
        try (Socket socket = new Socket("127.0.0.1", broker.port())) {
            socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static int asked(String... headers) throws Exception {
        return status("GET /console/api/about HTTP/1.1\r\nConnection: close\r\n" + String.join("\r\n", headers)
                + "\r\n\r\n");
    }

    private static int status(String request) throws Exception {
        return Integer.parseInt(raw(request).split(" ")[1]);
    }

    @Test
    void whoeverComesByANameThatIsNotOursIsRefused() throws Exception {
        String own = "Host: 127.0.0.1:" + broker.port();
        assertEquals(200, asked(own));
        assertEquals(200, asked("Host: localhost"));
        assertEquals(200, asked("Host: [::1]:1"));
        assertEquals(200, asked("Host: Console.Example:80"));
        for (String host : List.of("evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "2130706433",
                "evil.example:127.0.0.1", "", "a".repeat(400))) {
            assertEquals(403, asked("Host: " + host), host);
        }
        assertEquals(403, asked(own, "Host: evil.example"));
    }

    @Test
    void pagesOfOtherSitesAreRefused() throws Exception {
        String own = "Host: 127.0.0.1:" + broker.port();
        assertEquals(403, asked(own, "Origin: http://evil.example"));
        assertEquals(403, asked(own, "Origin: null"));
        assertEquals(403, asked(own, "Sec-Fetch-Site: cross-site"));
        assertEquals(403, asked(own, "Sec-Fetch-Site: same-site"));
        assertEquals(403, asked(own, "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate",
                "Sec-Fetch-Dest: document"));
        assertEquals(200, asked(own, "Sec-Fetch-Site: same-origin"));
        assertEquals(200, asked(own, "Origin: http://127.0.0.1:" + broker.port()));
    }

    @Test
    void aLinkOfAnotherSiteLeadsToThePage() throws Exception {
        String rest = " HTTP/1.1\r\nConnection: close\r\nHost: localhost\r\nSec-Fetch-Site: cross-site\r\n";
        assertEquals(200, status("GET /console/" + rest
                + "Sec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\n\r\n"));
        assertEquals(403, status("GET /console/" + rest
                + "Sec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: iframe\r\n\r\n"));
        assertEquals(403, status("GET /console/main.js" + rest + "Sec-Fetch-Mode: no-cors\r\n\r\n"));
    }

    @Test
    void everyAnswerForbidsWhatThePageDoesNotNeed() throws Exception {
        for (String rest : List.of("", "main.js", "api/about", "api/none", "none")) {
            HttpResponse<String> answer = broker.get(rest);
            String policy = answer.headers().firstValue("Content-Security-Policy").orElse("");
            assertTrue(policy.startsWith("default-src 'none'; script-src 'self'"), rest);
            assertFalse(policy.contains("unsafe"), rest);
            assertEquals("nosniff", answer.headers().firstValue("X-Content-Type-Options").orElse(""), rest);
        }
    }

    @Test
    void whatThePageConsistsOfIsKeptForAsLongAsItStays() throws Exception {
        HttpResponse<String> page = broker.get("");
        assertEquals("no-cache", page.headers().firstValue("Cache-Control").orElse(""));
        assertFalse(page.body().contains("@version@"));
        Matcher script = Pattern.compile("src=\"([0-9a-f]+)/main.js\"").matcher(page.body());
        assertTrue(script.find(), page.body());
        HttpResponse<String> kept = broker.get(script.group(1) + "/main.js");
        assertTrue(kept.headers().firstValue("Cache-Control").orElse("").contains("immutable"));

        HttpResponse<String> ofAnotherVersion = broker.get("0/main.js");
        assertEquals(kept.body(), ofAnotherVersion.body());
        assertEquals("no-cache", ofAnotherVersion.headers().firstValue("Cache-Control").orElse(""));
        assertEquals(404, broker.get(script.group(1) + "/index.html").statusCode());
        assertEquals(404, broker.get(script.group(1) + "/none.js").statusCode());
    }

    @Test
    void noPathLeadsOutOfThePage() throws Exception {
        for (String rest : List.of("../Web.class", "%2e%2e/Web.class", "static/main.js", "main.js/..", "Web.class")) {
            assertEquals(404, broker.get(rest).statusCode(), rest);
        }
    }

    @Test
    void aQueryHasABound() throws Exception {
        assertEquals(414, broker.get("api/topics?filter=" + "a".repeat(9_000)).statusCode());
        assertEquals(400, broker.get("api/topics?limit=100000").statusCode());
        assertEquals(400, broker.get("api/topics?from=-1").statusCode());
        assertEquals(400, broker.get("api/topics?from=99999999999999999999").statusCode());
        assertEquals(400, broker.get("api/topics?" + "p%31=1&".repeat(10) + params(40)).statusCode());
        assertEquals(404, broker.get("api/records?topic=none&partition=0").statusCode());
        assertEquals(404, broker.get("api/records?topic=%3Cscript%3E&partition=0").statusCode());
        assertEquals(400, broker.get("api/records").statusCode());
    }

    private static String params(int count) {
        StringBuilder all = new StringBuilder();
        for (int i = 0; i < count; i++) {
            all.append('p').append(i).append("=1&");
        }
        return all.toString();
    }

    @Test
    void recordsOfEveryFateAreTold() throws Exception {
        broker.topic("fates", 1);
        broker.plain("fates", 0, null, ConsoleBroker.utf8("plain"), ConsoleBroker.header("h", "v"));
        Producer<byte[], byte[]> ends = broker.producer("ends");
        ends.beginTransaction();
        ConsoleBroker.send(ends, "fates", "k", "committed");
        ends.commitTransaction();
        ends.beginTransaction();
        ConsoleBroker.send(ends, "fates", "k", "aborted");
        ends.abortTransaction();
        Producer<byte[], byte[]> holds = broker.producer("holds");
        holds.beginTransaction();
        ConsoleBroker.send(holds, "fates", "k", "open");
        ends.beginTransaction();
        ConsoleBroker.send(ends, "fates", "k", "committed behind it");
        ends.commitTransaction();
        ends.beginTransaction();
        ConsoleBroker.send(ends, "fates", "other", "aborted behind it");
        ends.abortTransaction();
        String fates = "records?topic=fates&partition=0";
        try {
            // What is decided is so before the marks are written.
            Awaitility.await().until(() -> seen(broker, fates + "&from=earliest&all=true").get("end").asLong() == 10);
            assertEquals(List.of("0 RECORD", "1 RECORD COMMITTED"), fates(seen(broker, fates + "&from=earliest")));
            JsonNode all = seen(broker, fates + "&from=earliest&all=true");
            assertEquals(List.of("0 RECORD", "1 RECORD COMMITTED", "2 COMMIT", "3 RECORD ABORTED", "4 ABORT",
                    "5 RECORD OPEN", "6 RECORD COMMITTED", "7 COMMIT", "8 RECORD ABORTED", "9 ABORT"), fates(all));
            assertEquals(5, all.get("stable").asLong());
            assertEquals(10, all.get("end").asLong());
            assertEquals("v", all.get("records").get(0).get("headers").get(0).get("value").get("text").asString());
            assertEquals(List.of("8 RECORD ABORTED"),
                    fates(seen(broker, fates + "&from=earliest&all=true&key=other")));
            assertEquals(List.of("4 ABORT", "5 RECORD OPEN"), fates(seen(broker, fates + "&from=4&all=true&limit=2")));
            assertEquals(List.of("1 RECORD COMMITTED"), fates(seen(broker, fates + "&time=1700000000001")));
            JsonNode why = seen(broker, "why?topic=fates&partition=0");
            assertEquals("holds", why.get("heldBy").get("id").asString());
            assertEquals(5, why.get("heldBy").get("firstOffset").asLong());
            assertFalse(why.get("heldBy").get("hangs").asBoolean());
        } finally {
            holds.abortTransaction();
            holds.close();
            ends.close();
        }
        Awaitility.await().until(() -> seen(broker, "why?topic=fates&partition=0").get("heldBy").isNull());
    }

    @Test
    void aLargeRecordIsCutAndThereByItself() throws Exception {
        broker.topic("large", 1);
        broker.plain("large", 0, null, ConsoleBroker.utf8("é".repeat(500_000)));
        broker.plain("large", 0, null, new byte[] {(byte) 0xff, 0});
        JsonNode page = seen(broker, "records?topic=large&partition=0&from=earliest");
        JsonNode value = page.get("records").get(0).get("value");
        assertEquals(1_000_000, value.get("size").asInt());
        assertTrue(value.get("cut").asBoolean());
        assertEquals("é".repeat(512), value.get("text").asString());
        assertEquals("/wA=", page.get("records").get(1).get("value").get("base64").asString());
        JsonNode whole = seen(broker, "record?topic=large&partition=0&offset=0").get("records").get(0).get("value");
        assertEquals("é".repeat(500_000), whole.get("text").asString());
        assertEquals(404, broker.get("api/record?topic=large&partition=0&offset=2").statusCode());
        assertEquals(404, broker.get("api/record?topic=large&partition=0&offset=9999").statusCode());
    }

    @Test
    void groupsAreToldWithTheirLag() throws Exception {
        broker.topic("read", 2);
        for (int i = 0; i < 3; i++) {
            broker.plain("read", i % 2, null, ConsoleBroker.utf8("v"));
        }
        broker.committed("behind", Map.of(new TopicPartition("read", 0), 0L, new TopicPartition("read", 1), 1L));
        JsonNode groups = seen(broker, "groups?filter=BEHIND");
        assertEquals(1, groups.get("matching").asInt());
        assertEquals(2, groups.get("groups").get(0).get("lag").get("lag").asLong());
        JsonNode group = seen(broker, "group?id=behind");
        assertEquals("classic", group.get("kind").asString());
        assertEquals("read", group.get("partitions").get(0).get("topic").asString());
        assertEquals(2, group.get("partitions").get(0).get("lag").asLong());
        assertEquals(0, group.get("partitions").get(1).get("lag").asLong());
        assertEquals(404, broker.get("api/group?id=nobody").statusCode());
    }

    @Test
    void settingsThatDifferAreToldFromDefaults() throws Exception {
        broker.topic("set", 1);
        try (var admin = broker.admin()) {
            admin.changeTopicConfig("set", Map.of("retention.ms", "1234"), List.of()).get();
        }
        List<String> differing = new ArrayList<>();
        seen(broker, "settings?what=topic&name=set").get("settings").forEach(one -> {
            if (one.get("differs").asBoolean()) {
                differing.add(one.get("name").asString() + "=" + one.get("value").asString());
            }
        });
        assertEquals(List.of("retention.ms=1234"), differing);
        assertTrue(seen(broker, "settings?what=broker&name=1").get("settings").size() > 50);
    }

    @Test
    void eventsTellAViewAgainWhenItIsAnother() throws Exception {
        broker.topic("watched", 1);
        try (Socket socket = new Socket("127.0.0.1", broker.port())) {
            socket.setSoTimeout(60_000);
            socket.getOutputStream().write(("GET /console/events/topic?name=watched HTTP/1.1\r\nHost: localhost\r\n"
                    + "\r\n").getBytes(StandardCharsets.ISO_8859_1));
            InputStream in = socket.getInputStream();
            until(in, "\"end\":0");
            broker.plain("watched", 0, null, ConsoleBroker.utf8("v"));
            until(in, "\"end\":1");
        }
    }

    private static void until(InputStream in, String wanted) throws Exception {
        StringBuilder text = new StringBuilder();
        while (text.indexOf(wanted) < 0) {
            int next = in.read();
            assertTrue(next >= 0, "ended before " + wanted + ": " + text);
            text.append((char) next);
        }
    }

    @Test
    void nothingIsChangedWhereThatIsNotAllowed() throws Exception {
        assertEquals(403, broker.post("api/create-topic", "{\"name\":\"made\"}", OWN).statusCode());
        assertEquals(404, broker.get("api/topic?name=made").statusCode());
    }

    @Test
    void changesNeedWhatNoFormCanSend() throws Exception {
        String body = "{\"name\":\"forged\"}";
        assertEquals(403, writable.post("api/create-topic", body, "Content-Type", "application/json").statusCode());
        assertEquals(415, writable.post("api/create-topic", body, "Content-Type", "text/plain", "X-Chapar-Console", "1")
                .statusCode());
        assertEquals(403, writable.post("api/create-topic", body, "Content-Type", "application/json",
                "X-Chapar-Console", "1", "Origin", "http://evil.example").statusCode());
        assertEquals(404, writable.get("api/topic?name=forged").statusCode());
    }

    @Test
    void whatIsAllowedIsChanged() throws Exception {
        assertEquals(200, writable.post("api/create-topic", "{\"name\":\"made\"}", OWN).statusCode());
        assertEquals(200, writable.post("api/set-topic-setting",
                "{\"topic\":\"made\",\"name\":\"retention.ms\",\"value\":\"77\"}", OWN).statusCode());
        assertTrue(writable.get("api/settings?what=topic&name=made").body().contains("\"value\":\"77\""));
        Producer<byte[], byte[]> holds = writable.producer("holds");
        holds.beginTransaction();
        ConsoleBroker.send(holds, "made", "k", "v");
        assertEquals(200, writable.post("api/abort-transaction", "{\"id\":\"holds\"}", OWN).statusCode());
        assertEquals(409, writable.post("api/abort-hanging", "{\"topic\":\"made\",\"partition\":0}", OWN).statusCode());
        holds.close();
        writable.committed("gone", Map.of(new TopicPartition("made", 0), 0L));
        assertEquals(200, writable.post("api/delete-group", "{\"id\":\"gone\"}", OWN).statusCode());
        assertEquals(200, writable.post("api/delete-topic", "{\"name\":\"made\"}", OWN).statusCode());
        assertEquals(404, writable.post("api/delete-topic", "{\"name\":\"made\"}", OWN).statusCode());
    }

    @Test
    void whatIsSentHasABound() throws Exception {
        assertEquals(413, writable.post("api/create-topic", "{\"name\":\"" + "a".repeat(70_000) + "\"}", OWN)
                .statusCode());
        assertEquals(400, writable.post("api/create-topic", "{\"name\":\"" + "a".repeat(60_000) + "\"}", OWN)
                .statusCode());
        assertEquals(400, writable.post("api/create-topic", "[".repeat(1_000), OWN).statusCode());
        assertEquals(400, writable.post("api/create-topic", "[]", OWN).statusCode());
        assertEquals(404, writable.post("api/none", "{}", OWN).statusCode());
    }
}

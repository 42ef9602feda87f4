package io.chapar.bench.plots;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;
import org.w3c.dom.NodeList;

import javax.xml.parsers.DocumentBuilderFactory;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

final class PlotsTest {
    private static final String RESULT = """
            {"machine": {"processor": "A & B <fast>", "cores": "2", "system": "Linux", "java": "25"},
             "brokers": 1, "rounds": 2, "amounts": "full", "figures": [
              {"key": "txn.1.rate", "what": "transactions of 1 record", "unit": "txn/s", "better": "more",
               "chapar": {"median": 6000.0}, "kafka": {"median": 150.0}, "ratio": 40},
              {"key": "txn.1.p99", "what": "transactions of 1 record, p99", "unit": "ms", "better": "less",
               "chapar": {"median": 0.5}, "kafka": {"median": 25.0}, "ratio": 0.02},
              {"key": "txn.1.p50", "what": "not in the picture", "unit": "ms", "better": "less",
               "chapar": {"median": 0.1}, "kafka": {"median": 2.0}, "ratio": 0.05},
              {"key": "idle.cpu.ms", "what": "nothing to be seen", "unit": "ms", "better": "less",
               "chapar": {"median": 0.0}, "kafka": {"median": 0.0}, "ratio": null},
              {"key": "calls.parallel.rate", "what": "calls", "unit": "records/s", "better": "more",
               "chapar": {"median": 9000.0}, "ratio": null}]}
            """;

    @TempDir
    Path folder;

    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    private int plot(Object... arguments) {
        return Plots.run(Stream.of(arguments).map(Object::toString).toList(),
                new PrintStream(OutputStream.nullOutputStream(), true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8));
    }

    private Path result(String json) throws Exception {
        return Files.writeString(folder.resolve("result.json"), json);
    }

    private static Document parsed(Path file) throws Exception {
        return DocumentBuilderFactory.newDefaultInstance().newDocumentBuilder().parse(file.toFile());
    }

    private static List<String> texts(Document svg) {
        NodeList texts = svg.getElementsByTagName("text");
        return IntStream.range(0, texts.getLength()).mapToObj(i -> texts.item(i).getTextContent()).toList();
    }

    /// Of the bars of one system, but for its key at the top.
    private static List<Integer> lengths(Document svg, String system) {
        List<Integer> lengths = new ArrayList<>();
        NodeList bars = svg.getElementsByTagName("rect");
        for (int i = 2; i < bars.getLength(); i++) {
            if (bars.item(i).getAttributes().getNamedItem("class").getNodeValue().equals(system)) {
                lengths.add(Integer.valueOf(bars.item(i).getAttributes().getNamedItem("width").getNodeValue()));
            }
        }
        return lengths;
    }

    @Test
    void barsAreAsLongAsTheirFigures() throws Exception {
        assertEquals(0, plot(result(RESULT), folder.resolve("pictures")), err::toString);
        Document svg = parsed(folder.resolve("pictures/brokers-1-transactions.svg"));
        List<Integer> chapar = lengths(svg, "chapar");
        List<Integer> kafka = lengths(svg, "kafka");
        assertEquals(2, chapar.size(), "a row each for rate and p99");
        assertEquals(40.0, (double) chapar.get(0) / kafka.get(0), 2);
        assertEquals(50.0, (double) kafka.get(1) / chapar.get(1), 3);
        List<String> texts = texts(svg);
        assertTrue(texts.containsAll(List.of("Transactions", "6,000 txn/s", "25.0 ms", "40.0", "50.0")),
                texts.toString());
        assertTrue(texts.getLast().startsWith("A & B <fast>, 2 cores"), texts.getLast());
    }

    @Test
    void aGroupWithoutFiguresHasNoPictureAndOneSystemAloneHasNoRatio() throws Exception {
        assertEquals(0, plot(result(RESULT), folder.resolve("pictures")), err::toString);
        try (Stream<Path> files = Files.list(folder.resolve("pictures"))) {
            assertEquals(List.of("brokers-1-calls.svg", "brokers-1-transactions.svg"),
                    files.map(file -> file.getFileName().toString()).sorted().toList());
        }
        Document svg = parsed(folder.resolve("pictures/brokers-1-calls.svg"));
        assertEquals(1, lengths(svg, "chapar").size());
        assertEquals(0, lengths(svg, "kafka").size());
        assertTrue(texts(svg).contains("Chapar's processor SDK"), texts(svg).toString());
    }

    @Test
    void whatIsNoResultIsSaidSo() throws Exception {
        for (String json : List.of("{}", "no JSON", "[]", "")) {
            err.reset();
            assertEquals(1, plot(result(json), folder.resolve("pictures")), json);
            assertTrue(err.toString(StandardCharsets.UTF_8).startsWith("chapar: not a result of"), err.toString());
        }
        assertEquals(1, plot(folder.resolve("nowhere.json"), folder.resolve("pictures")));
        assertEquals(2, plot(folder.resolve("result.json")));
    }
}

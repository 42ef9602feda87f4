package io.chapar.examples.flights;

import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// The README's code is the example's code, word for word, and so it compiles and is tested.
final class ReadmeTest {
    private static final Path ROOT = Path.of("..");
    private static final Path EXAMPLE =
            Path.of("src/main/java/io/chapar/examples/flights/LateFlights.java");
    private static final Path TEST =
            Path.of("src/test/java/io/chapar/examples/flights/LateFlightsTest.java");

    @Test
    void theReadmeShowsTheExampleAndItsTest() throws IOException {
        List<String> shown = blocks("java");
        assertEquals(List.of(region(EXAMPLE), region(TEST)), shown);
        shown.forEach(code -> assertTrue(code.lines().count() <= 24, "twenty lines are enough"));
    }

    /// Coordinates and version are those that the build gives, and are among what the BOM names.
    @Test
    void whatTheReadmeDependsOnIsThere() throws IOException {
        String version = between(Files.readString(ROOT.resolve("pom.xml")), "<version>", "</version>");
        String bom = Files.readString(ROOT.resolve("bom/pom.xml"));
        List<String> lines = blocks("xml").stream().flatMap(String::lines).toList();
        assertEquals(2, lines.size());
        for (String line : lines) {
            String artifact = between(line, "<artifactId>", "</artifactId>");
            String module = artifact.replaceFirst("chapar-", "");
            assertTrue(Files.readString(ROOT.resolve(module).resolve("pom.xml"))
                    .contains("<artifactId>" + artifact + "</artifactId>\n  <name>"), artifact);
            assertEquals(version, between(line, "<version>", "</version>"));
            assertTrue(bom.contains("<artifactId>" + artifact + "</artifactId>"), artifact);
        }
    }

    private static String region(Path source) throws IOException {
        List<String> lines = Files.readAllLines(source);
        return String.join("\n", lines.subList(lines.indexOf("    // readme: begin") + 1,
                lines.indexOf("    // readme: end"))).stripIndent();
    }

    private static List<String> blocks(String language) throws IOException {
        return Pattern.compile("```" + language + "\n(.*?)\n```", Pattern.DOTALL)
                .matcher(Files.readString(ROOT.resolve("README.md"))).results().map(found -> found.group(1)).toList();
    }

    private static String between(String text, String begin, String end) {
        int from = text.indexOf(begin) + begin.length();
        return text.substring(from, text.indexOf(end, from));
    }

    @Test
    void whatTheReadmeLinksToIsThere() throws IOException {
        String readme = Files.readString(ROOT.resolve("README.md"));
        Matcher link = Pattern.compile("\\]\\(([^)#:]+)\\)").matcher(readme);
        int links = 0;
        while (link.find()) {
            assertTrue(Files.exists(ROOT.resolve(link.group(1))), link.group(1));
            links++;
        }
        assertTrue(links > 0);
    }
}

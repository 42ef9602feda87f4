package io.chapar.examples.flights;

import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// The README's code is the example's code, word for word, and so it compiles and is tested.
final class ReadmeTest {
    private static final Path ROOT = Path.of("..");
    private static final Path EXAMPLE =
            Path.of("src/main/java/io/chapar/examples/flights/LateFlights.java");

    @Test
    void theReadmeShowsTheExample() throws IOException {
        List<String> lines = Files.readAllLines(EXAMPLE);
        String region = String.join("\n", lines.subList(lines.indexOf("    // readme: begin") + 1,
                lines.indexOf("    // readme: end"))).stripIndent();
        String readme = Files.readString(ROOT.resolve("README.md"));
        int begin = readme.indexOf("```java\n") + "```java\n".length();
        assertTrue(begin > "```java\n".length(), "the README shows no Java");
        assertEquals(region, readme.substring(begin, readme.indexOf("\n```", begin)));
        assertTrue(region.lines().count() <= 22, "twenty lines are enough");
    }

    @Test
    void whatTheReadmeLinksToIsThere() throws IOException {
        String readme = Files.readString(ROOT.resolve("README.md"));
        java.util.regex.Matcher link = java.util.regex.Pattern.compile("\\]\\(([^)#:]+)\\)").matcher(readme);
        int links = 0;
        while (link.find()) {
            assertTrue(Files.exists(ROOT.resolve(link.group(1))), link.group(1));
            links++;
        }
        assertTrue(links > 0);
    }
}

package io.chapar.bench.recording;

import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

import javax.xml.parsers.DocumentBuilderFactory;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

final class FilmTest {
    private static List<String> texts(List<Screen.Line> lines) {
        return lines.stream().map(Screen.Line::text).toList();
    }

    @Test
    void whatWasPassingIsGoneAndColoursAreNoText() {
        Screen screen = new Screen(20);
        screen.take("working on it\r", 1);
        screen.take("             \r\u001b[1;32mdo", 2);
        screen.take("ne\u001b[0", 3);
        screen.take("m\r\n\nsecond\n", 4);
        screen.take("never ended", 5);
        assertEquals(List.of("done", "", "second"), texts(screen.lines()));
        assertEquals(4, screen.lines().getFirst().atMs());
    }

    @Test
    void longLinesAreBrokenWhereTheTerminalEnds() {
        Screen screen = new Screen(4);
        screen.take("abcd\r\nabcdef\r\n", 0);
        assertEquals(List.of("abcd", "abcd", "ef"), texts(screen.lines()));
    }

    private static double percent(String svg, String line) {
        Matcher found = Pattern.compile("@keyframes " + line + " \\{ 0% \\{ opacity: 0; } ([0-9.]+)%").matcher(svg);
        assertTrue(found.find(), line);
        return Double.parseDouble(found.group(1));
    }

    @Test
    void linesComeInTheirOrderAndTheEndIsWhatIsSeenWithoutMoving() throws Exception {
        Film film = new Film(80);
        film.command("first <one>", IntStream.range(0, 40).mapToObj(i -> new Screen.Line("line " + i, i)).toList());
        film.command("second", List.of(new Screen.Line("soon", 1), new Screen.Line("a minute later", 60_000)));
        String svg = film.svg("It & more");
        Document parsed = DocumentBuilderFactory.newDefaultInstance().newDocumentBuilder()
                .parse(new ByteArrayInputStream(svg.getBytes(StandardCharsets.UTF_8)));
        NodeList texts = parsed.getElementsByTagName("text");
        assertEquals("$ first <one>", texts.item(0).getTextContent());
        assertEquals("a minute later", texts.item(texts.getLength() - 1).getTextContent());
        assertEquals(1 + 40 + 1 + 2, texts.getLength());
        assertTrue(percent(svg, "l0") < percent(svg, "l1"));
        assertTrue(percent(svg, "l43") < percent(svg, "l44"));
        assertTrue(percent(svg, "l44") < 100, "it is there for a while");
        Element all = (Element) parsed.getElementsByTagName("g").item(1);
        assertEquals("translate(0 -" + (46 - 30) * 18 + ")", all.getAttribute("transform"));
    }
}

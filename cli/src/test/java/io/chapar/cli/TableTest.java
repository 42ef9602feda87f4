package io.chapar.cli;

import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.util.List;

import static org.junit.jupiter.api.Assertions.assertEquals;

final class TableTest {
    private static String print(Table table, OutputFormat format) {
        StringWriter text = new StringWriter();
        PrintWriter out = new PrintWriter(text);
        table.print(format, out);
        out.flush();
        return text.toString();
    }

    @Test
    void columnsLineUpAndNumbersStandRight() {
        Table table = new Table("name", "endOffset", "replicas").row("a", 5, List.of(1, 2))
                .row("longer", 1234, List.of());
        assertEquals("""
                NAME    END OFFSET  REPLICAS
                a                5  1,2
                longer        1234  -
                """, print(table, OutputFormat.table));
    }

    private static final Table TWO = new Table("name", "endOffset", "replicas")
            .row("a", 5, List.of(1, 2)).row("b, \"c\"", null, List.of());

    @Test
    void forProgramsAndShells() {
        assertEquals("name,endOffset,replicas\r\na,5,1 2\r\n\"b, \"\"c\"\"\",,\r\n", print(TWO, OutputFormat.csv));
        assertEquals("a\nb, \"c\"\n", print(TWO, OutputFormat.name));
        assertEquals("""
                - name: "a"
                  endOffset: 5
                  replicas:
                    - 1
                    - 2
                - name: "b, \\"c\\""
                  endOffset: null
                  replicas: []
                """, print(TWO, OutputFormat.yaml));
    }

    @Test
    void aNarrowTerminalCutsTextAndNoNumbers() {
        Table table = new Table("topic", "endOffset", "client").row("a-topic-of-a-long-name", 123_456_789_012L, "abc")
                .row("short", 1, "a-client-of-a-long-name-too");
        StringWriter text = new StringWriter();
        PrintWriter out = new PrintWriter(text);
        table.printText(out, 40);
        assertEquals("""
                TOPIC           END OFFSET  CLIENT
                a-topic-of-\u2026  123456789012  abc
                short                    1  a-client-of\u2026
                """, text.toString());
        StringWriter least = new StringWriter();
        table.printText(new PrintWriter(least, true), 20);
        assertEquals("a-top\u2026  123456789012  abc", least.toString().lines().toList().get(1));
    }

    @Test
    void manyRowsTakeNoTime() {
        Table table = new Table("partition", "leader", "start", "end");
        for (int i = 0; i < 100_000; i++) {
            table.row(i, 1, 0L, 0L);
        }
        String text = Assertions.assertTimeoutPreemptively(
                Duration.ofSeconds(30), () -> print(table, OutputFormat.table));
        assertEquals(100_001, text.lines().count());
    }

    @Test
    void whatClientsChoseDoesNotReachTheTerminalAsACommand() {
        Table table = new Table("id").row("a\u001b[2J\nb").row("c\td");
        assertEquals("ID\na?[2J?b\nc?d\n", print(table, OutputFormat.table));
    }

    @Test
    void jsonKeepsTypes() {
        Table table = new Table("name", "endOffset", "leader").row("a\"b", 5L, null);
        assertEquals("[{\"name\":\"a\\\"b\",\"endOffset\":5,\"leader\":null}]\n", print(table, OutputFormat.json));
    }
}

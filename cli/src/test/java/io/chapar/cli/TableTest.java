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

package io.chapar.cli;

import org.jspecify.annotations.Nullable;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// Rows under named columns. Columns are named in camel case, as JSON keys; the printed heading of `logEndOffset` is
/// `LOG END OFFSET`. Numbers are aligned right.
final class Table {
    private static final int GAP = 2;
    private static final int NARROWEST = 6;
    private static final char CUT = '\u2026';

    private final List<String> columns;
    private final List<List<Object>> rows = new ArrayList<>();

    Table(String... columns) {
        this.columns = List.of(columns);
    }

    Table row(@Nullable Object... cells) {
        if (cells.length != columns.size()) {
            throw new IllegalArgumentException(cells.length + " cells for " + columns.size() + " columns");
        }
        List<Object> row = new ArrayList<>(cells.length);
        java.util.Collections.addAll(row, cells);
        rows.add(row);
        return this;
    }

    boolean isEmpty() {
        return rows.isEmpty();
    }

    /// The rows as JSON objects.
    List<Map<String, Object>> objects() {
        List<Map<String, Object>> objects = new ArrayList<>(rows.size());
        for (List<Object> row : rows) {
            Map<String, Object> object = new LinkedHashMap<>();
            for (int i = 0; i < row.size(); i++) {
                object.put(columns.get(i), row.get(i));
            }
            objects.add(object);
        }
        return objects;
    }

    void print(OutputFormat format, PrintWriter out) {
        switch (format) {
            case table -> printText(out);
            case wide -> printText(out, Integer.MAX_VALUE);
            case json, yaml -> format.print(objects(), out);
            case name -> rows.forEach(row -> out.println(cell(row.getFirst())));
            case csv -> printCsv(out);
        }
    }

    private void printCsv(PrintWriter out) {
        out.print(String.join(",", columns) + "\r\n");
        for (List<Object> row : rows) {
            out.print(String.join(",", row.stream().map(Table::csv).toList()) + "\r\n");
        }
    }

    /// Quoted where the text could be taken for something else. What begins as a formula does is left as it is: it is
    /// data, and not everything that reads CSV is a spreadsheet.
    private static String csv(@Nullable Object value) {
        String text = switch (value) {
            case null -> "";
            case List<?> list -> String.join(" ", list.stream().map(String::valueOf).toList());
            default -> value.toString();
        };
        return text.matches("[^\",\r\n]*") ? text : '"' + text.replace("\"", "\"\"") + '"';
    }

    /// As wide as the terminal has room.
    void printText(PrintWriter out) {
        printText(out, Terminal.columns());
    }

    void printText(PrintWriter out, int room) {
        int[] widths = new int[columns.size()];
        boolean[] right = new boolean[widths.length];
        for (int i = 0; i < widths.length; i++) {
            right[i] = isNumeric(i);
            widths[i] = heading(i).length();
            for (List<Object> row : rows) {
                widths[i] = Math.max(widths[i], cell(row.get(i)).length());
            }
        }
        narrow(widths, right, room);
        StringBuilder line = new StringBuilder();
        for (int i = 0; i < widths.length; i++) {
            append(line, heading(i), widths[i], right[i]);
        }
        out.println(line.toString().stripTrailing());
        for (List<Object> row : rows) {
            line.setLength(0);
            for (int i = 0; i < widths.length; i++) {
                append(line, cell(row.get(i)), widths[i], right[i]);
            }
            out.println(line.toString().stripTrailing());
        }
    }

    /// Takes from the widest column of text until there is room, or nothing left that could be read. Numbers stay
    /// whole: half of one is another one.
    private static void narrow(int[] widths, boolean[] right, int room) {
        long excess = -GAP;
        for (int width : widths) {
            excess += width + GAP;
        }
        excess -= room;
        while (excess > 0) {
            int widest = -1;
            for (int i = 0; i < widths.length; i++) {
                boolean wider = widest < 0 || widths[i] > widths[widest];
                if (!right[i] && widths[i] > NARROWEST && wider) {
                    widest = i;
                }
            }
            if (widest < 0) {
                return;
            }
            widths[widest]--;
            excess--;
        }
    }

    private boolean isNumeric(int column) {
        return !rows.isEmpty() && rows.stream().map(row -> row.get(column))
            .allMatch(value -> value == null || value instanceof Number);
    }

    private static void append(StringBuilder line, String text, int width, boolean right) {
        String shown = text.length() <= width ? text : text.substring(0, width - 1) + CUT;
        String padding = " ".repeat(width - shown.length());
        line.append(right ? padding + shown : shown + padding).append(" ".repeat(GAP));
    }

    private String heading(int column) {
        return columns.get(column).replaceAll("([A-Z])", " $1").toUpperCase(Locale.ROOT);
    }

    private static String cell(@Nullable Object value) {
        return switch (value) {
            case null -> "-";
            case List<?> list -> list.isEmpty() ? "-"
                : Words.shown(String.join(",", list.stream().map(String::valueOf).toList()));
            default -> Words.shown(value.toString());
        };
    }
}

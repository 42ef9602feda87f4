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
            case json -> Json.println(objects(), out);
        }
    }

    void printText(PrintWriter out) {
        int[] widths = new int[columns.size()];
        for (int i = 0; i < widths.length; i++) {
            widths[i] = heading(i).length();
            for (List<Object> row : rows) {
                widths[i] = Math.max(widths[i], cell(row.get(i)).length());
            }
        }
        boolean[] right = new boolean[widths.length];
        StringBuilder line = new StringBuilder();
        for (int i = 0; i < widths.length; i++) {
            right[i] = isNumeric(i);
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

    private boolean isNumeric(int column) {
        return !rows.isEmpty() && rows.stream().map(row -> row.get(column))
            .allMatch(value -> value == null || value instanceof Number);
    }

    private static void append(StringBuilder line, String text, int width, boolean right) {
        String padding = " ".repeat(width - text.length());
        line.append(right ? padding + text : text + padding).append("  ");
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

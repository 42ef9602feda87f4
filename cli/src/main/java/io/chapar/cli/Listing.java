package io.chapar.cli;

import org.jspecify.annotations.Nullable;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;

/// What a command that lists has to say: rows, for people lines and tables around them, and for programs either the
/// rows alone or all of it. This is the one place that knows which format prints what of it.
final class Listing {
    private sealed interface Part {
        record Line(String text) implements Part {
        }

        record Rows(Table table) implements Part {
        }
    }

    private final Table rows;
    private final List<Part> parts = new ArrayList<>();
    private @Nullable Object whole;

    /// @param rows what `-o name` and `-o csv` print, and `-o json` and `yaml` where no [#whole] is given
    Listing(Table rows) {
        this.rows = rows;
    }

    /// For people, in the order in which lines and tables are added; nothing added prints the rows.
    Listing line(String text) {
        parts.add(new Part.Line(text));
        return this;
    }

    Listing lines(Iterable<String> texts) {
        texts.forEach(this::line);
        return this;
    }

    Listing table(Table table) {
        parts.add(new Part.Rows(table));
        return this;
    }

    /// A blank line and the table, where it has rows.
    Listing tableIfAny(Table table) {
        return table.isEmpty() ? this : line("").table(table);
    }

    /// For programs.
    Listing whole(Object all) {
        whole = all;
        return this;
    }

    void print(OutputFormat format, PrintWriter out) {
        switch (format) {
            case table, wide -> printText(format, out);
            case json, yaml -> format.print(whole == null ? rows.objects() : whole, out);
            case name, csv -> rows.print(format, out);
        }
    }

    private void printText(OutputFormat format, PrintWriter out) {
        if (parts.isEmpty()) {
            rows.print(format, out);
        }
        for (Part part : parts) {
            switch (part) {
                case Part.Line(String text) -> out.println(text);
                case Part.Rows(Table table) -> table.print(format, out);
            }
        }
    }
}

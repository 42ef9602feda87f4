package io.chapar.cli;

import java.io.PrintWriter;

/// What `-o` accepts; lower case because picocli prints the names as they are. A [Listing] knows what each prints of
/// a list; where an answer is no list, `wide`, `name` and `csv` are as `table`.
enum OutputFormat {
    /// Cut to the width of the terminal.
    table,
    /// The same, however wide.
    wide,
    json,
    yaml,
    /// The first column alone, without a heading: for a shell's loop.
    name,
    /// As RFC 4180 has it, with a heading.
    csv;

    boolean structured() {
        return this == json || this == yaml;
    }

    void print(Object value, PrintWriter out) {
        if (this == yaml) {
            Yaml.print(value, out);
        } else {
            Json.println(value, out);
        }
    }
}

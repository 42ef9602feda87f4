package io.chapar.cli;

/// What `-o` accepts; lower case because picocli prints the names as they are.
enum OutputFormat {
    table,
    json
}

package io.chapar.codegen;

/// Java source under construction: lines with indentation.
final class JavaText {
    private final StringBuilder text = new StringBuilder();
    private int depth;

    JavaText line(String line) {
        if (line.startsWith("}")) {
            depth--;
        }
        if (!line.isEmpty()) {
            text.append("    ".repeat(depth)).append(line);
        }
        text.append('\n');
        if (line.endsWith("{")) {
            depth++;
        }
        return this;
    }

    /// A line that continues the one before it.
    JavaText continued(String line) {
        text.append("    ".repeat(depth + 2)).append(line).append('\n');
        return this;
    }

    JavaText blank() {
        text.append('\n');
        return this;
    }

    @Override
    public String toString() {
        return text.toString();
    }
}

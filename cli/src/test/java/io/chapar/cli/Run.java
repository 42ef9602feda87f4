package io.chapar.cli;

import picocli.CommandLine;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;

/// One command, run in this process, with what it said and how it ended.
record Run(int exitCode, String out, String err) {
    static Run of(String... line) {
        return withInput("", line);
    }

    static Run withInput(String input, String... line) {
        ByteArrayOutputStream raw = new ByteArrayOutputStream();
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        CommandLine commands = Chapar.commandLine(line);
        Chapar chapar = commands.getCommand();
        chapar.stdin = new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8));
        chapar.stdout = raw;
        commands.setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true));
        int exitCode = commands.execute(line);
        return new Run(exitCode, out + raw.toString(StandardCharsets.UTF_8), err.toString());
    }
}

package io.chapar.cli;

import picocli.CommandLine;

import java.io.ByteArrayInputStream;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.Writer;
import java.util.ArrayList;
import java.util.List;

/// The commands that talk to a broker, each once, and a few mistakes: for a process that is watched, see [Warmup].
final class WarmCommands {
    private WarmCommands() {
    }

    public static void main(String[] args) {
        String at = "--bootstrap=" + args[0];
        run("", "-V");
        run("");
        run("", "topic", "--help");
        run("", "cheat");
        run("", "topic", "no-such-verb");
        run("", "topic", "create", "t", at);
        run("a\t1\nb\t2\n", "produce", "t", "--keyed", at);
        run("c\n", "produce", "t", "--transactional-id", "w", "-o", "json", at);
        run("", "consume", "t", "--exit-at-end", at);
        run("", "consume", "t", "--exit-at-end", "--group", "g", "-o", "json", at);
        for (String line : List.of("topic list", "topic list -o json", "status", "topic offsets t", "topic size",
                "topic describe t", "group list", "group describe g", "txn list",
                "txn describe w", "log level list", "txn why t/0", "txn find-hanging", "dlq list", "config describe t",
                "cluster describe", "cluster status", "cluster brokers", "topic delete t", "topic describe t")) {
            List<String> words = new ArrayList<>(List.of(line.split(" ", -1)));
            words.add(at);
            run("", words.toArray(String[]::new));
        }
    }

    static void run(String input, String... line) {
        CommandLine commands = Chapar.commandLine(line);
        Chapar chapar = commands.getCommand();
        chapar.stdin = new ByteArrayInputStream(Utf8.bytes(input));
        chapar.stdout = OutputStream.nullOutputStream();
        PrintWriter nowhere = new PrintWriter(Writer.nullWriter());
        commands.setOut(nowhere).setErr(nowhere).execute(line);
    }
}

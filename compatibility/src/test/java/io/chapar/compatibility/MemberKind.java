package io.chapar.compatibility;

import io.chapar.testing.StartedProcess;
import org.junit.jupiter.api.Assumptions;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/// Clients that can be members of a group, each in a process of its own that says what becomes of it.
enum MemberKind {
    KAFKA_CLIENTS_CLASSIC {
        @Override
        StartedProcess start(Path folder, List<String> where) {
            return java(folder, where, "group.protocol=classic", "session.timeout.ms=10000",
                    "heartbeat.interval.ms=500");
        }
    },
    KAFKA_CLIENTS_CONSUMER {
        @Override
        StartedProcess start(Path folder, List<String> where) {
            return java(folder, where, "group.protocol=consumer");
        }
    },
    LIBRDKAFKA_CLASSIC {
        @Override
        StartedProcess start(Path folder, List<String> where) throws IOException {
            return python(folder, Map.of(), where, "session.timeout.ms=10000", "heartbeat.interval.ms=500");
        }
    },
    LIBRDKAFKA_COOPERATIVE {
        @Override
        StartedProcess start(Path folder, List<String> where) throws IOException {
            return python(folder, Map.of(), where, "session.timeout.ms=10000", "heartbeat.interval.ms=500",
                    "partition.assignment.strategy=cooperative-sticky");
        }
    },
    LIBRDKAFKA_CONSUMER {
        @Override
        StartedProcess start(Path folder, List<String> where) throws IOException, InterruptedException {
            return python(folder, Map.of("LD_LIBRARY_PATH", RecentLibrdkafka.folder().toString()), where,
                    "group.protocol=consumer");
        }
    },
    KAFKAJS {
        @Override
        StartedProcess start(Path folder, List<String> where) throws IOException, InterruptedException {
            Path script = script(folder, "group-member.js");
            if (!Files.exists(folder.resolve("node_modules"))) {
                Npm.install(folder, Npm.KAFKAJS);
            }
            return StartedProcess.start(folder, words(List.of("node", script.toString()), where));
        }
    },
    /// It says what it reads alone, and commits every few seconds.
    KCAT {
        @Override
        StartedProcess start(Path folder, List<String> where) {
            boolean installed = Arrays.stream(System.getenv("PATH").split(":"))
                    .anyMatch(each -> Files.isExecutable(Path.of(each, "kcat")));
            Assumptions.assumeTrue(installed || "true".equals(System.getenv("CI")), "kcat is not installed");
            return StartedProcess.start(folder, List.of("kcat", "-b", where.get(0), "-G", where.get(2), "-q", "-u",
                    "-f", "0 read %p %o %o\\n", "-X", "auto.offset.reset=earliest", "-X", "session.timeout.ms=10000",
                    "-X", "auto.commit.interval.ms=500", where.get(1)));
        }
    };

    /// @param where bootstrap servers, topic, group
    abstract StartedProcess start(Path folder, List<String> where) throws IOException, InterruptedException;

    private static StartedProcess java(Path folder, List<String> where, String... settings) {
        return StartedProcess.startJava(
                folder, "64m", GroupMember.class.getName(), words(where, Arrays.asList(settings)));
    }

    private static StartedProcess python(
            Path folder, Map<String, String> environment, List<String> where, String... settings)
            throws IOException {
        Librdkafka.assumeInstalled();
        List<String> command = List.of(Librdkafka.PYTHON, script(folder, "group-member.py").toString());
        return StartedProcess.start(folder, environment, words(words(command, where), Arrays.asList(settings)));
    }

    private static Path script(Path folder, String name) throws IOException {
        Path file = folder.resolve(name);
        try (InputStream script = MemberKind.class.getResourceAsStream("/" + name)) {
            Files.write(file, script.readAllBytes());
        }
        return file;
    }

    private static List<String> words(List<String> first, List<String> then) {
        List<String> all = new ArrayList<>(first);
        all.addAll(then);
        return all;
    }
}

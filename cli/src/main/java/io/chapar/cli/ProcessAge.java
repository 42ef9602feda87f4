package io.chapar.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;

/// How long this process has run. The start that Java reports can be a second off on Linux, where it is derived from a
/// boot time in whole seconds; there the kernel's own two numbers are compared.
final class ProcessAge {
    private static final int START_FIELD_AFTER_NAME = 19;
    private static final int MS_PER_TICK = 10;

    private ProcessAge() {
    }

    static long ms() {
        try {
            String stat = Files.readString(Path.of("/proc/self/stat"));
            // The name, in parentheses, may contain anything.
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
            long startedMs = Long.parseLong(fields[START_FIELD_AFTER_NAME]) * MS_PER_TICK;
            String uptime = Files.readString(Path.of("/proc/uptime"));
            long nowMs = Math.round(Double.parseDouble(uptime.substring(0, uptime.indexOf(' '))) * 1_000);
            return Math.max(0, nowMs - startedMs);
        } catch (IOException | RuntimeException notLinux) {
            Instant now = Instant.now();
            Instant begun = ProcessHandle.current().info().startInstant().orElse(now);
            return Math.max(0, Duration.between(begun, now).toMillis());
        }
    }
}

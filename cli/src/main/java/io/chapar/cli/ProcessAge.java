package io.chapar.cli;

import io.chapar.cli.process.ProcessStat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;

/// How long this process has run. The start that Java reports can be a second off on Linux, where it is derived from a
/// boot time in whole seconds; there the kernel's own two numbers are compared.
final class ProcessAge {
    private ProcessAge() {
    }

    static long ms() {
        try {
            ProcessStat self = ProcessStat.of(ProcessHandle.current().pid());
            if (self == null) {
                return msByJava();
            }
            long startedMs = self.startedTicks() * ProcessStat.MS_PER_TICK;
            String uptime = Files.readString(Path.of("/proc/uptime"));
            long nowMs = Math.round(Double.parseDouble(uptime.substring(0, uptime.indexOf(' '))) * 1_000);
            return Math.max(0, nowMs - startedMs);
        } catch (IOException | RuntimeException notLinux) {
            return msByJava();
        }
    }

    private static long msByJava() {
        Instant now = Instant.now();
        Instant begun = ProcessHandle.current().info().startInstant().orElse(now);
        return Math.max(0, Duration.between(begun, now).toMillis());
    }
}

package io.chapar.cli.process;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/// A process, told from every other that has its number one day. It may be kept in a file: whatever has become of the
/// number meanwhile, [#signal] strikes this process or none.
///
/// @param life what no two processes of one number share: on Linux the boot and the tick of the start, elsewhere the
///     time of the start as the system has it
public record ProcessIdentity(long pid, String life) {
    private static final Path BOOT = Path.of("/proc/sys/kernel/random/boot_id");
    private static final long LOOK_AGAIN_MS = 10;
    private static final long SIGNAL_SECONDS = 5;

    /// What can be told of it.
    public enum State {
        RUNNING,
        /// By SIGSTOP: it is there and does nothing.
        STOPPED,
        GONE
    }

    /// Signals that can be sent, by their names.
    public enum Signal {
        TERM, KILL, STOP, CONT
    }

    /// Null when there is no process of this number.
    public static @Nullable ProcessIdentity of(long pid) {
        ProcessStat stat = ProcessStat.of(pid);
        if (stat != null) {
            return stat.isEnded() ? null : new ProcessIdentity(pid, boot() + '/' + stat.startedTicks());
        }
        Optional<Instant> started = ProcessHandle.of(pid).flatMap(process -> process.info().startInstant());
        return started.map(at -> new ProcessIdentity(pid, Long.toString(at.toEpochMilli()))).orElse(null);
    }

    /// One that has ended before it could be told from others.
    public static ProcessIdentity ended(long pid) {
        return new ProcessIdentity(pid, "ended");
    }

    private static String boot() {
        try {
            return Files.readString(BOOT).strip();
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot tell one run of this machine from another (" + BOOT + ")", e);
        }
    }

    public State state() {
        if (!equals(of(pid))) {
            return State.GONE;
        }
        ProcessStat stat = ProcessStat.of(pid);
        return stat != null && stat.isStopped() ? State.STOPPED : State.RUNNING;
    }

    public boolean isGone() {
        return state() == State.GONE;
    }

    /// Returns whether it was there to get it.
    public boolean signal(Signal signal) {
        // The handle knows the start as well, and signals no successor of the number.
        Optional<ProcessHandle> handle = ProcessHandle.of(pid);
        if (handle.isEmpty() || isGone()) {
            return false;
        }
        return switch (signal) {
            case TERM -> handle.get().destroy();
            case KILL -> handle.get().destroyForcibly();
            case STOP, CONT -> send(signal);
        };
    }

    private boolean send(Signal signal) {
        try {
            Process kill = new ProcessBuilder("kill", "-" + signal.name().toUpperCase(Locale.ROOT), Long.toString(pid))
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD).redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            return kill.waitFor(SIGNAL_SECONDS, TimeUnit.SECONDS) && kill.exitValue() == 0;
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot run 'kill'", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /// Whether it ended within the time.
    public boolean awaitEnd(Duration limit) throws InterruptedException {
        long deadline = System.nanoTime() + limit.toNanos();
        while (!isGone()) {
            if (System.nanoTime() - deadline >= 0) {
                return false;
            }
            Thread.sleep(LOOK_AGAIN_MS);
        }
        return true;
    }
}

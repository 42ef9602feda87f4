package io.chapar.testing;

import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/// A PostgreSQL server of a test's own, from Debian's package `postgresql`: on a Unix socket in a folder of its own, as
/// a user without rights. Without fsync, since nobody pulls the plug here.
public final class PostgresServer implements AutoCloseable {
    /// For those who skip a test for want of it.
    public static final String MISSING = "PostgreSQL is not installed here: apt-get install postgresql";
    private static final Path INSTALLED = Path.of("/usr/lib/postgresql");
    private static final String SOCKET = ".s.PGSQL.5432";
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final Path binaries;
    private final Path folder;
    private @Nullable StartedProcess process;

    private PostgresServer(Path binaries, Path folder) {
        this.binaries = binaries;
        this.folder = folder;
    }

    public static boolean isInstalled() {
        return binaries() != null;
    }

    /// The newest version.
    private static @Nullable Path binaries() {
        if (!Files.isDirectory(INSTALLED)) {
            return null;
        }
        try (Stream<Path> versions = Files.list(INSTALLED)) {
            return versions.map(version -> version.resolve("bin"))
                    .filter(folder -> Files.isExecutable(folder.resolve("postgres")))
                    .max(Comparator.comparing(Path::toString)).orElse(null);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Made anew, and ready for connections. The path of a socket may not be long, so the folder is in `/tmp`.
    public static PostgresServer start() {
        Path found = binaries();
        if (found == null) {
            throw new IllegalStateException(MISSING);
        }
        try {
            PostgresServer server = new PostgresServer(found, Files.createTempDirectory(Path.of("/tmp"), "chapar-pg"));
            server.run("chown", List.of(user(), server.folder.toString()));
            server.run("initdb", server.as(List.of(found.resolve("initdb").toString(), "-D",
                    server.data().toString(), "-U", "chapar", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")));
            server.restart();
            return server;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// The one that the package makes; this process's own when it has no right to choose.
    private static String user() {
        return isRoot() ? "postgres" : System.getProperty("user.name");
    }

    private static boolean isRoot() {
        return "root".equals(System.getProperty("user.name"));
    }

    private List<String> as(List<String> command) {
        List<String> line = new ArrayList<>();
        if (isRoot()) {
            line.addAll(List.of("setpriv", "--reuid=" + user(), "--regid=" + user(), "--clear-groups"));
        }
        line.addAll(command);
        return line;
    }

    private void run(String what, List<String> line) {
        List<String> command = new ArrayList<>(line);
        if (what.equals("chown")) {
            command.addFirst("chown");
        }
        try {
            Process started = new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true).start();
            String said = new String(started.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (!started.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS) || started.exitValue() != 0) {
                throw new IllegalStateException(what + " failed: " + said);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private Path data() {
        return folder.resolve("data");
    }

    /// Where it listens.
    public Path socket() {
        return folder.resolve(SOCKET);
    }

    /// Its processes go with the first of them, which a start after a kill may have to wait for.
    public void restart() {
        Awaitility.await().atMost(PATIENCE).pollDelay(Duration.ZERO).pollInterval(Duration.ofMillis(20))
                .until(this::hasStarted);
    }

    private boolean hasStarted() {
        if (process == null || !process.isAlive()) {
            process = StartedProcess.start(folder, as(List.of(binaries.resolve("postgres").toString(), "-D",
                    data().toString(), "-k", folder.toString(), "-h", "", "-c", "fsync=off", "-c",
                    "max_connections=40", "-c", "shared_buffers=16MB")));
        }
        return process.errors().contains("database system is ready to accept connections");
    }

    /// SIGKILL.
    public void kill() {
        if (process != null) {
            process.close();
        }
    }

    @Override
    public void close() {
        if (process != null) {
            if (process.isAlive()) {
                run("pg_ctl", as(List.of(binaries.resolve("pg_ctl").toString(), "stop", "-m", "fast", "-D",
                        data().toString())));
            }
            process.close();
        }
        try (Stream<Path> all = Files.walk(folder)) {
            all.sorted(Comparator.reverseOrder()).map(Path::toFile).forEach(file -> {
                if (!file.delete()) {
                    file.deleteOnExit();
                }
            });
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

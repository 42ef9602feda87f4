package io.chapar.cli.demo;

import io.chapar.cli.process.JavaCommand;
import org.jspecify.annotations.Nullable;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;

import static java.util.Objects.requireNonNull;

/// Starts the demo's processes and ends all of them at the latest when it is closed.
final class Processes implements AutoCloseable {
    private static final long READY_SECONDS = 60;

    private final Path folder;
    private final List<Child> children = new CopyOnWriteArrayList<>();
    private volatile boolean closed;
    private String listen = "127.0.0.1:0";
    /// Null until it is started for the first time.
    private @Nullable Child broker;

    Processes(Path folder) {
        this.folder = folder;
    }

    /// Starts the broker, the first time on a free port, from then on where it was; returns when it is ready.
    String startBroker() throws InterruptedException {
        CompletableFuture<String> ready = new CompletableFuture<>();
        broker = start("broker", List.of("-XX:TieredStopAtLevel=1", "-Xms32m", "-Xmx256m"), JavaCommand.CHAPAR,
                List.of("broker", "--listen", listen, "--data", folder.resolve("data").toString(),
                        // Killed members are missed after a second, so that their successors need not wait for long.
                        "--set", "group.min.session.timeout.ms=500", "--set", "group.initial.rebalance.delay.ms=0"),
                line -> {
                    if (line.startsWith("chapar ready")) {
                        ready.complete(line);
                    }
                });
        Child started = broker;
        started.onExit(() -> ready.completeExceptionally(new IllegalStateException(started.lastWords())));
        try {
            listen = address(ready.get(READY_SECONDS, TimeUnit.SECONDS));
            return listen;
        } catch (ExecutionException e) {
            throw new DemoFailure("The broker did not start: "
                    + requireNonNull(e.getCause(), "why it ended").getMessage(), e);
        } catch (TimeoutException e) {
            throw new DemoFailure("The broker was not ready after " + READY_SECONDS + " s.", e);
        }
    }

    /// The first word of the form `host:port`.
    private static String address(String readyLine) {
        for (String word : readyLine.split("[\\s,]+")) {
            if (word.matches("\\S+:\\d+")) {
                return word;
            }
        }
        throw new DemoFailure("The broker named no address: " + readyLine);
    }

    void killBroker() {
        broker().kill();
    }

    Child broker() {
        return requireNonNull(broker, "the broker was started");
    }

    String brokerAddress() {
        return listen;
    }

    Child start(String name, List<String> jvmFlags, String mainClass, List<String> arguments, Consumer<String> lines) {
        List<String> flags = JavaCommand.flags(mainClass.equals(JavaCommand.CHAPAR), jvmFlags);
        Child child = Child.start(name, folder, flags, mainClass, arguments, lines);
        children.add(child);
        if (closed) {
            child.close();
            throw new DemoFailure("The demo is ending.");
        }
        return child;
    }

    /// Ends every process that is still there, with SIGKILL. Callable from any thread, more than once.
    @Override
    public void close() {
        closed = true;
        children.forEach(Child::close);
    }
}

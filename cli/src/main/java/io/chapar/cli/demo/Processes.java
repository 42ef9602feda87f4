package io.chapar.cli.demo;

import io.chapar.cli.process.JavaCommand;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/// Starts the demo's processes and ends all of them at the latest when it is closed.
final class Processes implements AutoCloseable {

    private final Path folder;
    private final List<Child> children = new CopyOnWriteArrayList<>();
    private volatile boolean closed;

    Processes(Path folder) {
        this.folder = folder;
    }

    Child start(String name, List<String> jvmFlags, String mainClass, List<String> arguments, Consumer<String> lines) {
        List<String> flags = JavaCommand.flags(
                mainClass.equals(JavaCommand.CHAPAR) ? JavaCommand.Kind.BROKER : JavaCommand.Kind.COMMAND, jvmFlags);
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

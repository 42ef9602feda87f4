package io.chapar.cli.demo;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.Arrays;
import java.util.Optional;

/// Runs another main class, and ends with the process that started it, even if that one was killed:
/// `Tethered PID MAIN-CLASS ARGUMENT...`.
final class Tethered {
    private static final int ORPHANED = 3;

    private Tethered() {
    }

    public static void main(String[] args) throws Throwable {
        Optional<ProcessHandle> parent = ProcessHandle.of(Long.parseLong(args[0]));
        if (parent.isEmpty()) {
            Runtime.getRuntime().halt(ORPHANED);
        }
        var _ = parent.get().onExit().thenRun(() -> Runtime.getRuntime().halt(ORPHANED));
        Class<?> main = Class.forName(args[1]);
        MethodHandles.lookup().findStatic(main, "main", MethodType.methodType(void.class, String[].class))
                .invoke(Arrays.copyOfRange(args, 2, args.length));
    }
}

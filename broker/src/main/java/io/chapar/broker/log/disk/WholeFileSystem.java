package io.chapar.broker.log.disk;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;

/// `syncfs(2)`: everything that was written to a file system, in one call. Where tens of thousands of small files are
/// to be synced this takes a second, and one call for each of them takes half a minute.
final class WholeFileSystem {
    private static final int READ_ONLY = 0;

    private WholeFileSystem() {}

    /// @return false when the system has no such call, or it failed: then nothing is known to be synced
    @SuppressWarnings("restricted")
    static boolean sync(Path folder) {
        if (!System.getProperty("os.name", "").equals("Linux")) {
            return false;
        }
        try (Arena arena = Arena.ofConfined()) {
            Linker linker = Linker.nativeLinker();
            SymbolLookup symbols = linker.defaultLookup();
            FunctionDescriptor ofInt = FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT);
            MethodHandle open = linker.downcallHandle(
                    symbols.find("open").orElseThrow(),
                    FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT));
            MethodHandle syncfs = linker.downcallHandle(symbols.find("syncfs").orElseThrow(), ofInt);
            MethodHandle close = linker.downcallHandle(symbols.find("close").orElseThrow(), ofInt);
            MemorySegment path = arena.allocateFrom(folder.toAbsolutePath().toString());
            int descriptor = (int) open.invokeExact(path, READ_ONLY);
            if (descriptor < 0) {
                return false;
            }
            boolean synced = (int) syncfs.invokeExact(descriptor) == 0;
            int closed = (int) close.invokeExact(descriptor);
            return synced && closed == 0;
        } catch (Throwable unavailable) {
            // No native access, or no such symbol: the caller has another way.
            return false;
        }
    }
}

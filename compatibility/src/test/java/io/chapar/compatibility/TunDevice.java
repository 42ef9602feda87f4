package io.chapar.compatibility;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/// A network interface of Linux of which this process is the cable: the packets that the kernel sends through it are
/// read here, and what is written here arrives there. It is made where this process is; when it has been moved to
/// another network namespace the cable stays in this hand.
final class TunDevice implements AutoCloseable {
    static final int MTU = 9_000;
    private static final String CLONE = "/dev/net/tun";
    private static final int O_RDWR = 2;
    private static final long TUNSETIFF = 0x400454caL;
    private static final short IFF_TUN = 1;
    private static final short IFF_NO_PI = 0x1000;
    private static final int IFREQ_BYTES = 40;
    private static final int IFREQ_FLAGS = 16;

    private static final Linker LINKER = Linker.nativeLinker();
    private static final MethodHandle OPEN = find("open", FunctionDescriptor.of(
            ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT), Linker.Option.firstVariadicArg(2));
    private static final MethodHandle IOCTL = find("ioctl", FunctionDescriptor.of(ValueLayout.JAVA_INT,
            ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG, ValueLayout.ADDRESS), Linker.Option.firstVariadicArg(2));
    private static final MethodHandle READ = find("read", FunctionDescriptor.of(ValueLayout.JAVA_LONG,
            ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_LONG));
    private static final MethodHandle WRITE = find("write", FunctionDescriptor.of(ValueLayout.JAVA_LONG,
            ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_LONG));
    private static final MethodHandle CLOSE = find("close", FunctionDescriptor.of(
            ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));

    private final String name;
    private final int file;

    private TunDevice(String name, int file) {
        this.name = name;
        this.file = file;
    }

    @SuppressWarnings("restricted") // the tests' Java machine allows native access
    private static MethodHandle find(String function, FunctionDescriptor types, Linker.Option... options) {
        return LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow(function), types, options);
    }

    /// @param name of at most 15 characters, which no interface here has
    static TunDevice make(String name) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            int file = (int) OPEN.invokeExact(arena.allocateFrom(CLONE), O_RDWR);
            if (file < 0) {
                throw new IOException(CLONE + " cannot be opened");
            }
            MemorySegment request = arena.allocate(IFREQ_BYTES);
            request.setString(0, name);
            request.set(ValueLayout.JAVA_SHORT, IFREQ_FLAGS, (short) (IFF_TUN | IFF_NO_PI));
            TunDevice made = new TunDevice(name, file);
            if ((int) IOCTL.invokeExact(file, TUNSETIFF, request) < 0) {
                made.close();
                throw new IOException("the interface " + name + " cannot be made");
            }
            return made;
        } catch (IOException | RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    String name() {
        return name;
    }

    /// The next packet that the kernel sends, awaited; its length, or a negative number when the interface is gone.
    int read(MemorySegment to) {
        try {
            return (int) (long) READ.invokeExact(file, to, to.byteSize());
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    /// The packet arrives, unless the interface is down or gone.
    void write(MemorySegment packet) {
        try {
            var _ = (long) WRITE.invokeExact(file, packet, packet.byteSize());
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        try {
            var _ = (int) CLOSE.invokeExact(file);
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }
}

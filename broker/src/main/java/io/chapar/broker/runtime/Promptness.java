package io.chapar.broker.runtime;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/// Asks the system to let a thread run soon after it is woken up.
///
/// Linux lets whoever runs go on for a few milliseconds before another thread gets the processor that has just been
/// woken up: compilers, of this process and of others, are all that a request waits for then, at each of its steps. A
/// thread may ask for shorter turns, and a woken one with a shorter turn than the one that runs does not wait
/// (`sched_setattr(2)`, from Linux 6.12 on). It gets no more time than before, and takes none from others: it comes
/// sooner and leaves sooner. Nice value and policy stay as they are.
///
/// Found by one thread, then used by any: whoever asks asks for itself.
public final class Promptness {
    private static final Logger LOG = LoggerFactory.getLogger(Promptness.class);
    /// The least that the system takes.
    static final long TURN_NS = 100_000;
    private static final int ORDINARY = 0;
    private static final int BATCH = 3;

    /// `struct sched_attr` in its first version, with what lies where.
    private static final int ATTRIBUTES_BYTES = 48;
    private static final int POLICY_AT = 4;
    private static final int FLAGS_AT = 8;
    private static final int TURN_AT = 24;
    /// Threads that it starts have turns of the usual length.
    private static final long NOT_FOR_CHILDREN = 1;

    private volatile @Nullable MethodHandle syscall;
    private final long setAttributes;
    private final long getAttributes;

    public Promptness() {
        boolean isArm = System.getProperty("os.arch", "").equals("aarch64");
        setAttributes = isArm ? 274 : 314;
        getAttributes = isArm ? 275 : 315;
    }

    /// Whether there is anything to be found, without a warning that native code is called.
    public static boolean isPossible() {
        String arch = System.getProperty("os.arch", "");
        return System.getProperty("os.name", "").equals("Linux") && (arch.equals("amd64") || arch.equals("aarch64"))
                && Promptness.class.getModule().isNativeAccessEnabled();
    }

    /// Takes some ten milliseconds the first time in a process.
    @SuppressWarnings("restricted")
    public void find() {
        try {
            Linker linker = Linker.nativeLinker();
            syscall = linker.downcallHandle(linker.defaultLookup().find("syscall").orElseThrow(),
                    FunctionDescriptor.of(ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG,
                            ValueLayout.ADDRESS, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG),
                    Linker.Option.firstVariadicArg(1));
        } catch (RuntimeException | LinkageError unavailable) {
            LOG.debug("Threads cannot ask for short turns", unavailable);
        }
    }

    /// For the thread that calls. Without effect where the system knows of no turns, or the thread has a policy that
    /// has none.
    public void ask() {
        MethodHandle call = syscall;
        if (call == null) {
            return;
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment attributes = arena.allocate(ATTRIBUTES_BYTES, Long.BYTES);
            if (!read(call, attributes)) {
                return;
            }
            attributes.set(ValueLayout.JAVA_LONG, FLAGS_AT, NOT_FOR_CHILDREN);
            attributes.set(ValueLayout.JAVA_LONG, TURN_AT, TURN_NS);
            long refused = (long) call.invokeExact(setAttributes, 0L, attributes, 0L, 0L);
            LOG.debug("{} asked for short turns: {}", Thread.currentThread().getName(), refused);
        } catch (Throwable unavailable) {
            LOG.debug("{} cannot ask for short turns", Thread.currentThread().getName(), unavailable);
        }
    }

    /// How long a turn of the thread that calls is, in nanoseconds; 0 where that is not known.
    long turnNs() throws Throwable {
        MethodHandle call = syscall;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment attributes = arena.allocate(ATTRIBUTES_BYTES, Long.BYTES);
            return call != null && read(call, attributes) ? attributes.get(ValueLayout.JAVA_LONG, TURN_AT) : 0;
        }
    }

    /// Of the thread that calls. Whether it has turns whose length can be asked for.
    private boolean read(MethodHandle call, MemorySegment attributes) throws Throwable {
        long refused = (long) call.invokeExact(getAttributes, 0L, attributes, (long) ATTRIBUTES_BYTES, 0L);
        int policy = attributes.get(ValueLayout.JAVA_INT, POLICY_AT);
        return refused == 0 && (policy == ORDINARY || policy == BATCH)
                && attributes.get(ValueLayout.JAVA_LONG, TURN_AT) > 0;
    }
}

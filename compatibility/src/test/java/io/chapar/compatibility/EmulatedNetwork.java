package io.chapar.compatibility;

import io.chapar.testing.AsRoot;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/// Hosts on one machine: each is a network namespace of Linux with an address of its own, and host 0 is where this
/// process is. Every packet between two of them passes through this process, which delays it, loses it, or lets it
/// through, each direction by itself. That takes root, `ip` and `/dev/net/tun`, but no module of the kernel that shapes
/// traffic, and no rule of a firewall.
final class EmulatedNetwork implements AutoCloseable {
    /// Of what is delayed at a time; what comes then is lost, as in a router whose queue is full.
    private static final int MOST_DELAYED = 20_000;
    private static final int LAST_BYTE_OF_DESTINATION = 19;
    private static final int LEAST_PACKET = 20;
    private static final int HERE = 254;

    /// How packets of one direction fare.
    ///
    /// @param loss from 0 to 1
    private record Fate(int delayMs, double loss) {}

    private record Direction(int from, int to) {}

    private final String prefix;
    private final String network;
    private final List<TunDevice> devices = new ArrayList<>();
    private final List<CompletableFuture<Void>> readers = new ArrayList<>();
    private final Map<Direction, Fate> fates = new ConcurrentHashMap<>();
    private final ScheduledThreadPoolExecutor delayed = new ScheduledThreadPoolExecutor(
            1, Thread.ofPlatform().daemon().name("delayed-packets").factory());
    private final AtomicLong passed = new AtomicLong();
    private final AtomicLong lost = new AtomicLong();

    private EmulatedNetwork() {
        // Names and addresses that no other run has at the same time.
        int number = ThreadLocalRandom.current().nextInt(1, 250);
        prefix = "chapar" + ProcessHandle.current().pid() % 10_000;
        network = "10." + (200 + ThreadLocalRandom.current().nextInt(50)) + "." + number + ".";
    }

    /// Skips the test that asks where nobody says that it may; see [AsRoot].
    ///
    /// @param hosts beside this process's own
    static EmulatedNetwork of(int hosts) throws IOException {
        AsRoot.may("making network namespaces");
        EmulatedNetwork made = new EmulatedNetwork();
        try {
            made.make(hosts);
            return made;
        } catch (IOException e) {
            try {
                made.close();
            } catch (IOException also) {
                e.addSuppressed(also);
            }
            throw e;
        }
    }

    private void make(int hosts) throws IOException {
        for (int host = 0; host <= hosts; host++) {
            TunDevice device = TunDevice.make(prefix + "-" + host);
            devices.add(device);
            if (host > 0) {
                ip("netns", "add", namespace(host));
                ip("link", "set", device.name(), "netns", namespace(host));
                ip("-n", namespace(host), "link", "set", "lo", "up");
            }
            in(host, "addr", "add", address(host) + "/24", "dev", device.name());
            in(host, "link", "set", device.name(), "mtu", Integer.toString(TunDevice.MTU), "up");
        }
        for (int host = 0; host <= hosts; host++) {
            int from = host;
            readers.add(CompletableFuture.runAsync(() -> readAll(from),
                    task -> Thread.ofPlatform().daemon().name("packets-of-" + from).start(task)));
        }
    }

    private void in(int host, String... words) throws IOException {
        List<String> line = new ArrayList<>(host == 0 ? List.of() : List.of("-n", namespace(host)));
        line.addAll(List.of(words));
        ip(line.toArray(String[]::new));
    }

    private static void ip(String... words) throws IOException {
        List<String> line = new ArrayList<>(List.of("ip"));
        line.addAll(List.of(words));
        Process process = new ProcessBuilder(line).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        if (process.onExit().join().exitValue() != 0) {
            throw new IOException(String.join(" ", line) + ": " + said);
        }
    }

    private String namespace(int host) {
        return prefix + "-" + host;
    }

    String address(int host) {
        return network + (host == 0 ? HERE : host);
    }

    /// The same command at that host.
    List<String> at(int host, List<String> command) {
        List<String> line = new ArrayList<>(List.of("ip", "netns", "exec", namespace(host)));
        line.addAll(command);
        return line;
    }

    // ---- faults

    /// Nothing gets from one to the other; the way back is another matter.
    void cut(int from, int to) {
        fates.put(new Direction(from, to), new Fate(0, 1));
    }

    void slow(int from, int to, int delayMs, double loss) {
        fates.put(new Direction(from, to), new Fate(delayMs, loss));
    }

    void heal() {
        fates.clear();
    }

    // ---- packets

    private void readAll(int from) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment buffer = arena.allocate(TunDevice.MTU + 100);
            for (int length = devices.get(from).read(buffer); length >= 0; length = devices.get(from).read(buffer)) {
                int version = length < LEAST_PACKET ? 0 : buffer.get(ValueLayout.JAVA_BYTE, 0) >> 4;
                if (version == 4) {
                    pass(from, buffer.asSlice(0, length));
                }
            }
        }
    }

    private void pass(int from, MemorySegment packet) {
        int last = Byte.toUnsignedInt(packet.get(ValueLayout.JAVA_BYTE, LAST_BYTE_OF_DESTINATION));
        int to = last == HERE ? 0 : last;
        if (to >= devices.size() || to == from) {
            return;
        }
        Fate fate = fates.get(new Direction(from, to));
        if (fate == null) {
            devices.get(to).write(packet);
            passed.incrementAndGet();
        } else if (ThreadLocalRandom.current().nextDouble() < fate.loss()
                || delayed.getQueue().size() >= MOST_DELAYED) {
            lost.incrementAndGet();
        } else {
            MemorySegment kept = Arena.ofAuto().allocate(packet.byteSize()).copyFrom(packet);
            delayed.schedule(() -> devices.get(to).write(kept), fate.delayMs(), TimeUnit.MILLISECONDS);
            passed.incrementAndGet();
        }
    }

    @Override
    public String toString() {
        return passed + " packets passed, " + lost + " were lost";
    }

    /// What runs at the hosts is to have ended.
    @Override
    public void close() throws IOException {
        delayed.shutdownNow();
        for (int host = 0; host < devices.size(); host++) {
            in(host, "link", "del", devices.get(host).name());
        }
        readers.forEach(CompletableFuture::join);
        for (int host = 0; host < devices.size(); host++) {
            devices.get(host).close();
            if (host > 0) {
                ip("netns", "del", namespace(host));
            }
        }
    }
}

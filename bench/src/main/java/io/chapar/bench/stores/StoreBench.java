package io.chapar.bench.stores;

import org.jspecify.annotations.Nullable;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.NavigableMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/// Libraries for stores on disk at the work that stores do, each phase in a process of its own:
///
/// - `count`: keys that come at random are read, changed and committed, 1,000 to a commit, as a count is kept
/// - `get` and `range`: keys at random; 100 entries from a key at random
/// - `expire`: rows by time come, as many old ones go, 1,000 to a commit, as windows do
/// - `open`: after the process was killed with SIGKILL in the middle of commits: until the first read
///
/// `java ... StoreBench FOLDER KEYS [CACHE_MEGABYTES]`; entries are of 100 B.
public final class StoreBench {
    private static final int KEY_BYTES = 16;
    private static final int VALUE_BYTES = 84;
    private static final int COMMIT = 1_000;
    private static final int RANGE = 100;
    private static final long PHASE_NS = TimeUnit.SECONDS.toNanos(20);
    private static final long LOAD_NS = TimeUnit.SECONDS.toNanos(150);
    private static final long MULTIPLIER = 0x9E3779B97F4A7C15L;

    private final StoreEngine.Kind kind;
    private final Path folder;
    private final int keys;
    private final int cacheMegabytes;

    private StoreBench(StoreEngine.Kind kind, Path folder, int keys, int cacheMegabytes) {
        this.kind = kind;
        this.folder = folder;
        this.keys = keys;
        this.cacheMegabytes = cacheMegabytes;
    }

    public static void main(String[] arguments) throws Exception {
        if (arguments.length < 2) {
            throw new IllegalArgumentException("FOLDER KEYS [CACHE_MEGABYTES]");
        }
        Path folder = Path.of(arguments[0]);
        int keys = Integer.parseInt(arguments[1]);
        int cache = arguments.length > 2 ? Integer.parseInt(arguments[2]) : 64;
        if (arguments.length > 4) {
            new StoreBench(StoreEngine.Kind.valueOf(arguments[3]), folder, keys, cache).phase(arguments[4]);
            return;
        }
        for (StoreEngine.Kind kind : StoreEngine.Kind.values()) {
            Path own = Files.createDirectories(folder.resolve(kind.name().toLowerCase(Locale.ROOT)));
            StoreBench bench = new StoreBench(kind, own, keys, cache);
            for (String phase : List.of("load", "count", "get", "range", "expire", "die", "open")) {
                bench.inProcess(phase);
            }
            say(kind + " " + keys + " keys: " + bench.bytesOnDisk() / 1_000_000 + " MB on disk");
        }
    }

    private static void say(String line) {
        System.out.println(line);
    }

    /// A heap that is tight for whoever keeps what it should not.
    private void inProcess(String phase) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx" + (cacheMegabytes * 2 + 192) + "m", "--enable-native-access=ALL-UNNAMED", "-cp",
                System.getProperty("java.class.path"), StoreBench.class.getName(), folder.toString(), "" + keys,
                "" + cacheMegabytes, kind.name(), phase).redirectError(ProcessBuilder.Redirect.INHERIT).start();
        try (BufferedReader lines = new BufferedReader(
                new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            String line = lines.readLine();
            while (line != null) {
                if (line.equals("kill")) {
                    process.toHandle().destroyForcibly();
                } else {
                    say(line);
                }
                line = lines.readLine();
            }
        }
        process.waitFor();
    }

    private void phase(String phase) throws Exception {
        long began = System.nanoTime();
        try (StoreEngine engine = kind.open(folder, cacheMegabytes)) {
            switch (phase) {
                case "load" -> load(engine);
                case "count" -> count(engine);
                case "get" -> get(engine);
                case "range" -> range(engine);
                case "expire" -> expire(engine);
                case "die" -> die(engine);
                case "open" -> {
                    engine.get(key(0));
                    say(kind + " open after a kill: " + (System.nanoTime() - began) / 1_000_000 + " ms");
                }
                default -> throw new IllegalArgumentException(phase);
            }
        }
    }

    private static byte[] key(long number) {
        return ByteBuffer.allocate(KEY_BYTES).put((byte) 'k').putLong(number * MULTIPLIER).array();
    }

    private static byte[] value(long number) {
        byte[] value = new byte[VALUE_BYTES];
        // Half of it compresses.
        new SplittableRandom(number).nextBytes(value);
        Arrays.fill(value, VALUE_BYTES / 2, VALUE_BYTES, (byte) 'v');
        return value;
    }

    private static NavigableMap<byte[], byte @Nullable []> changes() {
        return new TreeMap<>(Arrays::compareUnsigned);
    }

    private void load(StoreEngine engine) throws Exception {
        long began = System.nanoTime();
        int number = 0;
        while (number < keys && System.nanoTime() - began < LOAD_NS) {
            NavigableMap<byte[], byte @Nullable []> batch = changes();
            for (int end = Math.min(keys, number + 10 * COMMIT); number < end; number++) {
                batch.put(key(number), value(number));
            }
            engine.commit(batch);
        }
        told("load of " + number + ", 10,000 to a commit", number, began);
    }

    private void count(StoreEngine engine) throws Exception {
        SplittableRandom random = new SplittableRandom(1);
        long began = System.nanoTime();
        int done = 0;
        long[] commits = new long[1 << 20];
        int commit = 0;
        while (System.nanoTime() - began < PHASE_NS && commit < commits.length) {
            NavigableMap<byte[], byte @Nullable []> batch = changes();
            for (int one = 0; one < COMMIT; one++) {
                byte[] key = key(random.nextInt(keys));
                byte[] before = engine.get(key);
                batch.put(key, value(before == null ? one : before[0] + (long) one));
                done++;
            }
            long at = System.nanoTime();
            engine.commit(batch);
            commits[commit++] = System.nanoTime() - at;
        }
        told("count (get, put), 1,000 to a commit", done, began);
        Arrays.sort(commits, 0, commit);
        say(kind + " commit of 1,000: p50 " + commits[commit / 2] / 1_000 + " us, p99 "
                + commits[commit * 99 / 100] / 1_000 + " us, longest " + commits[commit - 1] / 1_000 + " us");
    }

    private void get(StoreEngine engine) throws Exception {
        SplittableRandom random = new SplittableRandom(2);
        long began = System.nanoTime();
        int done = 0;
        while (System.nanoTime() - began < PHASE_NS) {
            engine.get(key(random.nextInt(keys)));
            done++;
        }
        told("get", done, began);
    }

    private void range(StoreEngine engine) throws Exception {
        SplittableRandom random = new SplittableRandom(3);
        long began = System.nanoTime();
        int done = 0;
        long[] bytes = new long[1];
        while (System.nanoTime() - began < PHASE_NS) {
            engine.range(key(random.nextInt(keys)), RANGE, (key, value) -> bytes[0] += value.length);
            done++;
        }
        told("range of 100", done, began);
    }

    /// Rows of the last 200 commits are kept.
    private void expire(StoreEngine engine) throws Exception {
        long began = System.nanoTime();
        long time = 0;
        long kept = 200L * COMMIT;
        while (System.nanoTime() - began < PHASE_NS) {
            NavigableMap<byte[], byte @Nullable []> batch = changes();
            for (int one = 0; one < COMMIT; one++) {
                batch.put(windowKey(time), value(time));
                time++;
            }
            int[] left = {COMMIT};
            long oldest = time - kept;
            engine.range(windowKey(0), COMMIT, (key, value) -> {
                if (left[0]-- > 0 && ByteBuffer.wrap(key).getLong(1) < oldest) {
                    batch.put(key, null);
                }
            });
            engine.commit(batch);
        }
        told("window row in and out", Math.toIntExact(time), began);
    }

    /// Before all keys of the other kind.
    private static byte[] windowKey(long time) {
        return ByteBuffer.allocate(KEY_BYTES).put((byte) 'a').putLong(time).array();
    }

    private void die(StoreEngine engine) throws Exception {
        SplittableRandom random = new SplittableRandom(4);
        for (int commit = 0; ; commit++) {
            NavigableMap<byte[], byte @Nullable []> batch = changes();
            for (int one = 0; one < COMMIT; one++) {
                batch.put(key(random.nextInt(keys)), value(one));
            }
            engine.commit(batch);
            if (commit == 50) {
                System.out.println("kill");
                System.out.flush();
            }
        }
    }

    private void told(String what, int done, long beganNs) throws IOException {
        long ns = System.nanoTime() - beganNs;
        say(String.format(Locale.ROOT,
                "%s %s: %,d per second, %.1f us of processor each; resident %d MB, most %d MB; %d MB on disk",
                kind, what, done * 1_000_000_000L / ns, processorNs() / 1_000.0 / done, resident("VmRSS"),
                resident("VmHWM"), bytesOnDisk() / 1_000_000));
    }

    /// All threads, those of native code too, since the process began.
    private static long processorNs() {
        return ProcessHandle.current().info().totalCpuDuration().orElse(Duration.ZERO).toNanos();
    }

    private static long resident(String field) throws IOException {
        return Files.readAllLines(Path.of("/proc/self/status")).stream().filter(line -> line.startsWith(field))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) / 1024).findFirst().orElse(0);
    }

    private long bytesOnDisk() throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.sorted(Comparator.naturalOrder()).mapToLong(file -> file.toFile().isFile()
                    ? file.toFile().length() : 0).sum();
        }
    }
}

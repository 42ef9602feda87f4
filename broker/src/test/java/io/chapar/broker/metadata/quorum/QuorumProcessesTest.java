package io.chapar.broker.metadata.quorum;

import io.chapar.testing.FreePorts;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.atomic.AtomicInteger;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Three voters as real processes, killed with SIGKILL: the one that decides, any, and all at once.
@Tag("nightly")
class QuorumProcessesTest {
    private static final int ROUNDS = Integer.getInteger("tests.quorum.rounds", 8);
    private static final int VOTERS = 3;

    @TempDir
    Path folder;

    private final List<Integer> ports = new ArrayList<>();
    private final Process[] processes = new Process[VOTERS];
    private final Set<String> done = new ConcurrentSkipListSet<>();
    private final Set<String> refused = new ConcurrentSkipListSet<>();
    private final AtomicInteger decided = new AtomicInteger();
    private volatile int deciding;
    private final String[] images = new String[VOTERS];
    private int lives;

    private void start(int node) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC", "-Xmx128m", "-Dorg.slf4j.simpleLogger.defaultLogLevel=error",
                "-cp", System.getProperty("java.class.path"), VoterProcess.class.getName(),
                Integer.toString(node), Integer.toString(++lives), folder.resolve("node" + node).toString()));
        ports.forEach(port -> command.add(Integer.toString(port)));
        Process process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
        processes[node] = process;
        Thread.ofVirtual().start(() -> listen(node, process));
    }

    private void listen(int node, Process process) {
        try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (line.equals("decides")) {
                    deciding = node;
                    decided.incrementAndGet();
                } else if (line.startsWith("done ")) {
                    done.add(line.substring(5));
                } else if (line.startsWith("refused ")) {
                    refused.add(line.substring(8));
                } else if (line.startsWith("image ")) {
                    synchronized (images) {
                        images[node] = line;
                    }
                }
            }
        } catch (IOException e) {
            if (process.isAlive()) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private void kill(int node) throws InterruptedException {
        processes[node].destroyForcibly().waitFor();
    }

    private static void await(Callable<Boolean> condition) {
        Awaitility.await().atMost(Duration.ofMinutes(2)).pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(5)).until(condition);
    }

    private void goesOn() {
        int before = done.size();
        await(() -> done.size() > before + 20);
    }

    @AfterEach
    void end() {
        for (Process process : processes) {
            if (process != null) {
                process.destroyForcibly();
            }
        }
    }

    @Test
    void nothingCommittedIsLostHoweverOftenTheyAreKilled() throws Exception {
        for (int node = 0; node < VOTERS; node++) {
            ports.add(FreePorts.one());
        }
        for (int node = 0; node < VOTERS; node++) {
            start(node);
        }
        Random random = new Random(5);
        for (int round = 0; round < ROUNDS; round++) {
            goesOn();
            List<Integer> victims = switch (round % 4) {
                case 0, 1 -> List.of(deciding);
                case 2 -> List.of(random.nextInt(VOTERS));
                default -> List.of(0, 1, 2);
            };
            for (int victim : victims) {
                kill(victim);
            }
            if (victims.size() == 1) {
                goesOn();
            }
            for (int victim : victims) {
                start(victim);
            }
        }
        goesOn();
        Set<String> committed = new TreeSet<>(done);
        Set<String> never = new TreeSet<>(refused);
        await(() -> Arrays.stream(ask()).allMatch(image -> topics(image).containsAll(committed)));
        for (String image : ask()) {
            never.forEach(name -> assertFalse(topics(image).contains(name), () -> name + " was refused"));
        }
        assertTrue(decided.get() >= ROUNDS / 2, "others decided in turn");
    }

    private static Set<String> topics(String image) {
        return new TreeSet<>(List.of(image.split(" ", -1)));
    }

    /// All topics that each of them knows.
    private String[] ask() throws IOException {
        synchronized (images) {
            Arrays.fill(images, null);
        }
        for (Process process : processes) {
            process.outputWriter(StandardCharsets.UTF_8).append("image\n").flush();
        }
        await(() -> {
            synchronized (images) {
                return Arrays.stream(images).allMatch(Objects::nonNull);
            }
        });
        synchronized (images) {
            return images.clone();
        }
    }
}

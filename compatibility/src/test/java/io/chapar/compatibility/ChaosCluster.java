package io.chapar.compatibility;

import io.chapar.cli.cluster.ClusterFile;
import io.chapar.cli.cluster.ClusterFolder;
import io.chapar.cli.cluster.LocalCluster;
import io.chapar.cli.cluster.StartPlanCore;
import io.chapar.cli.process.ProcessIdentity;
import io.chapar.cli.process.ProcessIdentity.Signal;
import io.chapar.client.admin.Admin;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

/// Three brokers, or more, as `chapar cluster start` starts them, which get signals.
final class ChaosCluster implements AutoCloseable {
    static final int BROKERS = 3;
    private static final Duration LIMIT = Duration.ofMinutes(3);

    private final Path folder;
    private final List<String> events = new ArrayList<>();
    private final LocalCluster cluster;
    private final Map<String, String> settings;
    private int brokers = BROKERS;

    ChaosCluster(Path folder, Map<String, String> settings) {
        this.folder = folder;
        this.settings = settings;
        // As many processes as this on few processors: no optimizing compiler.
        cluster = LocalCluster.of(new ClusterFolder(folder), "-XX:TieredStopAtLevel=1 -Xmx192m", events::add);
    }

    /// Starts what does not run; returns when it is ready.
    void start() throws InterruptedException {
        try {
            cluster.start(new StartPlanCore.Wish(brokers, 0, settings), LIMIT);
        } catch (RuntimeException e) {
            throw new IllegalStateException(e.getMessage() + '\n' + String.join("\n",
                    events.subList(Math.max(0, events.size() - 10), events.size())), e);
        }
    }

    /// Has so many brokers from now on; the new ones do not vote.
    void grow(int to) throws InterruptedException {
        brokers = to;
        start();
    }

    ClusterFile file() {
        return new ClusterFolder(folder).read();
    }

    String bootstrap() {
        return file().bootstrap();
    }

    /// SIGKILL: nothing of it runs any more when this returns.
    void kill(int broker) throws InterruptedException {
        cluster.signal(broker, Signal.KILL, LIMIT);
    }

    /// SIGTERM; returns when it has ended.
    void stop(int broker) throws InterruptedException {
        ProcessIdentity process = file().node(broker).process();
        process.signal(Signal.TERM);
        if (!process.awaitEnd(LIMIT)) {
            throw new IllegalStateException("broker " + broker + " does not stop");
        }
    }

    /// SIGSTOP or SIGCONT.
    void signal(int broker, Signal signal) throws InterruptedException {
        cluster.signal(broker, signal, LIMIT);
    }

    void stopAll() throws InterruptedException {
        cluster.stop(LIMIT);
    }

    /// As [ReplicaComparison] has it.
    void awaitAllInSync() {
        ReplicaComparison.awaitAllInSync(bootstrap(), BROKERS);
    }

    /// As [ReplicaComparison] has it; nobody writes any more.
    void awaitSameEnds() {
        ReplicaComparison.awaitSameEnds(bootstrap(), BROKERS);
    }

    /// As [ReplicaComparison] has it; of brokers that have stopped.
    void assertSameBytes() throws Exception {
        ReplicaComparison.assertSameBytes(IntStream.rangeClosed(1, BROKERS)
                .mapToObj(broker -> folder.resolve("node-" + broker)).toList());
    }

    /// What the brokers have said, for a message.
    String lastWords() throws IOException {
        StringBuilder all = new StringBuilder();
        for (int id = 1; id <= brokers; id++) {
            List<String> lines = Files.readAllLines(folder.resolve("node-" + id + ".log"));
            lines.subList(Math.max(0, lines.size() - 20), lines.size())
                    .forEach(line -> all.append(line).append('\n'));
            all.append("--\n");
        }
        return all.toString();
    }

    @Override
    public void close() {
        if (Files.exists(folder.resolve("cluster.properties"))) {
            file().nodes().values().forEach(node -> {
                if (node.process() != null) {
                    node.process().signal(Signal.KILL);
                }
            });
        }
    }
}

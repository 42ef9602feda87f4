package io.chapar.cli.cluster;

import io.chapar.cli.process.JavaCommand;
import io.chapar.cli.process.ProcessIdentity;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;

import static java.util.Objects.requireNonNull;

/// Starts and ends the processes of a cluster on this machine. They outlive the command that starts them; another finds
/// them by the folder's file, and only those: a number that some other process has got meanwhile is left alone.
public final class LocalCluster {
    private static final long LOOK_AGAIN_MS = 20;
    private static final int LAST_LINES = 10;
    /// For those that are stopped since another one did not become ready.
    private static final Duration GRACE = Duration.ofSeconds(5);

    private final ClusterFolder folder;
    private final BrokerLine line;
    private final Consumer<String> events;

    /// What runs a broker.
    interface BrokerLine {
        List<String> of(ClusterFile cluster, LocalNode node);
    }

    LocalCluster(ClusterFolder folder, BrokerLine line, Consumer<String> events) {
        this.folder = folder;
        this.line = line;
        this.events = events;
    }

    /// @param flags of the Java machine, beside those that a broker gets anyway
    /// @param events what happens, in sentences
    public static LocalCluster of(ClusterFolder folder, String flags, Consumer<String> events) {
        return new LocalCluster(folder, (cluster, node) -> JavaCommand.line(JavaCommand.brokerFlags(flags),
                JavaCommand.CHAPAR, BrokerArguments.of(folder, cluster, node)), events);
    }

    /// For whoever starts the processes itself: where they listen, and their secret, in a folder without a cluster.
    public static ClusterFile prepare(ClusterFolder folder, StartPlanCore.Wish wish) {
        try (FileChannel _ = folder.lock()) {
            folder.makeSecret();
            return switch (StartPlanCore.plan(wish, null, _ -> false, ClusterPorts::isFree,
                    RandomGenerator.getDefault())) {
                case StartPlanCore.Plan.Refused(String sentence) -> throw new ClusterFailure(sentence);
                case StartPlanCore.Plan.Start(ClusterFile file, _, _) -> file;
            };
        } catch (IOException e) {
            throw new ClusterFailure("The folder " + folder.path() + " cannot be used (" + e + ")", e);
        }
    }

    /// Starts what is not running and returns when all are ready. When one is not, those that were started with it are
    /// ended again where the cluster is new. One that was there before may do without it, and its other brokers are
    /// what it takes to mend it (as to take a voter out whose folder is gone): those that are ready run on.
    ///
    /// @param limit for all of them together
    public ClusterFile start(StartPlanCore.Wish wish, Duration limit) throws InterruptedException {
        try (FileChannel _ = folder.lock()) {
            ClusterFile known = folder.readOrNull();
            StartPlanCore.Plan plan = StartPlanCore.plan(wish, known,
                    id -> known != null && known.nodes().containsKey(id) && !known.node(id).isGone(),
                    ClusterPorts::isFree, RandomGenerator.getDefault());
            return switch (plan) {
                case StartPlanCore.Plan.Refused(String sentence) -> throw new ClusterFailure(sentence);
                case StartPlanCore.Plan.Start start -> start(start, known == null, limit);
            };
        } catch (IOException e) {
            throw new ClusterFailure("The cluster in " + folder.path() + " could not be started (" + e + ")", e);
        }
    }

    /// One that is not there, though it was to be.
    ///
    /// @param what words that follow on its name
    private record Missing(LocalNode node, String what) {
    }

    private ClusterFile start(StartPlanCore.Plan.Start plan, boolean isNew, Duration limit)
            throws IOException, InterruptedException {
        folder.makeSecret();
        folder.write(plan.file());
        ClusterFile file = plan.file();
        Map<LocalNode, Long> begun = new LinkedHashMap<>();
        Set<LocalNode> staying = new LinkedHashSet<>();
        try {
            for (int id : plan.starting()) {
                LocalNode node = launch(file, file.node(id));
                begun.put(node, System.nanoTime()); // before anything can fail: nobody else would end it
                file = file.with(node);
                folder.write(file);
            }
            List<Missing> missing = new ArrayList<>();
            plan.hindered().forEach((id, why) -> missing.add(new Missing(plan.file().node(id), why)));
            missing.addAll(awaitReady(begun, isNew, limit));
            if (missing.isEmpty() || !isNew) {
                staying.addAll(begun.keySet());
                missing.forEach(one -> staying.remove(one.node()));
            }
            if (!missing.isEmpty()) {
                throw failure(missing, file, isNew);
            }
            return file;
        } finally {
            end(begun.keySet().stream().filter(node -> !staying.contains(node)).toList());
        }
    }

    private ClusterFailure failure(List<Missing> missing, ClusterFile file, boolean isNew) {
        Set<Integer> ids = missing.stream().map(one -> one.node().id()).collect(Collectors.toSet());
        List<String> others = file.nodes().values().stream()
                .filter(node -> !ids.contains(node.id()) && !node.isGone()).map(LocalNode::name).toList();
        String rest = isNew ? "; those that were started with it are stopped" : others.isEmpty() ? ""
                : "; " + String.join(" and ", others) + (others.size() == 1 ? " runs on" : " run on");
        LocalNode first = missing.getFirst().node();
        String logs = missing.size() > 1 ? ". The logs are in " + folder.path()
                : first.process() == null ? "" : ". Its log is " + folder.log(first);
        return new ClusterFailure(missing.stream().map(one -> one.node().name() + ' ' + one.what())
                .collect(Collectors.joining(", ")) + rest + logs);
    }

    /// Without a word: what went wrong is what the user has to read.
    private static void end(Collection<LocalNode> nodes) throws InterruptedException {
        nodes.forEach(node -> process(node).signal(ProcessIdentity.Signal.TERM));
        long deadline = System.nanoTime() + GRACE.toNanos();
        for (LocalNode node : nodes) {
            if (!process(node).awaitEnd(Duration.ofNanos(Math.max(0, deadline - System.nanoTime())))) {
                process(node).signal(ProcessIdentity.Signal.KILL);
            }
        }
    }

    private LocalNode launch(ClusterFile file, LocalNode node) throws IOException {
        NodeLog log = new NodeLog(folder.log(node));
        log.begin();
        Process process = new ProcessBuilder(line.of(file, node)).redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.to(log.file().toFile())).start();
        process.getOutputStream().close();
        ProcessIdentity started = ProcessIdentity.of(process.pid());
        return node.runBy(started == null ? ProcessIdentity.ended(process.pid()) : started);
    }

    /// Those that do not become ready; at most one where the cluster is new, with which the others have no chance.
    private List<Missing> awaitReady(Map<LocalNode, Long> begun, boolean isNew, Duration limit)
            throws IOException, InterruptedException {
        List<LocalNode> waiting = new ArrayList<>(begun.keySet());
        List<Missing> missing = new ArrayList<>();
        long deadline = System.nanoTime() + limit.toNanos();
        while (!waiting.isEmpty() && (missing.isEmpty() || !isNew)) {
            for (LocalNode node : List.copyOf(waiting)) {
                boolean gone = node.isGone(); // looked at first: what it said last is there by now
                NodeLog log = new NodeLog(folder.log(node));
                if (log.saysReady()) {
                    waiting.remove(node);
                    long ms = (System.nanoTime() - requireNonNull(begun.get(node), "it was begun")) / 1_000_000;
                    events.accept(node.name() + " is ready on " + node.address() + ", process " + process(node).pid()
                            + ", after " + ms + " ms");
                } else if (gone || System.nanoTime() - deadline >= 0) {
                    waiting.remove(node);
                    log.lastLines(LAST_LINES).forEach(line -> events.accept("  " + node.name() + ": " + line));
                    missing.add(new Missing(node, gone ? "ended before it was ready"
                            : "was not ready after " + limit.toSeconds() + " s"));
                }
            }
            if (!waiting.isEmpty()) {
                Thread.sleep(LOOK_AGAIN_MS);
            }
        }
        return missing;
    }

    /// SIGTERM to all that run. Fails with those that are still there after the time.
    ///
    /// @return how many there were
    public int stop(Duration limit) throws InterruptedException {
        List<LocalNode> running = folder.read().nodes().values().stream().filter(node -> !node.isGone()).toList();
        long deadline = System.nanoTime() + limit.toNanos();
        for (LocalNode node : running) {
            process(node).signal(ProcessIdentity.Signal.TERM);
            process(node).signal(ProcessIdentity.Signal.CONT); // one that SIGSTOP holds would not hear it
        }
        List<String> left = new ArrayList<>();
        for (LocalNode node : running) {
            if (process(node).awaitEnd(Duration.ofNanos(Math.max(0, deadline - System.nanoTime())))) {
                events.accept(node.name() + " has stopped");
            } else {
                left.add(Integer.toString(node.id()));
            }
        }
        if (!left.isEmpty()) {
            throw new ClusterFailure("After " + limit.toSeconds() + " s node " + String.join(" and node ", left)
                    + (left.size() == 1 ? " is" : " are") + " still there; 'chapar cluster kill "
                    + String.join(" ", left) + " --data " + folder.path() + "' ends what does not stop by itself");
        }
        return running.size();
    }

    /// Sends a signal to one node's process; after SIGKILL, returns when it is gone.
    public void signal(int id, ProcessIdentity.Signal signal, Duration limit) throws InterruptedException {
        LocalNode node = folder.read().node(id);
        if (node.isGone() || !process(node).signal(signal)) {
            throw new ClusterFailure(node.name() + " is not running; 'chapar cluster start --data " + folder.path()
                    + "' starts it");
        }
        if (signal == ProcessIdentity.Signal.KILL && !process(node).awaitEnd(limit)) {
            throw new ClusterFailure(node.name() + ", process " + process(node).pid() + ", is still there after "
                    + limit.toSeconds() + " s");
        }
    }

    private static ProcessIdentity process(LocalNode node) {
        return requireNonNull(node.process(), "it was started");
    }
}

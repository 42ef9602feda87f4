package io.chapar.bench;

import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Collectors;

import static java.util.Objects.requireNonNull;

/// The running brokers of one system. Figures are of all of them together.
final class Brokers implements AutoCloseable {
    private static final long START_LIMIT_NS = TimeUnit.SECONDS.toNanos(120);
    private static final long LOOK_EVERY_MS = 2;

    private final Contender contender;
    private final Workplace workplace;
    private final List<Node> nodes;
    /// In the order of their nodes.
    private final List<BrokerProcess> processes = new ArrayList<>();
    private double startMs;

    private Brokers(Contender contender, Workplace workplace, List<Node> nodes) {
        this.contender = contender;
        this.workplace = workplace;
        this.nodes = nodes;
    }

    /// Formats and starts them all at once on empty folders; returns when each answers requests.
    static Brokers start(Contender contender, Workplace workplace, Path data) throws InterruptedException {
        List<Node> nodes = Ports.nodes(contender.brokers(), data);
        contender.format(workplace, nodes);
        Brokers started = new Brokers(contender, workplace, nodes);
        boolean isReady = false;
        try {
            long begin = System.nanoTime();
            nodes.forEach(node -> started.processes.add(BrokerProcess.launch(contender, workplace, nodes, node)));
            awaitAnswers(started.processes, contender, begin);
            started.startMs = (System.nanoTime() - begin) / 1e6;
            isReady = true;
            return started;
        } finally {
            if (!isReady) {
                started.close();
            }
        }
    }

    private static void awaitAnswers(List<BrokerProcess> processes, Contender contender, long begin)
            throws InterruptedException {
        List<BrokerProcess> silent = new ArrayList<>(processes);
        while (!silent.isEmpty()) {
            for (BrokerProcess process : processes) {
                process.program().requireAlive(contender.name() + " ended before it was ready");
            }
            silent.removeIf(process -> Ports.answers(process.node().port()));
            if (!silent.isEmpty()) {
                if (System.nanoTime() - begin > START_LIMIT_NS) {
                    throw new BenchFailure(contender.name() + " was not ready after two minutes: "
                            + silent.getFirst().program().lastWords());
                }
                Thread.sleep(LOOK_EVERY_MS);
            }
        }
    }

    int count() {
        return processes.size();
    }

    String bootstrap() {
        return nodes.stream().map(Node::address).collect(Collectors.joining(","));
    }

    /// From the start of the processes to the first answer of the last of them.
    double startMs() {
        return startMs;
    }

    /// Processor time of all threads so far.
    double cpuSeconds() {
        return processes.stream().map(BrokerProcess::program).mapToDouble(Program::cpuSeconds).sum();
    }

    /// Resident memory; empty where there is no `/proc`.
    OptionalDouble residentMb() {
        return sum(Program::residentMb);
    }

    OptionalDouble threads() {
        return sum(Program::threads);
    }

    private OptionalDouble sum(Function<Program, OptionalDouble> figure) {
        List<OptionalDouble> all = processes.stream().map(BrokerProcess::program).map(figure).toList();
        return all.stream().anyMatch(OptionalDouble::isEmpty) ? OptionalDouble.empty()
                : OptionalDouble.of(all.stream().mapToDouble(OptionalDouble::getAsDouble).sum());
    }

    /// With as many replicas as the contender has of everything.
    void createTopic(String name, int partitions) throws InterruptedException {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap()))) {
            int replicas = contender.replicas();
            admin.createTopics(List.of(new NewTopic(name, partitions, (short) replicas).configs(Map.of(
                    "min.insync.replicas", Integer.toString(Contender.inSync(replicas)))))).all().get();
        } catch (ExecutionException e) {
            throw new BenchFailure("Cannot create topic " + name + ": "
                    + requireNonNull(e.getCause(), "why not").getMessage(), e);
        }
    }

    /// SIGKILL. Returns when the signal is sent.
    void kill(int id) {
        processes.get(indexOf(id)).program().kill();
    }

    boolean isGone(int id) {
        return processes.get(indexOf(id)).program().isGone();
    }

    /// Starts one that was killed, on its folder; returns when it answers.
    void restart(int id) throws InterruptedException {
        int at = indexOf(id);
        processes.get(at).program().close();
        BrokerProcess again = BrokerProcess.launch(contender, workplace, nodes, nodes.get(at));
        processes.set(at, again);
        awaitAnswers(List.of(again), contender, System.nanoTime());
    }

    private int indexOf(int id) {
        for (int i = 0; i < nodes.size(); i++) {
            if (nodes.get(i).id() == id) {
                return i;
            }
        }
        throw new IllegalArgumentException("no broker " + id);
    }

    /// A clean stop where that is quick, so that a profiler inside of a broker can write down what it saw.
    @Override
    public void close() {
        List<Program> all = processes.stream().map(BrokerProcess::program).toList();
        all.forEach(Program::askToStop);
        all.forEach(Program::close);
    }
}

package io.chapar.cli;

import io.chapar.broker.Broker;
import io.chapar.broker.RemovedException;
import io.chapar.broker.ReplacedException;
import io.chapar.broker.config.BrokerConfig;
import io.chapar.broker.config.BrokerStartException;
import io.chapar.broker.config.HostPort;
import io.chapar.broker.config.KafkaSettings;
import io.chapar.broker.logging.ProcessLog;
import io.chapar.broker.net.ServiceNotice;
import io.chapar.cli.otlp.OtlpAddress;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;

@Command(
        name = "broker",
        description = "Run a broker in the foreground until it is interrupted (Ctrl-C, SIGTERM).",
        footer = {"",
            "Prints one line that begins 'chapar ready' when clients can connect. Settings have Kafka's names; a flag",
            "goes before --set, --set before --config.",
            "", "Examples:", "  chapar broker",
            "  chapar broker --listen 0.0.0.0:9092 --data /var/lib/chapar",
            "  chapar broker --config broker.properties --set num.partitions=4"})
final class BrokerCommand implements Callable<Integer> {
    @Spec
    CommandSpec spec;

    @Option(names = "--listen", paramLabel = "HOST:PORT",
        description = "Where clients connect (default: 127.0.0.1:9092). Port 0 takes a free one;"
            + " :9092 is 127.0.0.1:9092, 0.0.0.0:9092 every address of this machine.")
    @Nullable String listen;

    @Option(names = "--data", paramLabel = "FOLDER", description = "Where everything is kept (default: ./chapar-data).")
    @Nullable String data;

    @Option(names = "--node-id", paramLabel = "N", description = "This broker's number (default: 1).")
    @Nullable Integer nodeId;

    @Option(names = "--quorum", paramLabel = "ID@HOST:PORT", split = ",",
        description = "Who votes on the metadata of the cluster, the same list at each of its brokers; repeatable, or"
            + " with commas. Brokers link with each other at the port behind it.")
    List<String> quorum = new ArrayList<>();

    @Option(names = "--metrics", paramLabel = "HOST:PORT",
        description = "Serve Prometheus metrics at http://HOST:PORT/metrics (default: not at all).")
    @Nullable String metrics;

    @Option(names = "--config", paramLabel = "FILE", description = "A properties file with settings.")
    @Nullable Path file;

    @Option(names = "--set", paramLabel = "KEY=VALUE", description = "A setting; repeatable.")
    Map<String, String> settings = new LinkedHashMap<>();

    @Override
    public Integer call() {
        BrokerConfig config = config();
        ProcessLog.open(config);
        OtlpAddress collector;
        try {
            collector = BrokerOtlp.address(config);
        } catch (IllegalArgumentException e) {
            throw new CommandLine.ParameterException(spec.commandLine(), e.getMessage(), e);
        }
        Broker broker;
        try {
            broker = Broker.start(config);
        } catch (BrokerStartException.BadConfig e) {
            throw new CommandLine.ParameterException(spec.commandLine(), e.getMessage(), e);
        } catch (BrokerStartException e) {
            throw new CommandFailure(e);
        }
        BrokerConsole console = BrokerConsole.open(broker, config);
        BrokerOtlp otlp = BrokerOtlp.open(broker, config, collector);
        ServiceNotice notice = ServiceNotice.ofThisProcess();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            notice.stopping();
            if (console != null) {
                console.close();
            }
            if (otlp != null) {
                otlp.close();
            }
            broker.close();
            Runtime.getRuntime().halt(code(broker));
        }, "stop-broker"));
        PrintWriter out = spec.commandLine().getOut();
        out.println("chapar ready on " + broker.address() + ", data in "
                + config.dataFolder().toAbsolutePath().normalize() + ", after " + sinceStartMs() + " ms"
                + (config.metricsListener() == null ? "" : ", metrics at "
                        + new HostPort(config.metricsListener().host(), broker.httpPort()))
                + (console == null ? "" : ", console at " + console.address())
                + (config.listensEverywhere() ? ", open to every address of this machine" : ""));
        out.flush();
        notice.ready("Serving at " + broker.address());
        Throwable bug = broker.failure().join(); // or a signal ends the process
        if (bug instanceof RemovedException) {
            PrintWriter err = spec.commandLine().getErr();
            err.println("chapar: " + bug.getMessage() + " This one has stopped.");
            err.flush();
            return ClusterCommand.DONE;
        }
        if (bug instanceof ReplacedException) {
            throw new CommandFailure(bug.getMessage() + " This one has stopped.", bug);
        }
        throw new CommandFailure("The broker met a bug and stopped serving: " + bug, bug);
    }

    /// A clean stop is a success, whatever code the signal would have given, and so is one that was wished by taking
    /// the broker out; only a bug is none.
    private static int code(Broker broker) {
        boolean failed = broker.failure().isDone() && !(broker.failure().join() instanceof RemovedException);
        return failed ? Failures.FAILED : ClusterCommand.DONE;
    }

    private BrokerConfig config() {
        Map<String, String> stated = KafkaSettings.over(
                file == null ? Map.of() : SettingsFile.read(file, spec.commandLine()), settings);
        Map<String, String> flags = new TreeMap<>();
        if (listen != null) {
            try {
                HostPort at = HostPort.parse(listen);
                // What is typed in a hurry must not open the broker to the network.
                flags.put("listeners", at.host().isEmpty() ? "127.0.0.1:" + at.port() : listen);
            } catch (IllegalArgumentException e) {
                throw new CommandLine.ParameterException(spec.commandLine(), "--listen " + e.getMessage() + ".", e);
            }
        }
        if (metrics != null) {
            try {
                HostPort.parse(metrics);
            } catch (IllegalArgumentException e) {
                throw new CommandLine.ParameterException(spec.commandLine(), "--metrics " + e.getMessage() + ".", e);
            }
            flags.put("metrics.listener", metrics);
        }
        if (data != null) {
            if (data.isBlank()) {
                throw new CommandLine.ParameterException(spec.commandLine(), "--data must not be empty.");
            }
            flags.put("log.dirs", data);
        }
        if (nodeId != null) {
            flags.put("node.id", nodeId.toString());
        }
        if (!quorum.isEmpty()) {
            flags.put("quorum", String.join(",", quorum));
        }
        Map<String, String> all = KafkaSettings.over(stated, flags);
        try {
            BrokerConfig config = BrokerConfig.of(all);
            sayWhatIsIdle(all);
            return config;
        } catch (BrokerStartException.BadConfig e) {
            throw new CommandLine.ParameterException(spec.commandLine(), e.getMessage(), e);
        }
    }

    private void sayWhatIsIdle(Map<String, String> stated) {
        List<String> parts = new ArrayList<>();
        KafkaSettings.withoutEffect(stated.keySet())
                .forEach((reason, names) -> parts.add(String.join(", ", names) + " (" + reason + ")"));
        if (!parts.isEmpty()) {
            PrintWriter err = spec.commandLine().getErr();
            err.println("chapar: settings of Kafka's without effect here: " + String.join("; ", parts) + ".");
            err.flush();
        }
    }

    /// Since the process began, for that is what the user waited for; unless a build came first.
    private long sinceStartMs() {
        Instant main = ((Chapar) spec.root().userObject()).begun;
        return Boolean.getBoolean("chapar.built") ? Duration.between(main, Instant.now()).toMillis() : ProcessAge.ms();
    }
}

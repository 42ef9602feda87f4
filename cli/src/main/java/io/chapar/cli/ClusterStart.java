package io.chapar.cli;

import io.chapar.broker.config.BrokerConfig;
import io.chapar.cli.cluster.ClusterFile;
import io.chapar.cli.cluster.LocalCluster;
import io.chapar.cli.cluster.LocalNode;
import io.chapar.cli.cluster.StartPlanCore;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

@Command(name = "start",
        description = "Start the brokers of a cluster on this machine, to try one; or those of them that do not run.",
        footer = {"",
            "Each broker is a process of its own, with its data and its log in the folder. Returns when clients can",
            "connect to all; they run on until 'chapar cluster stop'. Ports are the same for good: clients' 100",
            "apart from --base-port on, the metadata quorum's 1 and the brokers' own 2 above.",
            "",
            "Topics get 3 replicas of which 2 have to be in sync, where --set says nothing else. CHAPAR_JAVA_OPTS has",
            "further flags for the brokers' Java machines.",
            "", "Examples:", "  chapar cluster start", "  chapar cluster start --data /tmp/try --base-port 0",
            "  chapar cluster start --nodes 5 --set num.partitions=6"})
final class ClusterStart extends FolderCommand {
    private static final int LONGEST_WAIT_SECONDS = 3_600;

    @Option(names = "--nodes", paramLabel = "N",
        description = "Brokers, 1 to " + StartPlanCore.MOST_NODES + " (default: " + StartPlanCore.DEFAULT_NODES
            + "); three of them vote on the metadata. More than there are: the cluster gets more.")
    @Nullable Integer nodes;

    @Option(names = "--base-port", paramLabel = "PORT",
        description = "The first broker's port (default: 9092); 0 takes free ones.")
    @Nullable Integer basePort;

    @Option(names = "--set", paramLabel = "KEY=VALUE",
        description = "A setting of all brokers that are started from now on; repeatable.")
    Map<String, String> settings = new LinkedHashMap<>();

    @Option(names = "--wait", paramLabel = "SECONDS", defaultValue = "30",
        description = "How long all of them together have to become ready (default: 30).")
    int waitSeconds;

    @Override
    void run(LocalCluster cluster) throws InterruptedException {
        if (nodes != null && (nodes < 1 || nodes > StartPlanCore.MOST_NODES)) {
            throw usage("--nodes is between 1 and " + StartPlanCore.MOST_NODES + ".");
        }
        if (basePort != null && (basePort < 0 || basePort > 65_535)) {
            throw usage("--base-port is between 0 and 65535.");
        }
        if (waitSeconds < 1 || waitSeconds > LONGEST_WAIT_SECONDS) {
            throw usage("--wait is between 1 and " + LONGEST_WAIT_SECONDS + " seconds.");
        }
        for (String key : settings.keySet()) {
            String problem = BrokerConfig.problem(key, settings);
            if (problem != null) {
                throw usage(problem);
            }
        }
        ClusterFile started = cluster.start(new StartPlanCore.Wish(nodes, basePort, settings),
                Duration.ofSeconds(waitSeconds));
        switch (format()) {
            case table, wide, name, csv -> sayWhatIsNext(started);
            case json, yaml -> show(object(started));
        }
    }

    private void sayWhatIsNext(ClusterFile started) {
        String folder = data.equals(Path.of(DEFAULT_FOLDER)) ? "" : " --data " + data;
        out().println();
        out().println("Bootstrap servers: " + started.bootstrap());
        out().println("Data and logs:     " + data.toAbsolutePath().normalize());
        out().println();
        out().println("  export CHAPAR_BOOTSTRAP=" + started.bootstrap());
        out().println("  chapar topic create orders --partitions 6");
        out().println("  chapar cluster status" + folder + "    who leads what, and what is at risk");
        out().println("  chapar cluster kill 2" + folder + "    SIGKILL for one of them");
        out().println("  chapar cluster start" + folder + "     starts what does not run");
        out().println("  chapar cluster stop" + folder);
    }

    private Map<String, Object> object(ClusterFile started) {
        List<Map<String, Object>> all = new ArrayList<>();
        for (LocalNode node : started.nodes().values()) {
            Map<String, Object> one = new LinkedHashMap<>();
            one.put("node", node.id());
            one.put("address", node.address());
            one.put("pid", node.process() == null ? "" : node.process().pid());
            all.add(one);
        }
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("bootstrap", started.bootstrap());
        object.put("folder", data.toAbsolutePath().normalize());
        object.put("nodes", all);
        return object;
    }
}

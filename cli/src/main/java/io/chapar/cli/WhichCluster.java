package io.chapar.cli;

import io.chapar.cli.ProfileCommand.Talk;
import io.chapar.cli.cluster.ClusterFailure;
import io.chapar.cli.cluster.ClusterFile;
import io.chapar.cli.cluster.ClusterFolder;
import io.chapar.cli.cluster.LocalNode;
import io.chapar.cli.cluster.StatusCore.Facts;
import io.chapar.client.admin.ClusterDescription;
import io.chapar.client.metadata.TopicView;
import io.chapar.protocol.TopicPartition;
import io.chapar.transport.Node;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/// At which brokers a command looks, those that do not answer among them: by the addresses given, or by those of the
/// cluster that runs in a folder of this machine.
final class WhichCluster {
    private static final int REQUEST_TIMEOUT_MS = 3_000;
    private static final int LOG_ENDS_LIMIT_MS = 2_000;

    @Option(names = "--data", paramLabel = "FOLDER",
        description = "The folder of a cluster that 'chapar cluster start' runs (default: "
            + FolderCommand.DEFAULT_FOLDER + ", if no --bootstrap is given and one is there).")
    @Nullable Path data;

    /// What runs here; null where addresses were given, or nothing does.
    private @Nullable ClusterFile local;

    Cluster open(ClusterCommand command) {
        try {
            local = local(command);
        } catch (ClusterFailure e) {
            throw new CommandFailure(e);
        }
        String bootstrap = local == null ? command.bootstrap() : local.bootstrap();
        try {
            Bootstrap.requireReachable(bootstrap);
        } catch (CommandFailure e) {
            throw local == null ? e : new CommandFailure("No broker of the cluster answers: " + local.nodes().values()
                    .stream().map(node -> node.name() + " is " + process(node)).collect(Collectors.joining(", "))
                    + ". 'chapar cluster start' starts those that do not run", e);
        }
        return Cluster.connect(bootstrap, REQUEST_TIMEOUT_MS);
    }

    private @Nullable ClusterFile local(ClusterCommand command) {
        if (data != null) {
            return new ClusterFolder(data).read();
        }
        return command.isBootstrapGiven() ? null
                : new ClusterFolder(Path.of(FolderCommand.DEFAULT_FOLDER)).readOrNull();
    }

    /// What the machine says of a broker's process: null where it is none of this command's.
    @Nullable String process(int broker) {
        LocalNode node = local == null ? null : local.nodes().get(broker);
        return node == null ? null : process(node);
    }

    private static String process(LocalNode node) {
        return node.state().name().toLowerCase(Locale.ROOT);
    }

    /// Whom the command talks to, and who says so.
    Talk talk(ClusterCommand command) {
        return local == null ? command.chapar().talk() : new Talk(local.bootstrap(), "folder");
    }

    boolean knowsProcesses() {
        return local != null;
    }

    /// @param ends whether every broker is asked where its logs end
    Facts facts(Cluster cluster, boolean ends) {
        ClusterDescription described = cluster.describe();
        List<TopicView> topics = cluster.topics();
        Map<TopicPartition, Map<Integer, Long>> all = new TreeMap<>();
        for (Node broker : ends ? described.nodes() : List.<Node>of()) {
            cluster.logEnds(broker, sharedBy(broker, topics), LOG_ENDS_LIMIT_MS).forEach((partition, end) ->
                    all.computeIfAbsent(partition, _ -> new TreeMap<>()).put(broker.id(), end));
        }
        return new Facts(described, topics, cluster.minInSync(topics.stream().map(TopicView::name).toList()), all,
                voters(cluster), cluster.drained(described.nodes()));
    }

    /// As the quorum says; where it says nothing, as the folder's cluster was started.
    private Set<Integer> voters(Cluster cluster) {
        Set<Integer> known = cluster.voters();
        return known.isEmpty() && local != null ? local.voters() : known;
    }

    /// Partitions that it has together with others.
    private static List<TopicPartition> sharedBy(Node broker, List<TopicView> topics) {
        List<TopicPartition> shared = new ArrayList<>();
        topics.forEach(topic -> topic.partitions().stream()
                .filter(each -> each.replicas().size() > 1 && each.replicas().contains(broker.id()))
                .forEach(each -> shared.add(new TopicPartition(topic.name(), each.partition()))));
        return shared;
    }
}

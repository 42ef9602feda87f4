package io.chapar.cli;

import io.chapar.cli.cluster.StatusCore;
import io.chapar.cli.cluster.StatusCore.Facts;
import io.chapar.cli.cluster.StatusCore.Health;
import io.chapar.cli.cluster.StatusCore.Status;
import io.chapar.client.ChaparException;
import io.chapar.client.ClientConfig;
import io.chapar.client.admin.ClusterDescription;
import io.chapar.client.admin.LogFolder;
import io.chapar.client.metadata.TopicView;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import io.chapar.transport.BrokerProbe;
import io.chapar.transport.Node;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

@Command(name = "doctor",
        description = "Look for what keeps clients from working, or soon will, and say what to do.",
        footer = {"",
            "Dials each address that brokers tell clients, as a client would from here, and asks each broker what is",
            "left of its disk. Ends with 1 when something has to be done.",
            "", "Examples:", "  chapar doctor", "  chapar doctor --bootstrap broker-7:9092 -o json"})
final class DoctorCommand extends ClusterCommand {
    private static final int TIMEOUT_MS = 3_000;
    /// Below this share of a disk there is little time left to do something about it.
    private static final int SCARCE_PERCENT = 10;

    /// @param todo null where nothing is to be done
    record Finding(String check, String said, @Nullable String todo) {
    }

    private final List<Finding> findings = new ArrayList<>();

    @Override
    public Integer call() throws InterruptedException {
        addresses();
        if (findings.stream().noneMatch(each -> each.todo == null)) {
            return print();
        }
        try (Cluster cluster = Cluster.connect(bootstrap(), TIMEOUT_MS)) {
            ClusterDescription described = cluster.describe();
            advertised(described.nodes());
            if (findings.stream().anyMatch(each -> each.check.equals("advertised") && each.todo != null)) {
                return print(); // this client, too, would wait for a broker to answer there
            }
            Facts facts = new Facts(described, cluster.topics(), Map.of(), Map.of(), Set.of(), Set.of());
            String trouble = described.trouble();
            say("metadata", trouble == null ? "can be written" : trouble, trouble == null ? null
                    : "See to the disk and the descriptors of the controller's machine; it tries again by itself.");
            partitions(cluster, facts);
            copies(facts);
            facts.cluster().nodes().forEach(node -> disks(cluster, node));
        }
        return print();
    }

    private void addresses() throws InterruptedException {
        for (Node node : ClientConfig.of(bootstrap(), "chapar-cli").bootstrap()) {
            List<String> problems = BrokerProbe.problems(List.of(node), TIMEOUT_MS);
            say("bootstrap", problems.isEmpty() ? address(node) + " answers" : problems.getFirst(),
                    problems.isEmpty() ? null : "Start the broker there, or take the address out of --bootstrap.");
        }
    }

    private void advertised(List<Node> nodes) throws InterruptedException {
        boolean dialledFar = ClientConfig.of(bootstrap(), "chapar-cli").bootstrap().stream()
                .noneMatch(node -> isLoopback(node.host()));
        for (Node node : nodes) {
            String sent = "broker " + node.id() + " sends clients to " + address(node);
            List<String> problems = BrokerProbe.problems(List.of(node), TIMEOUT_MS);
            if (!problems.isEmpty()) {
                say("advertised", sent + ": " + problems.getFirst(), "Set advertised.listeners of broker " + node.id()
                        + " to an address that is reached from here, or open the way to this one.");
            } else if (dialledFar && isLoopback(node.host())) {
                say("advertised", sent + ", which is another machine for each client",
                        "Set advertised.listeners of broker " + node.id() + " to its name on the network.");
            } else {
                say("advertised", sent + ", which answers", null);
            }
        }
    }

    private static boolean isLoopback(String host) {
        return host.startsWith("127.") || host.equals("localhost") || host.equals("::1");
    }

    private void partitions(Cluster cluster, Facts facts) {
        Status status = StatusCore.status(facts);
        List<TopicPartition> leaderless = status.partitions().stream()
                .filter(each -> each.health() == Health.LEADERLESS).map(StatusCore.Partition::id).toList();
        Map<TopicPartition, String> offline = cluster.whyOffline(leaderless);
        leaderless.forEach(each -> say("partitions",
                offline.getOrDefault(each, PartitionName.of(each) + " has no leader"),
                offline.containsKey(each) ? "Mend the disk and start its broker anew, or delete the topic."
                        : "Start the brokers that have it: 'chapar topic describe " + each.topic() + "' names them."));
        long under = status.underReplicated();
        if (under > 0) {
            say("partitions", Words.count(under, "partition") + " with fewer replicas in sync than replicas",
                    "Start the brokers that are down, or wait: 'chapar cluster status' shows who is behind.");
        } else if (leaderless.isEmpty()) {
            say("partitions", "all " + status.partitions().size() + " have a leader and their replicas in sync", null);
        }
    }

    /// What only one broker has is gone with it, where there are others that could have it too.
    private void copies(Facts facts) {
        List<TopicView> alone = facts.cluster().nodes().size() < 2 ? List.of() : facts.topics().stream()
                .filter(topic -> topic.partitions().stream().anyMatch(each -> each.replicas().size() < 2)).toList();
        if (!alone.isEmpty()) {
            say("copies", Words.count(alone.size(), "topic") + " with one replica though there are more brokers, "
                    + "among them " + alone.getFirst().name(), "'chapar cluster grow' gives them more.");
        }
    }

    /// As the broker's machine says it: a folder of that name here may be another one.
    private void disks(Cluster cluster, Node broker) {
        try {
            cluster.folders(broker, TIMEOUT_MS).forEach(folder -> findings.add(disk(broker.id(), folder)));
        } catch (ChaparException e) {
            say("disk", "broker " + broker.id() + " does not tell what is left of its disk: " + e.getMessage(),
                    "See to broker " + broker.id() + ", and its log.");
        }
    }

    static Finding disk(int broker, LogFolder folder) {
        String where = "broker " + broker + ", " + folder.path() + ": ";
        if (folder.error() != ErrorCode.NONE) {
            return new Finding("disk", where + folder.error(),
                    "See to the disk of broker " + broker + ", and to its log.");
        }
        if (folder.totalBytes() <= 0 || folder.usableBytes() < 0) {
            return new Finding("disk", where + "the broker does not tell what is left", null);
        }
        long percent = (long) (100.0 * folder.usableBytes() / folder.totalBytes());
        return new Finding("disk", where + Words.bytes(folder.usableBytes()) + " of "
                + Words.bytes(folder.totalBytes()) + " left (" + percent + " %)",
                percent >= SCARCE_PERCENT ? null : "Make room before producers are refused: 'chapar topic size' shows"
                        + " who takes it, and a shorter retention.ms or retention.bytes gives it back.");
    }

    private static String address(Node node) {
        return node.host() + ":" + node.port();
    }

    private void say(String check, String said, @Nullable String todo) {
        findings.add(new Finding(check, said, todo));
    }

    private int print() {
        Table table = new Table("check", "fine", "said", "todo");
        findings.forEach(each -> table.row(each.check, each.todo == null, each.said, each.todo));
        Listing listing = new Listing(table);
        findings.forEach(each -> listing.line((each.todo == null ? "fine  " : "TO DO ") + each.check + ": "
                + Words.shown(each.said) + (each.todo == null ? "" : "\n      " + each.todo)));
        listing.print(format(), out());
        return findings.stream().allMatch(each -> each.todo == null) ? DONE : Failures.FAILED;
    }
}

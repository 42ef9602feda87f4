package io.chapar.cli;

import io.chapar.cli.cluster.UpgradeCore;
import io.chapar.client.admin.BrokerFeatures;
import io.chapar.client.admin.ClusterDescription;
import io.chapar.transport.Node;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;

@Command(name = "upgrade",
        description = "Raise the levels of features to the newest, once every broker runs a release that can do them.",
        footer = {"",
            "Shows each feature's level in the cluster and what each broker can do. While one broker cannot do a level",
            "nothing is raised, and the command fails and names it: stop it, and start it with the newer release.",
            "A broker of an older release cannot come back after its cluster's levels were raised beyond it.",
            "", "Examples:", "  chapar cluster upgrade --dry-run", "  chapar cluster upgrade"})
final class ClusterUpgrade extends ClusterCommand {
    @Option(names = "--dry-run", description = "Show what can be done, and raise nothing.")
    boolean dryRun;

    @Override
    public Integer call() {
        try (Cluster cluster = connect()) {
            ClusterDescription described = cluster.describe();
            SortedMap<Integer, BrokerFeatures> brokers = new TreeMap<>();
            for (Node broker : described.nodes()) {
                brokers.put(broker.id(), cluster.features(broker));
            }
            UpgradeCore.Plan plan = UpgradeCore.plan(brokers);
            boolean raise = !dryRun && !plan.raises().isEmpty() && !plan.isHeld();
            if (raise) {
                cluster.raise(plan.raises());
            }
            print(plan, described.fenced(), raise);
            if (!dryRun && plan.isHeld()) {
                throw new CommandFailure("Nothing is raised: " + String.join("; ", plan.holds()));
            }
        }
        return DONE;
    }

    private void print(UpgradeCore.Plan plan, List<Node> fenced, boolean raised) {
        Table table = new Table("feature", "level", "newest", "brokers");
        plan.features().forEach(one -> table.row(one.name(), one.level(), one.newest(), one.brokers().entrySet()
                .stream().map(each -> each.getKey() + ":" + each.getValue()).toList()));
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("features", table.objects());
        all.put("raises", plan.raises());
        all.put("raised", raised);
        all.put("holds", plan.holds());
        all.put("notAsked", new ArrayList<>(fenced.stream().map(Node::id).toList()));
        new Listing(table).whole(all).table(table).line("")
                .lines(fenced.stream().map(one -> "Broker " + one.id() + " is not in session, and cannot be asked.")
                        .toList())
                .line(sentence(plan, raised)).print(format(), out());
    }

    private static String sentence(UpgradeCore.Plan plan, boolean raised) {
        if (plan.raises().isEmpty()) {
            return "All features are at the newest level that these brokers know.";
        }
        String what = plan.raises().entrySet().stream().map(one -> one.getKey() + " to " + one.getValue())
                .collect(Collectors.joining(", "));
        if (plan.isHeld()) {
            return "To be raised once all brokers can do it: " + what + ". Not yet: " + String.join("; ", plan.holds())
                    + '.';
        }
        return (raised ? "Raised: " : "Can be raised: ") + what + '.';
    }
}

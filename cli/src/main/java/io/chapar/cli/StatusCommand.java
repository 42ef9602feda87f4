package io.chapar.cli;

import io.chapar.cli.ProfileCommand.Talk;
import io.chapar.cli.cluster.StatusCore;
import io.chapar.cli.cluster.StatusCore.Facts;
import io.chapar.cli.cluster.StatusCore.Health;
import io.chapar.cli.cluster.StatusCore.Status;
import io.chapar.client.admin.ReplicaSize;
import io.chapar.client.admin.TransactionDescription;
import io.chapar.client.admin.TransactionFilter;
import io.chapar.client.admin.TransactionListing;
import io.chapar.protocol.TopicPartition;
import picocli.CommandLine.Command;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;

import static java.util.Objects.requireNonNull;

@Command(name = "status",
        description = "Show on one screen what matters: brokers, partitions, the largest topics, groups that are"
            + " behind, open transactions; of the last minute requests, topics that grow, fenced producers.",
        footer = {"",
            "Rates are told by brokers that were started with --metrics. P99 MS is without fetches, which wait.",
            "HELD are records that a group cannot read yet since a transaction is open before them.",
            "", "Examples:", "  chapar status", "  chapar status -o json"})
final class StatusCommand extends LookAtCluster {
    private static final int MOST_SHOWN = 5;
    /// Each costs a request.
    private static final int MOST_DESCRIBED = 200;
    private static final List<String> OPEN = List.of("Ongoing", "PrepareCommit", "PrepareAbort");

    @Override
    Listing list(Cluster cluster) {
        Talk talk = which.talk(this);
        Facts facts = which.facts(cluster, false);
        Status status = StatusCore.status(facts);
        List<TopicPartition> leaderless = status.partitions().stream()
                .filter(each -> each.health() == Health.LEADERLESS).map(StatusCore.Partition::id).toList();
        List<String> offline = List.copyOf(cluster.whyOffline(leaderless).values());
        Table brokers = brokers(status);
        Table topics = topics(facts, cluster.sizes(facts.topics()));
        GroupLag.All groups = GroupLag.all(cluster);
        List<GroupLag> behind = groups.behind();
        List<TransactionListing> open = cluster.transactions(new TransactionFilter(OPEN, List.of(), -1, null));
        OldestOpen oldest = OldestOpen.of(open, ms -> cluster.transactions(
                new TransactionFilter(OPEN, List.of(), ms, null)), 4 * MOST_SHOWN, MOST_DESCRIBED);
        Table transactions = transactions(cluster, oldest.found());
        BrokersLately lately = BrokersLately.of(
                cluster, facts.cluster().clusterId(), List.copyOf(facts.cluster().nodes()));
        String trouble = facts.cluster().trouble();
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("clusterId", facts.cluster().clusterId());
        all.put("bootstrap", talk.bootstrap());
        all.put("bootstrapFrom", talk.from());
        all.put("metadataTrouble", trouble);
        all.put("topics", facts.topics().size());
        all.put("partitions", status.partitions().size());
        all.put("leaderless", leaderless.stream().map(PartitionName::of).toList());
        all.put("underReplicated", status.underReplicated());
        all.put("belowMinInSync", status.count(Health.BELOW_MIN_IN_SYNC));
        all.put("offline", offline);
        all.put("brokers", brokers.objects());
        all.put("brokersLately", lately.table().objects());
        all.put("topicsThatGrow", lately.growing(MOST_SHOWN).objects());
        all.put("fencedLately", lately.fenced(MOST_SHOWN).objects());
        all.put("groupsThatFlap", lately.flapping(MOST_SHOWN).objects());
        all.put("damaged", lately.damaged(MOST_SHOWN).objects());
        all.put("disksFull", lately.full());
        all.put("largestTopics", topics.objects());
        all.put("groupsBehind", groups(behind).objects());
        all.put("groupsNotLookedAt", groups.notLookedAt());
        all.put("openTransactions", open.size());
        all.put("oldestTransactions", transactions.objects());
        all.put("transactionsNotLookedAt", oldest.unknown());
        Listing listing = new Listing(brokers).whole(all)
                .line("Cluster " + facts.cluster().clusterId() + " at " + talk.bootstrap()
                        + (talk.from().startsWith("profile ") ? " (" + talk.from() + ")" : "") + ", metadata "
                        + (trouble == null ? "fine" : trouble))
                .line(Words.count(status.partitions().size(), "partition") + " of "
                        + Words.count(facts.topics().size(), "topic") + ": " + leaderless.size()
                        + " without leader, " + status.count(Health.BELOW_MIN_IN_SYNC)
                        + " below min.insync.replicas, " + status.underReplicated() + " under-replicated")
                .lines(offline)
                .lines(StatusHints.full(lately.full()))
                .tableIfAny(brokers)
                .tableIfAny(lately.table());
        if (lately.whoIsSilent() != null) {
            listing.line(lately.whoIsSilent());
        }
        sectionIfAny(listing, "Records that a disk does not give", lately.damaged(MOST_SHOWN), StatusHints::damaged);
        sectionIfAny(listing, "Topics that grow", lately.growing(MOST_SHOWN), StatusHints::growing);
        sectionIfAny(listing, "Producers fenced lately", lately.fenced(MOST_SHOWN), StatusHints::fenced);
        sectionIfAny(listing, "Groups that rebalance again and again", lately.flapping(MOST_SHOWN),
                StatusHints::flapping);
        section(listing, topics.isEmpty() ? "No topic has records" : "Largest topics", topics);
        section(listing, behind.isEmpty() ? "No group is behind" : "Groups behind: " + behind.size(), groups(behind));
        listing.lines(StatusHints.notLookedAt("group", groups.notLookedAt(), "chapar group describe ID"));
        behind.stream().filter(each -> each.heldAt() != null).limit(MOST_SHOWN).forEach(each -> listing.line(
                Words.shown(each.group()) + ": a transaction holds records back; 'chapar txn why "
                        + PartitionName.of(requireNonNull(each.heldAt())) + "' says which"));
        listing.lines(StatusHints.behind(behind));
        section(listing, open.isEmpty() ? "No transaction is open"
                : "Open transactions, oldest first: " + open.size(), transactions);
        return listing.lines(StatusHints.notLookedAt("transaction", oldest.unknown(), "chapar txn describe ID"))
                .lines(StatusHints.open(transactions));
    }

    private static void sectionIfAny(Listing listing, String title, Table table,
            Function<Table, List<String>> next) {
        if (!table.isEmpty()) {
            section(listing, title, table);
            listing.lines(next.apply(table));
        }
    }

    private static void section(Listing listing, String title, Table table) {
        listing.line("").line(title);
        if (!table.isEmpty()) {
            listing.table(table);
        }
    }

    private static Table brokers(Status status) {
        Table table = new Table("broker", "address", "state", "controller", "leads", "replicas", "inSync");
        status.brokers().forEach(each -> table.row(each.id(), address(each), state(each), each.controller(),
                each.leads(), each.replicas(), each.inSync()));
        return table;
    }

    private static Table topics(Facts facts, List<ReplicaSize> sizes) {
        Map<String, Long> bytes = new TreeMap<>();
        sizes.forEach(each -> bytes.merge(each.partition().topic(), each.bytes(), Long::sum));
        Table table = new Table("topic", "partitions", "onDisks");
        facts.topics().stream().filter(each -> bytes.getOrDefault(each.name(), 0L) > 0)
                .sorted(Comparator.comparingLong(each -> -bytes.getOrDefault(each.name(), 0L))).limit(MOST_SHOWN)
                .forEach(each -> table.row(each.name(), each.partitionCount(), bytes.get(each.name())));
        return table;
    }

    private static Table groups(List<GroupLag> behind) {
        Table table = new Table("group", "state", "lag", "held", "topics");
        behind.stream().limit(MOST_SHOWN).forEach(each ->
                table.row(each.group(), each.state(), each.lag(), each.held(), List.copyOf(each.topics())));
        return table;
    }

    /// One that has ended meanwhile is left out.
    private static Table transactions(Cluster cluster, List<TransactionListing> open) {
        List<TransactionDescription> known = new ArrayList<>();
        for (TransactionListing each : open) {
            TransactionDescription one = cluster.transactionOrNull(each.transactionalId());
            if (one != null && OPEN.contains(one.state())) {
                known.add(one);
            }
        }
        Table table = new Table("transactionalId", "state", "ageSeconds", "timeoutSeconds", "partitions", "client");
        long now = System.currentTimeMillis();
        known.stream().sorted(Comparator.comparingLong(TransactionDescription::startMs)).limit(MOST_SHOWN)
                .forEach(each -> table.row(each.transactionalId(), each.state(),
                        each.startMs() < 0 ? null : Math.max(0, now - each.startMs()) / 1000,
                        Duration.ofMillis(each.timeoutMs()).toSeconds(), each.partitions().size(), each.clientId()));
        return table;
    }
}

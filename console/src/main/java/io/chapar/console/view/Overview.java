package io.chapar.console.view;

import io.chapar.client.metadata.PartitionView;
import io.chapar.client.metadata.TopicView;
import io.chapar.console.web.Query;
import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/// What matters, on one page.
final class Overview {
    private static final long REMEMBERED_MS = 1_500;
    private static final int MOST_NAMED = 20;
    private static final int MOST_TOPICS = 8;
    private static final int MOST_TRANSACTIONS = 5;

    record Page(Brokers.Page cluster, int topics, int partitions, int leaderlessCount, List<Trouble> leaderless,
            int underReplicatedCount, List<String> underReplicated, List<TopicFacts.Row> largest,
            List<TopicFacts.Row> growing, Groups.Behind groups, int openTransactions,
            List<Transactions.Row> oldestTransactions) {
    }

    /// @param why null where no broker says
    record Trouble(String partition, @Nullable String why) {
    }

    private final TopicFacts facts;
    private final Topics topics;
    private final Brokers brokers;
    private final Groups groups;
    private final Transactions transactions;
    private final Remembered<Page> page = new Remembered<>(REMEMBERED_MS, this::look);

    Overview(TopicFacts facts, Topics topics, Brokers brokers, Groups groups, Transactions transactions) {
        this.facts = facts;
        this.topics = topics;
        this.brokers = brokers;
        this.groups = groups;
        this.transactions = transactions;
    }

    Page page(Query query) {
        return page.get();
    }

    private Page look() {
        int partitions = 0;
        List<TopicPartition> leaderless = new ArrayList<>();
        List<TopicPartition> under = new ArrayList<>();
        for (TopicView topic : facts.all()) {
            for (PartitionView one : topic.partitions()) {
                partitions++;
                if (!one.hasLeader()) {
                    leaderless.add(new TopicPartition(topic.name(), one.partition()));
                }
                if (one.inSync().size() < one.replicas().size()) {
                    under.add(new TopicPartition(topic.name(), one.partition()));
                }
            }
        }
        List<TopicFacts.Row> rows = facts.rows();
        Transactions.Page open = transactions.open();
        return new Page(brokers.all(), rows.size(), partitions, leaderless.size(), troubles(leaderless), under.size(),
                under.stream().limit(MOST_NAMED).map(Overview::name).toList(),
                rows.stream().filter(one -> one.bytes() > 0)
                        .sorted(Comparator.comparingLong((TopicFacts.Row one) -> -one.bytes())).limit(MOST_TOPICS)
                        .toList(),
                rows.stream().filter(one -> Topics.shrinking(one) < 0)
                        .sorted(Comparator.comparingLong(Topics::shrinking)).limit(MOST_TOPICS).toList(),
                groups.behind(), open.open(), Topics.part(open.transactions(), 0, MOST_TRANSACTIONS));
    }

    private List<Trouble> troubles(List<TopicPartition> leaderless) {
        List<TopicPartition> named = Topics.part(leaderless, 0, MOST_NAMED);
        Map<TopicPartition, String> why = topics.troubles(named);
        return named.stream().map(id -> new Trouble(name(id), why.get(id))).toList();
    }

    private static String name(TopicPartition id) {
        return id.topic() + "/" + id.partition();
    }
}

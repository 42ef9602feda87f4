package io.chapar.console.view;

import io.chapar.console.web.View;

import java.util.LinkedHashMap;
import java.util.Map;

/// All views and changes by the last part of their paths.
public final class Views implements AutoCloseable {
    private final ClusterLink cluster;
    private final LagHistory history;
    private final Map<String, View> all = new LinkedHashMap<>();
    private final Map<String, View> changes = new LinkedHashMap<>();

    /// What the page has to know of itself.
    private record About(boolean writes) {
    }

    /// @param writes whether something may be changed
    public Views(String bootstrap, boolean writes) {
        cluster = new ClusterLink(bootstrap);
        history = new LagHistory(cluster);
        TopicFacts facts = new TopicFacts(cluster);
        Topics topics = new Topics(cluster, facts);
        Brokers brokers = new Brokers(cluster, facts);
        Groups groups = new Groups(cluster);
        Transactions transactions = new Transactions(cluster);
        Records records = new Records(cluster);
        all.put("about", _ -> new About(writes));
        all.put("overview", new Overview(facts, topics, brokers, groups, transactions)::page);
        all.put("topics", topics::page);
        all.put("topic", topics::one);
        all.put("records", records::page);
        all.put("record", records::one);
        all.put("groups", groups::page);
        all.put("group", new GroupPage(cluster, history)::page);
        all.put("transactions", transactions::page);
        all.put("why", transactions::why);
        all.put("brokers", brokers::page);
        all.put("settings", new Settings(cluster)::page);
        if (writes) {
            Changes change = new Changes(cluster);
            changes.put("create-topic", change::createTopic);
            changes.put("delete-topic", change::deleteTopic);
            changes.put("set-topic-setting", change::setTopicSetting);
            changes.put("delete-group", change::deleteGroup);
            changes.put("abort-transaction", change::abortTransaction);
            changes.put("abort-hanging", change::abortHanging);
        }
    }

    public Map<String, View> all() {
        return all;
    }

    public Map<String, View> changes() {
        return changes;
    }

    @Override
    public void close() {
        history.close();
        cluster.close();
    }
}

package io.chapar.console.view;

import io.chapar.client.admin.NewTopic;
import io.chapar.client.admin.OpenTransaction;
import io.chapar.client.admin.TransactionDescription;
import io.chapar.console.web.Query;
import io.chapar.console.web.Refusal;
import io.chapar.protocol.TopicPartition;

import java.util.List;
import java.util.Map;

/// What the console can change where it may: few things, each of which an operator does by hand, one at a time.
final class Changes {
    record Done(String done) {
    }

    private final ClusterLink cluster;

    Changes(ClusterLink cluster) {
        this.cluster = cluster;
    }

    Done createTopic(Query query) {
        String name = query.text("name");
        NewTopic topic = new NewTopic(name, query.count("partitions", NewTopic.BROKER_DEFAULT, -1, 100_000));
        ClusterLink.value(cluster.admin().createTopics(List.of(topic)).get(name), "topic", name);
        return new Done("Created topic " + name);
    }

    Done deleteTopic(Query query) {
        String name = query.text("name");
        ClusterLink.value(cluster.admin().deleteTopics(List.of(name)).get(name), "topic", name);
        return new Done("Deleted topic " + name);
    }

    /// Without a value the setting goes back to its default.
    Done setTopicSetting(Query query) {
        String topic = query.text("topic");
        String name = query.text("name");
        String value = query.textOrNull("value");
        ClusterLink.value(cluster.admin().changeTopicConfig(topic, value == null ? Map.of() : Map.of(name, value),
                value == null ? List.of(name) : List.of()), "topic", topic);
        return new Done(value == null ? name + " of " + topic + " is as by default"
                : name + " of " + topic + " is " + value);
    }

    Done deleteGroup(Query query) {
        String id = query.text("id");
        ClusterLink.value(cluster.admin().deleteGroup(id), "group", id);
        return new Done("Deleted group " + id);
    }

    /// What an id has open; its producer is shut out.
    Done abortTransaction(Query query) {
        String id = query.text("id");
        TransactionDescription before = ClusterLink.value(
                cluster.admin().describeTransactions(List.of(id)).get(id), "transactional id", id);
        if (before.state().startsWith("Prepare")) {
            throw new Refusal(409, "The transaction of '" + id + "' is decided already and ends by itself");
        }
        if (before.startMs() < 0) {
            throw new Refusal(409, "Transactional id '" + id + "' has no open transaction");
        }
        ClusterLink.value(cluster.admin().fenceProducer(id), "transactional id", id);
        return new Done("Aborted the transaction of " + id + " and shut its producer out");
    }

    /// What hangs at a partition, where no coordinator is going to end it.
    Done abortHanging(Query query) {
        TopicPartition partition = cluster.partition(
                query.text("topic"), query.count("partition", -1, 0, Integer.MAX_VALUE));
        List<OpenTransaction> hanging = cluster.admin().openTransactions(List.of(partition)).stream()
                .filter(OpenTransaction::hangs).toList();
        if (hanging.isEmpty()) {
            throw new Refusal(409, "Nothing is known to hang at " + partition);
        }
        if (hanging.stream().anyMatch(one -> one.owner() == null)) {
            long longestMs = cluster.admin().longestTransactionMs();
            long nowMs = System.currentTimeMillis();
            if (hanging.stream().anyMatch(one -> one.isYoung(nowMs, longestMs))) {
                throw new Refusal(409, "No coordinator knows what hangs at " + partition + ", and it was last written"
                        + " to within transaction.max.timeout.ms: it may yet be known");
            }
        }
        hanging.forEach(one -> ClusterLink.value(cluster.admin().abortAtPartition(partition, one.open()), "partition",
                partition.toString()));
        return new Done("Aborted what hung at " + partition + ": " + hanging.size());
    }
}

package io.chapar.cli.demo;

import io.chapar.client.ChaparException;
import io.chapar.client.ClientConfig;
import io.chapar.client.OffsetAndMetadata;
import io.chapar.client.admin.Admin;
import io.chapar.client.admin.NewTopic;

import java.util.List;

/// Watches from outside how far a mode's application has got. A broker that is being restarted is waited for.
final class Observer implements AutoCloseable {
    private static final String OPEN = "Ongoing";

    private final Admin admin;
    private long lastCommitted;
    private String lastGroup = "";

    Observer(String address) {
        admin = Admin.open(ClientConfig.of(address, "chapar-demo-observer"));
    }

    void createTopics(List<String> names, int partitions) {
        List<NewTopic> topics = names.stream().map(name -> new NewTopic(name, partitions)).toList();
        admin.createTopics(topics).forEach((name, result) -> result.get());
    }

    /// How many inputs the group has committed as processed; what was last known while the broker cannot say.
    long committed(String group) {
        if (!group.equals(lastGroup)) {
            lastGroup = group;
            lastCommitted = 0;
        }
        try {
            long committed = admin.committedOffsets(group).values().stream().mapToLong(OffsetAndMetadata::offset).sum();
            lastCommitted = Math.max(lastCommitted, committed);
        } catch (ChaparException brokerIsAway) {
            return lastCommitted;
        }
        return lastCommitted;
    }

    /// Whether there is work begun and not finished: an open transaction in exactly-once, input that is not committed
    /// in the other modes.
    boolean hasWorkInFlight(String mode, String application, long input) {
        if (!mode.equals("EXACTLY_ONCE")) {
            return committed(application) < input;
        }
        try {
            return admin.listTransactions().stream()
                    .anyMatch(txn -> txn.state().equals(OPEN) && txn.transactionalId().startsWith(application));
        } catch (ChaparException brokerIsAway) {
            return false;
        }
    }

    @Override
    public void close() {
        admin.close();
    }
}

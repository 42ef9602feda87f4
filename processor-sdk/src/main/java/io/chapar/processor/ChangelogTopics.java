package io.chapar.processor;

import io.chapar.client.UsageException;
import io.chapar.client.admin.Admin;
import io.chapar.client.admin.AdminResult;
import io.chapar.client.admin.ConfigEntry;
import io.chapar.client.admin.CreatedTopic;
import io.chapar.client.admin.NewTopic;
import io.chapar.client.metadata.TopicView;
import io.chapar.protocol.ErrorCode;
import org.jspecify.annotations.Nullable;

import java.util.List;
import java.util.Map;

import static java.util.Objects.requireNonNull;

/// The topics in which state is kept: compacted, with as many partitions as the input that they belong to.
final class ChangelogTopics {
    private static final String CLEANUP_POLICY = "cleanup.policy";
    private static final String COMPACT = "compact";

    private final Admin admin;

    ChangelogTopics(Admin admin) {
        this.admin = admin;
    }

    /// Makes what is missing; [UsageException] when something is there that does not fit. Blocks.
    void prepare(States states) {
        states.inputByChangelog().forEach(this::prepare);
    }

    private void prepare(String changelog, String input) {
        TopicView inputTopic = describe(input);
        if (inputTopic == null) {
            throw new UsageException(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, "Topic " + input + " does not exist: a topic"
                    + " whose records change state has to be there before the application starts");
        }
        int partitions = inputTopic.partitionCount();
        TopicView known = describe(changelog);
        if (known == null) {
            create(changelog, partitions);
            known = describe(changelog);
        }
        if (known != null && known.partitionCount() != partitions) {
            throw new UsageException("Topic " + changelog + " has " + known.partitionCount() + " partitions and topic "
                    + input + ", whose state it keeps, has " + partitions + ": a key's state would be looked for in"
                    + " another partition than it lies in. Give the step another name, or the application another id,"
                    + " and let it process everything anew");
        }
        requireCompacted(changelog);
    }

    /// Null when there is no such topic.
    private @Nullable TopicView describe(String topic) {
        AdminResult<TopicView> result = answer(admin.describeTopics(List.of(topic)), topic);
        if (result instanceof AdminResult.Refused<TopicView> refused
                && refused.error() == ErrorCode.UNKNOWN_TOPIC_OR_PARTITION) {
            return null;
        }
        return result.get();
    }

    private void create(String changelog, int partitions) {
        AdminResult<CreatedTopic> result = answer(admin.createTopics(List.of(new NewTopic(changelog, partitions,
                NewTopic.BROKER_DEFAULT, Map.of(CLEANUP_POLICY, COMPACT)))), changelog);
        boolean others = result instanceof AdminResult.Refused<CreatedTopic> refused
                && refused.error() == ErrorCode.TOPIC_ALREADY_EXISTS;
        if (!others) {
            result.get();
        }
    }

    private static <T> AdminResult<T> answer(Map<String, AdminResult<T>> answers, String topic) {
        return requireNonNull(answers.get(topic), "each topic that was asked about is answered for");
    }

    private void requireCompacted(String changelog) {
        for (ConfigEntry entry : admin.describeTopicConfig(changelog).get()) {
            if (entry.name().equals(CLEANUP_POLICY) && !COMPACT.equals(entry.value())) {
                throw new UsageException("Topic " + changelog + " has " + CLEANUP_POLICY + "=" + entry.value()
                        + ": state that has not changed for a while would be deleted. Set it to " + COMPACT);
            }
        }
    }
}

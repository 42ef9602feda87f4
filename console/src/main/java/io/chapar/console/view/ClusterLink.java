package io.chapar.console.view;

import io.chapar.client.ChaparException;
import io.chapar.client.ClientConfig;
import io.chapar.client.ConfigReader;
import io.chapar.client.KafkaConfigNames;
import io.chapar.client.UsageException;
import io.chapar.client.admin.Admin;
import io.chapar.client.admin.AdminResult;
import io.chapar.client.admin.ListedOffset;
import io.chapar.client.admin.OffsetSpec;
import io.chapar.client.metadata.TopicView;
import io.chapar.console.web.Refusal;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;

import static java.util.Objects.requireNonNull;

/// The client by which the console asks the cluster: one for all who look, opened when somebody first does. From any
/// thread that may block.
public final class ClusterLink implements AutoCloseable {
    private static final int REQUEST_TIMEOUT_MS = 4_000;
    private static final int CALL_TIMEOUT_MS = 6_000;

    private final String bootstrap;
    private final ReentrantLock opening = new ReentrantLock();
    private @Nullable Admin admin;
    private boolean closed;

    /// @param bootstrap `HOST:PORT`
    public ClusterLink(String bootstrap) {
        this.bootstrap = bootstrap;
    }

    Admin admin() {
        opening.lock();
        try {
            if (closed) {
                throw new UsageException("The console is closed");
            }
            Admin open = admin;
            if (open == null) {
                open = Admin.open(ClientConfig.read(new ConfigReader(Map.of(
                        KafkaConfigNames.BOOTSTRAP_SERVERS, bootstrap,
                        KafkaConfigNames.REQUEST_TIMEOUT_MS, REQUEST_TIMEOUT_MS,
                        KafkaConfigNames.DEFAULT_API_TIMEOUT_MS, CALL_TIMEOUT_MS,
                        KafkaConfigNames.SOCKET_CONNECTION_SETUP_TIMEOUT_MS, REQUEST_TIMEOUT_MS)), "chapar-console"));
                admin = open;
            }
            return open;
        } finally {
            opening.unlock();
        }
    }

    /// Where these partitions end; of those that have a leader and answer.
    Map<TopicPartition, Long> offsets(Collection<TopicPartition> partitions, OffsetSpec spec, boolean stable) {
        Map<TopicPartition, OffsetSpec> wanted = new TreeMap<>();
        List<String> names = partitions.stream().map(TopicPartition::topic).distinct().toList();
        Map<String, AdminResult<TopicView>> topics = names.isEmpty() ? Map.of() : admin().describeTopics(names);
        for (TopicPartition partition : partitions) {
            if (topics.get(partition.topic()) instanceof AdminResult.Done<TopicView>(TopicView topic)) {
                var one = topic.partition(partition.partition());
                if (one != null && one.hasLeader()) {
                    wanted.put(partition, spec);
                }
            }
        }
        Map<TopicPartition, Long> offsets = new TreeMap<>();
        if (!wanted.isEmpty()) {
            admin().listOffsets(wanted, stable).forEach((partition, result) -> {
                if (result instanceof AdminResult.Done<ListedOffset>(ListedOffset listed)) {
                    offsets.put(partition, listed.offset());
                }
            });
        }
        return offsets;
    }

    TopicView topic(String name) {
        return value(admin().describeTopics(List.of(name)).get(name), "topic", name);
    }

    /// One that is there.
    TopicPartition partition(String topic, int number) {
        if (topic(topic).partition(number) == null) {
            throw Refusal.notFound("Topic '" + topic + "' has no partition " + number);
        }
        return new TopicPartition(topic, number);
    }

    /// The value, or why there is none as a [Refusal].
    static <T> T value(@Nullable AdminResult<T> result, String kind, String name) {
        return switch (requireNonNull(result, "whatever was asked for is answered")) {
            case AdminResult.Done<T>(T value) -> value;
            case AdminResult.Refused<T>(ErrorCode error, ChaparException cause) ->
                throw refusal(error, cause, kind, name);
        };
    }

    private static RuntimeException refusal(ErrorCode error, ChaparException cause, String kind, String name) {
        return switch (error) {
            case UNKNOWN_TOPIC_OR_PARTITION, TRANSACTIONAL_ID_NOT_FOUND, GROUP_ID_NOT_FOUND,
                    INVALID_TOPIC_EXCEPTION -> Refusal.notFound("There is no " + kind + " '" + name + "'");
            case OFFSET_OUT_OF_RANGE -> Refusal.notFound("The log has no such offset: " + name);
            default -> cause;
        };
    }

    @Override
    public void close() {
        opening.lock();
        try {
            closed = true;
            if (admin != null) {
                admin.close();
            }
        } finally {
            opening.unlock();
        }
    }
}

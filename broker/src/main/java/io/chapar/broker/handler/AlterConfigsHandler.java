package io.chapar.broker.handler;

import io.chapar.broker.config.TopicConfig;
import io.chapar.broker.metadata.MetadataCommand.ConfigureTopic;
import io.chapar.broker.metadata.MetadataCommand.TopicOutcome;
import io.chapar.broker.metadata.MetadataLog;
import io.chapar.broker.metadata.MetadataLog.Committed;
import io.chapar.broker.metadata.MetadataLog.NotCommitted;
import io.chapar.broker.metadata.TopicImage;
import io.chapar.broker.request.RequestContext;
import io.chapar.broker.runtime.Slices;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.AlterConfigsRequest;
import io.chapar.protocol.message.AlterConfigsResponse;
import io.chapar.protocol.message.IncrementalAlterConfigsRequest;
import io.chapar.protocol.message.IncrementalAlterConfigsRequest.AlterableConfig;
import io.chapar.protocol.message.IncrementalAlterConfigsResponse;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;

/// Changes settings of topics: IncrementalAlterConfigs (0-1), and AlterConfigs (0-2), which replaces them all.
/// Settings of a broker are those it was started with.
final class AlterConfigsHandler {
    private static final byte SET = 0;
    private static final byte DELETE = 1;
    private static final byte APPEND = 2;
    private static final byte SUBTRACT = 3;

    private final LocalBroker node;

    AlterConfigsHandler(LocalBroker node) {
        this.node = node;
    }

    private record Change(byte type, String name, Map<String, String> values, boolean replace,
            @Nullable Refusal refusal) {}

    private record Refusal(ErrorCode error, @Nullable String message) {
        static final Refusal NONE = new Refusal(ErrorCode.NONE, null);
    }

    void handle(IncrementalAlterConfigsRequest request, RequestContext context) {
        List<Change> changes = new ArrayList<>();
        Slices.each(context.loop(), request.resources(), resource -> 1 + resource.configs().size(),
                resource -> changes.add(change(resource)),
                () -> run(request, changes, context));
    }

    private Change change(IncrementalAlterConfigsRequest.AlterConfigsResource resource) {
        TreeMap<String, String> values = new TreeMap<>();
        Refusal refusal = null;
        for (AlterableConfig config : resource.configs()) {
            if (values.containsKey(config.name())) {
                refusal = new Refusal(ErrorCode.INVALID_REQUEST, "'" + config.name() + "' is changed twice.");
            } else if (resource.resourceType() == DescribeConfigsHandler.TOPIC) {
                Refusal wrong = apply(config, resource.resourceName(), values);
                refusal = wrong != null ? wrong : refusal;
            }
        }
        return new Change(resource.resourceType(), resource.resourceName(), values, false, refusal);
    }

    private void run(IncrementalAlterConfigsRequest request, List<Change> changes, RequestContext context) {
        run(changes, request.validateOnly(), context, results -> {
            List<IncrementalAlterConfigsResponse.AlterConfigsResourceResponse> answers = new ArrayList<>();
            for (int i = 0; i < changes.size(); i++) {
                answers.add(new IncrementalAlterConfigsResponse.AlterConfigsResourceResponse(
                        results.get(i).error().code(), results.get(i).message(), changes.get(i).type(),
                        changes.get(i).name()));
            }
            context.reply(IncrementalAlterConfigsResponse.builder().responses(answers).build());
        });
    }

    void handle(AlterConfigsRequest request, RequestContext context) {
        List<Change> changes = new ArrayList<>();
        Slices.each(context.loop(), request.resources(), resource -> 1 + resource.configs().size(),
                resource -> {
                    TreeMap<String, String> values = new TreeMap<>();
                    resource.configs().forEach(config -> values.put(config.name(), config.value()));
                    changes.add(new Change(resource.resourceType(), resource.resourceName(), values, true, null));
                },
                () -> run(request, changes, context));
    }

    private void run(AlterConfigsRequest request, List<Change> changes, RequestContext context) {
        run(changes, request.validateOnly(), context, results -> {
            List<AlterConfigsResponse.AlterConfigsResourceResponse> answers = new ArrayList<>();
            for (int i = 0; i < changes.size(); i++) {
                answers.add(new AlterConfigsResponse.AlterConfigsResourceResponse(
                        results.get(i).error().code(), results.get(i).message(), changes.get(i).type(),
                        changes.get(i).name()));
            }
            context.reply(AlterConfigsResponse.builder().responses(answers).build());
        });
    }

    /// Adds the change to the values; gives why it cannot be, else null.
    private @Nullable Refusal apply(AlterableConfig config, String topicName, Map<String, String> values) {
        switch (config.configOperation()) {
            case SET -> {
                if (config.value() == null) {
                    return new Refusal(ErrorCode.INVALID_REQUEST, "'" + config.name() + "' is set to nothing.");
                }
                values.put(config.name(), config.value());
            }
            case DELETE -> {
                TopicImage topic = node.image().topic(topicName);
                boolean given = topic != null && topic.config().containsKey(config.name());
                if (topic != null && !given && TopicConfig.setting(config.name()) == null) {
                    return new Refusal(ErrorCode.INVALID_CONFIG, TopicConfig.unknown(config.name()));
                }
                values.put(config.name(), null);
            }
            case APPEND, SUBTRACT -> {
                TopicConfig.Setting setting = TopicConfig.setting(config.name());
                TopicImage topic = node.image().topic(topicName);
                if (setting == null || topic == null || config.value() == null || !setting.isList()) {
                    return new Refusal(ErrorCode.INVALID_CONFIG, "'" + config.name() + "' is not a list.");
                }
                Set<String> items = new LinkedHashSet<>(List.of(node.config(topic).value(setting).split(",", -1)));
                List<String> named = List.of(config.value().split(",", -1));
                named.forEach(items::remove);
                if (config.configOperation() == APPEND) {
                    items.addAll(named);
                }
                items.removeIf(String::isBlank);
                values.put(config.name(), String.join(",", items));
            }
            default -> {
                return new Refusal(ErrorCode.INVALID_REQUEST, "Unknown operation " + config.configOperation() + ".");
            }
        }
        return null;
    }

    private void run(
            List<Change> changes, boolean validateOnly, RequestContext context, Consumer<List<Refusal>> done) {
        // For all of them together.
        long deadlineMs = context.nowMs() + MetadataLog.TIMEOUT_MS;
        List<Refusal> results = new ArrayList<>();
        Slices.inTurn(context.loop(), changes,
                (change, next) -> one(change, validateOnly, deadlineMs, context, result -> {
                    results.add(result);
                    next.run();
                }),
                () -> done.accept(results));
    }

    private void one(Change change, boolean validateOnly, long deadlineMs, RequestContext context,
            Consumer<Refusal> done) {
        if (change.refusal() != null) {
            done.accept(change.refusal());
            return;
        }
        if (change.type() != DescribeConfigsHandler.TOPIC) {
            done.accept(new Refusal(ErrorCode.INVALID_REQUEST, change.type() == DescribeConfigsHandler.BROKER
                    ? "A broker's settings are those it was started with."
                    : "Settings of resources of type " + change.type() + " are not served."));
            return;
        }
        ConfigureTopic command =
                new ConfigureTopic(change.name(), new TreeMap<>(change.values()), change.replace(), validateOnly);
        node.metadata().propose(command, deadlineMs, context.loop(), proposed -> done.accept(switch (proposed) {
            case Committed<TopicOutcome> c -> c.result().error() == ErrorCode.NONE
                    ? Refusal.NONE : new Refusal(c.result().error(), c.result().message());
            case NotCommitted<TopicOutcome> u -> new Refusal(u.error(), u.reason());
        }));
    }
}

package io.chapar.broker.handler;

import io.chapar.broker.logging.ProcessLog;
import io.chapar.broker.metadata.ConfigOwner;
import io.chapar.broker.metadata.MetadataCommand.Configure;
import io.chapar.broker.metadata.MetadataCommand.ConfigureTopic;
import io.chapar.broker.metadata.MetadataCommand.Outcome;
import io.chapar.broker.metadata.MetadataCommand.TopicOutcome;
import io.chapar.broker.metadata.MetadataLog;
import io.chapar.broker.metadata.MetadataLog.Committed;
import io.chapar.broker.metadata.MetadataLog.NotCommitted;
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

/// Changes settings of topics, of brokers, of groups and of what clients tell of themselves, and how much this broker's
/// loggers say: IncrementalAlterConfigs (0-1), and AlterConfigs (0-2), which replaces them all.
final class AlterConfigsHandler {
    /// Of one resource: more than anything has.
    private static final int MOST_SETTINGS = 1_000;
    static final byte SET = 0;
    static final byte DELETE = 1;
    static final byte APPEND = 2;
    static final byte SUBTRACT = 3;

    private final LocalBroker node;

    AlterConfigsHandler(LocalBroker node) {
        this.node = node;
    }

    private record Change(ConfigTarget target, Map<String, String> values, boolean replace,
            @Nullable Refusal refusal) {}

    record Refusal(ErrorCode error, @Nullable String message) {}

    void handle(IncrementalAlterConfigsRequest request, RequestContext context) {
        List<Change> changes = new ArrayList<>();
        Slices.each(context.loop(), request.resources(), resource -> 1 + resource.configs().size(),
                resource -> changes.add(change(resource)),
                () -> run(request, changes, context));
    }

    private Change change(IncrementalAlterConfigsRequest.AlterConfigsResource resource) {
        ConfigTarget target = new ConfigTarget(resource.resourceType(), resource.resourceName());
        TreeMap<String, String> values = new TreeMap<>();
        Refusal refusal = refusalOfMany(resource.configs().size());
        for (AlterableConfig config : refusal == null ? resource.configs() : List.<AlterableConfig>of()) {
            if (values.containsKey(config.name())) {
                refusal = new Refusal(ErrorCode.INVALID_REQUEST, "'" + config.name() + "' is changed twice.");
            } else {
                Refusal wrong = apply(config, target, values);
                refusal = wrong != null ? wrong : refusal;
            }
        }
        return new Change(target, values, false, refusal);
    }

    private static @Nullable Refusal refusalOfMany(int settings) {
        return settings <= MOST_SETTINGS ? null : new Refusal(ErrorCode.INVALID_REQUEST,
                "At most " + MOST_SETTINGS + " settings are changed together, not " + settings + ".");
    }

    private void run(IncrementalAlterConfigsRequest request, List<Change> changes, RequestContext context) {
        run(changes, request.validateOnly(), context, results -> {
            List<IncrementalAlterConfigsResponse.AlterConfigsResourceResponse> answers = new ArrayList<>();
            for (int i = 0; i < changes.size(); i++) {
                answers.add(new IncrementalAlterConfigsResponse.AlterConfigsResourceResponse(
                        results.get(i).error().code(), results.get(i).message(), changes.get(i).target().type(),
                        changes.get(i).target().name()));
            }
            context.reply(IncrementalAlterConfigsResponse.builder().responses(answers).build());
        });
    }

    void handle(AlterConfigsRequest request, RequestContext context) {
        List<Change> changes = new ArrayList<>();
        Slices.each(context.loop(), request.resources(), resource -> 1 + resource.configs().size(),
                resource -> {
                    TreeMap<String, String> values = new TreeMap<>();
                    Refusal refusal = refusalOfMany(resource.configs().size());
                    if (refusal == null) {
                        resource.configs().forEach(config -> values.put(config.name(), config.value()));
                    }
                    changes.add(new Change(new ConfigTarget(resource.resourceType(), resource.resourceName()),
                            values, true, refusal));
                },
                () -> run(request, changes, context));
    }

    private void run(AlterConfigsRequest request, List<Change> changes, RequestContext context) {
        run(changes, request.validateOnly(), context, results -> {
            List<AlterConfigsResponse.AlterConfigsResourceResponse> answers = new ArrayList<>();
            for (int i = 0; i < changes.size(); i++) {
                answers.add(new AlterConfigsResponse.AlterConfigsResourceResponse(
                        results.get(i).error().code(), results.get(i).message(), changes.get(i).target().type(),
                        changes.get(i).target().name()));
            }
            context.reply(AlterConfigsResponse.builder().responses(answers).build());
        });
    }

    /// Adds the change to the values; gives why it cannot be, else null.
    private @Nullable Refusal apply(AlterableConfig config, ConfigTarget target, Map<String, String> values) {
        if (target.type() == ConfigTarget.BROKER_LOGGER) {
            return LoggerConfigs.apply(config, values);
        }
        switch (config.configOperation()) {
            case SET -> {
                if (config.value() == null) {
                    return new Refusal(ErrorCode.INVALID_REQUEST, "'" + config.name() + "' is set to nothing.");
                }
                values.put(config.name(), config.value());
            }
            // Whatever its name: what is not set is unset already.
            case DELETE -> values.put(config.name(), null);
            case APPEND, SUBTRACT -> {
                String list = target.list(config.name(), node);
                if (list == null || config.value() == null) {
                    return new Refusal(ErrorCode.INVALID_CONFIG, "'" + config.name() + "' is not a list.");
                }
                Set<String> items = new LinkedHashSet<>(List.of(list.split(",", -1)));
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
        ConfigTarget target = change.target();
        String problem = target.problem(node);
        if (problem != null) {
            done.accept(new Refusal(ErrorCode.INVALID_REQUEST, problem));
            return;
        }
        TreeMap<String, String> values = new TreeMap<>(change.values());
        if (target.type() == ConfigTarget.BROKER_LOGGER) {
            done.accept(change.replace() ? LoggerConfigs.NOT_REPLACED
                    : LoggerConfigs.change(ProcessLog.levels(), values, validateOnly));
            return;
        }
        ConfigOwner owner = target.owner();
        if (owner == null) {
            ConfigureTopic command = new ConfigureTopic(target.name(), values, change.replace(), validateOnly);
            node.metadata().propose(command, deadlineMs, context.loop(), proposed -> done.accept(switch (proposed) {
                case Committed<TopicOutcome> c -> new Refusal(c.result().error(), c.result().message());
                case NotCommitted<TopicOutcome> u -> new Refusal(u.error(), u.reason());
            }));
            return;
        }
        Configure command = new Configure(owner, values, change.replace(), validateOnly);
        node.metadata().propose(command, deadlineMs, context.loop(), proposed -> done.accept(switch (proposed) {
            case Committed<Outcome> c -> new Refusal(
                    c.result().error() == ErrorCode.INVALID_CONFIG ? target.refusal(values) : c.result().error(),
                    c.result().message());
            case NotCommitted<Outcome> u -> new Refusal(u.error(), u.reason());
        }));
    }
}

package io.chapar.client.admin;

import io.chapar.client.UsageException;
import io.chapar.client.admin.AdminCalls.Target;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.ApiKey;
import io.chapar.protocol.message.DescribeConfigsRequest;
import io.chapar.protocol.message.DescribeConfigsResponse;
import io.chapar.protocol.message.DescribeConfigsResponse.DescribeConfigsResult;
import io.chapar.protocol.message.IncrementalAlterConfigsRequest;
import io.chapar.protocol.message.IncrementalAlterConfigsRequest.AlterableConfig;
import io.chapar.protocol.message.IncrementalAlterConfigsResponse;
import io.chapar.protocol.message.IncrementalAlterConfigsResponse.AlterConfigsResourceResponse;
import io.chapar.transport.Call;
import io.chapar.transport.Node;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Settings of topics and brokers.
final class ConfigOps {
    private static final byte TOPIC = 2;
    private static final byte BROKER = 4;
    private static final byte BROKER_LOGGER = 8;
    private static final int MOST_AT_ONCE = 1_000;
    private static final byte SET = 0;
    private static final byte UNSET = 1;
    private static final byte OF_TOPIC = 1;
    private static final byte OF_BROKER = 2;
    private static final byte OF_ALL_BROKERS = 3;
    private static final byte BUILT_IN = 5;
    private static final int FIRST_WITH_SOURCE = 1;
    private static final int FIRST_WITH_DOCUMENTATION = 3;

    private final AdminCalls calls;

    ConfigOps(AdminCalls calls) {
        this.calls = calls;
    }

    AdminResult<List<ConfigEntry>> ofTopic(String name) {
        return describe(new Target.AnyBroker(), TOPIC, name, "Topic " + name);
    }

    Map<String, String> ofTopics(Collection<String> names, String setting) {
        Map<String, String> results = new LinkedHashMap<>();
        List<DescribeConfigsRequest.DescribeConfigsResource> asked = new ArrayList<>();
        for (Iterator<String> left = names.iterator(); left.hasNext(); ) {
            asked.add(new DescribeConfigsRequest.DescribeConfigsResource(TOPIC, left.next(), List.of(setting)));
            if (asked.size() == MOST_AT_ONCE || !left.hasNext()) {
                DescribeConfigsRequest request = DescribeConfigsRequest.builder().resources(List.copyOf(asked)).build();
                for (DescribeConfigsResult one : calls.ask(new Target.AnyBroker(),
                        Call.of(request, calls.requestTimeoutMs()), DescribeConfigsResponse.class,
                        _ -> ErrorCode.NONE, calls.deadlineMs()).response().results()) {
                    one.configs().stream().filter(each -> each.name().equals(setting) && each.value() != null)
                            .forEach(each -> results.put(one.resourceName(), each.value()));
                }
                asked.clear();
            }
        }
        return results;
    }

    AdminResult<List<ConfigEntry>> ofBroker(int id) {
        return describe(new Target.Broker(broker(id)), BROKER, Integer.toString(id), "Broker " + id);
    }

    private Node broker(int id) {
        Node node = calls.describe(List.of(), calls.deadlineMs()).nodes().get(id);
        if (node == null) {
            throw new UsageException("There is no broker " + id);
        }
        return node;
    }

    AdminResult<List<LoggerLevel>> loggers(int id) {
        AdminResult<List<ConfigEntry>> described = describe(
                new Target.Broker(broker(id)), BROKER_LOGGER, Integer.toString(id), "Broker " + id);
        return switch (described) {
            case AdminResult.Done<List<ConfigEntry>> done -> new AdminResult.Done<>(done.value().stream()
                    .map(one -> new LoggerLevel(one.name(), one.value() == null ? "" : one.value(),
                            one.synonyms().isEmpty() ? null : one.synonyms().getFirst().name()))
                    .toList());
            case AdminResult.Refused<List<ConfigEntry>> refused ->
                new AdminResult.Refused<>(refused.error(), refused.cause());
        };
    }

    AdminResult<AdminResult.Success> changeLoggers(int id, Map<String, String> set, Collection<String> unset) {
        return change(new Target.Broker(broker(id)), BROKER_LOGGER, Integer.toString(id), "Broker " + id, set, unset);
    }

    AdminResult<List<ConfigEntry>> ofAllBrokers() {
        return describe(new Target.AnyBroker(), BROKER, "", "All brokers");
    }

    private AdminResult<List<ConfigEntry>> describe(Target target, byte type, String name, String what) {
        Call call = Call.of(ApiKey.DESCRIBE_CONFIGS, calls.requestTimeoutMs(), version ->
                DescribeConfigsRequest.builder()
                        .resources(List.of(new DescribeConfigsRequest.DescribeConfigsResource(type, name, null)))
                        .includeSynonyms(true)
                        .includeDocumentation(version >= FIRST_WITH_DOCUMENTATION)
                        .build()).atLeast(FIRST_WITH_SOURCE);
        DescribeConfigsResult result = calls.ask(
                target, call, DescribeConfigsResponse.class, _ -> ErrorCode.NONE, calls.deadlineMs())
                .response().results().getFirst();
        ErrorCode error = ErrorCode.of(result.errorCode());
        if (error != ErrorCode.NONE) {
            return TopicOps.refused(error, what, result.errorMessage());
        }
        return new AdminResult.Done<>(result.configs().stream()
                .map(one -> new ConfigEntry(one.name(), one.value(), source(one.configSource()),
                        one.documentation() == null ? "" : one.documentation(), one.readOnly(),
                        one.synonyms().stream().map(synonym -> new ConfigEntry.Synonym(
                                synonym.name(), synonym.value(), source(synonym.source()))).toList()))
                .toList());
    }

    private static ConfigEntry.Source source(byte wire) {
        return switch (wire) {
            case OF_TOPIC -> ConfigEntry.Source.TOPIC;
            case OF_BROKER -> ConfigEntry.Source.BROKER_WHILE_RUNNING;
            case OF_ALL_BROKERS -> ConfigEntry.Source.ALL_BROKERS;
            case BUILT_IN -> ConfigEntry.Source.DEFAULT;
            default -> ConfigEntry.Source.BROKER;
        };
    }

    /// To be done again without harm, so that a lost answer needs no care.
    AdminResult<AdminResult.Success> change(String topic, Map<String, String> set, Collection<String> unset) {
        return change(new Target.Controller(), TOPIC, topic, "Topic " + topic, set, unset);
    }

    /// @param id null for all brokers
    AdminResult<AdminResult.Success> changeBroker(
            @Nullable Integer id, Map<String, String> set, Collection<String> unset) {
        if (id == null) {
            return change(new Target.Controller(), BROKER, "", "All brokers", set, unset);
        }
        // Kafka lets each broker look at its own settings first. One that is gone cannot; ours need not.
        Node broker = calls.describe(List.of(), calls.deadlineMs()).nodes().get(id);
        return change(broker == null ? new Target.Controller() : new Target.Broker(broker), BROKER, id.toString(),
                "Broker " + id, set, unset);
    }

    private AdminResult<AdminResult.Success> change(Target target, byte type, String name, String what,
            Map<String, String> set, Collection<String> unset) {
        List<AlterableConfig> changes = new ArrayList<>();
        set.forEach((key, value) -> changes.add(new AlterableConfig(key, SET, value)));
        unset.forEach(key -> changes.add(new AlterableConfig(key, UNSET, null)));
        IncrementalAlterConfigsRequest request = IncrementalAlterConfigsRequest.builder()
                .resources(List.of(new IncrementalAlterConfigsRequest.AlterConfigsResource(type, name, changes)))
                .build();
        AlterConfigsResourceResponse result = calls.ask(target,
                Call.of(request, calls.requestTimeoutMs()), IncrementalAlterConfigsResponse.class,
                _ -> ErrorCode.NONE, calls.deadlineMs())
                .response().responses().getFirst();
        ErrorCode error = ErrorCode.of(result.errorCode());
        return error == ErrorCode.NONE ? new AdminResult.Done<>(AdminResult.Success.SUCCESS)
                : TopicOps.refused(error, what, result.errorMessage());
    }
}

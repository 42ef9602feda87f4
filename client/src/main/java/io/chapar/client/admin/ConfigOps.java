package io.chapar.client.admin;

import io.chapar.client.UsageException;
import io.chapar.client.admin.AdminCalls.Target;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.DescribeConfigsRequest;
import io.chapar.protocol.message.DescribeConfigsResponse;
import io.chapar.protocol.message.DescribeConfigsResponse.DescribeConfigsResult;
import io.chapar.protocol.message.IncrementalAlterConfigsRequest;
import io.chapar.protocol.message.IncrementalAlterConfigsRequest.AlterableConfig;
import io.chapar.protocol.message.IncrementalAlterConfigsResponse;
import io.chapar.protocol.message.IncrementalAlterConfigsResponse.AlterConfigsResourceResponse;
import io.chapar.transport.Call;
import io.chapar.transport.Node;

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
    private static final int MOST_AT_ONCE = 1_000;
    private static final byte SET = 0;
    private static final byte UNSET = 1;
    private static final byte OF_TOPIC = 1;
    private static final byte BUILT_IN = 5;
    private static final int FIRST_WITH_SOURCE = 1;

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
        Node node = calls.describe(List.of(), calls.deadlineMs()).nodes().get(id);
        if (node == null) {
            throw new UsageException("There is no broker " + id);
        }
        return describe(new Target.Broker(node), BROKER, Integer.toString(id), "Broker " + id);
    }

    private AdminResult<List<ConfigEntry>> describe(Target target, byte type, String name, String what) {
        DescribeConfigsRequest request = DescribeConfigsRequest.builder()
                .resources(List.of(new DescribeConfigsRequest.DescribeConfigsResource(type, name, null)))
                .build();
        DescribeConfigsResult result = calls.ask(target,
                Call.of(request, calls.requestTimeoutMs()).atLeast(FIRST_WITH_SOURCE), DescribeConfigsResponse.class,
                _ -> ErrorCode.NONE, calls.deadlineMs())
                .response().results().getFirst();
        ErrorCode error = ErrorCode.of(result.errorCode());
        if (error != ErrorCode.NONE) {
            return TopicOps.refused(error, what, result.errorMessage());
        }
        return new AdminResult.Done<>(result.configs().stream()
                .map(one -> new ConfigEntry(one.name(), one.value(), source(one.configSource())))
                .toList());
    }

    private static ConfigEntry.Source source(byte wire) {
        return switch (wire) {
            case OF_TOPIC -> ConfigEntry.Source.TOPIC;
            case BUILT_IN -> ConfigEntry.Source.DEFAULT;
            default -> ConfigEntry.Source.BROKER;
        };
    }

    /// To be done again without harm, so that a lost answer needs no care.
    AdminResult<AdminResult.Success> change(String topic, Map<String, String> set, Collection<String> unset) {
        List<AlterableConfig> changes = new ArrayList<>();
        set.forEach((name, value) -> changes.add(new AlterableConfig(name, SET, value)));
        unset.forEach(name -> changes.add(new AlterableConfig(name, UNSET, null)));
        IncrementalAlterConfigsRequest request = IncrementalAlterConfigsRequest.builder()
                .resources(List.of(new IncrementalAlterConfigsRequest.AlterConfigsResource(TOPIC, topic, changes)))
                .build();
        AlterConfigsResourceResponse result = calls.ask(new Target.Controller(),
                Call.of(request, calls.requestTimeoutMs()), IncrementalAlterConfigsResponse.class,
                _ -> ErrorCode.NONE, calls.deadlineMs())
                .response().responses().getFirst();
        ErrorCode error = ErrorCode.of(result.errorCode());
        return error == ErrorCode.NONE ? new AdminResult.Done<>(AdminResult.Success.SUCCESS)
                : TopicOps.refused(error, "Topic " + topic, result.errorMessage());
    }
}

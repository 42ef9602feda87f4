package io.chapar.broker.handler;

import io.chapar.broker.BrokerConfig;
import io.chapar.broker.TopicConfig;
import io.chapar.broker.metadata.TopicImage;
import io.chapar.broker.metadata.TopicNames;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.DescribeConfigsRequest;
import io.chapar.protocol.message.DescribeConfigsRequest.DescribeConfigsResource;
import io.chapar.protocol.message.DescribeConfigsResponse;
import io.chapar.protocol.message.DescribeConfigsResponse.DescribeConfigsResourceResult;
import io.chapar.protocol.message.DescribeConfigsResponse.DescribeConfigsResult;
import io.chapar.protocol.message.DescribeConfigsResponse.DescribeConfigsSynonym;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;

/// Every setting of topics (type 2) and of this broker (type 4), given or not, with where its value comes from; of
/// each once, since the answer is many times the length of the question.
/// Versions 1-4; v3 has types and documentation.
final class DescribeConfigsHandler {
    static final byte TOPIC = 2;
    static final byte BROKER = 4;

    private final Node node;

    DescribeConfigsHandler(Node node) {
        this.node = node;
    }

    void handle(DescribeConfigsRequest request, RequestContext context) {
        List<DescribeConfigsResult> results = new ArrayList<>();
        for (DescribeConfigsResource resource : new LinkedHashSet<>(request.resources())) {
            results.add(switch (resource.resourceType()) {
                case TOPIC -> topic(resource, request);
                case BROKER -> broker(resource, request);
                default -> refused(resource, ErrorCode.INVALID_REQUEST,
                        "Settings of resources of type " + resource.resourceType() + " are not served.");
            });
        }
        context.reply(DescribeConfigsResponse.builder().results(results).build());
    }

    private DescribeConfigsResult topic(DescribeConfigsResource resource, DescribeConfigsRequest request) {
        TopicImage topic = node.image().topic(resource.resourceName());
        if (topic == null) {
            String problem = TopicNames.problem(resource.resourceName());
            return problem != null
                    ? refused(resource, ErrorCode.INVALID_TOPIC_EXCEPTION, problem)
                    : refused(resource, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, "This topic does not exist.");
        }
        TopicConfig config = node.config(topic);
        List<DescribeConfigsResourceResult> settings = new ArrayList<>();
        for (TopicConfig.Setting setting : TopicConfig.all()) {
            if (asked(resource, setting.name())) {
                settings.add(new DescribeConfigsResourceResult(
                        setting.name(), config.value(setting), false, ConfigSource.of(config, setting).wire(), false,
                        request.includeSynonyms() ? synonyms(config, setting) : List.of(), setting.wireType(),
                        request.includeDocumentation() ? setting.about() : null));
            }
        }
        return new DescribeConfigsResult(
                ErrorCode.NONE.code(), "", resource.resourceType(), resource.resourceName(), settings);
    }

    private List<DescribeConfigsSynonym> synonyms(TopicConfig config, TopicConfig.Setting setting) {
        List<DescribeConfigsSynonym> all = new ArrayList<>();
        if (config.isGiven(setting)) {
            all.add(new DescribeConfigsSynonym(setting.name(), config.value(setting), ConfigSource.TOPIC.wire()));
        }
        String key = setting.brokerKey();
        if (key != null && node.config().isGiven(key)) {
            all.add(new DescribeConfigsSynonym(key, node.config().value(key), ConfigSource.STATIC_BROKER.wire()));
        }
        if (key != null) {
            all.add(new DescribeConfigsSynonym(key, setting.byDefault(), ConfigSource.BUILT_IN.wire()));
        }
        return all;
    }

    private DescribeConfigsResult broker(DescribeConfigsResource resource, DescribeConfigsRequest request) {
        String name = resource.resourceName();
        List<DescribeConfigsResourceResult> settings = new ArrayList<>();
        if (!name.isEmpty() && !name.equals(Integer.toString(node.id()))) {
            return refused(
                    resource, ErrorCode.INVALID_REQUEST, "This is broker " + node.id() + ", not '" + name + "'.");
        }
        // An empty name asks for what was changed for all brokers while they run, which nothing here can be.
        for (BrokerConfig.Setting setting : name.isEmpty() ? List.<BrokerConfig.Setting>of() : BrokerConfig.all()) {
            if (asked(resource, setting.name())) {
                boolean given = node.config().isGiven(setting.name());
                settings.add(new DescribeConfigsResourceResult(
                        setting.name(), node.config().value(setting.name()), true,
                        (given ? ConfigSource.STATIC_BROKER : ConfigSource.BUILT_IN).wire(), false, List.of(),
                        setting.wireType(), request.includeDocumentation() ? setting.about() : null));
            }
        }
        return new DescribeConfigsResult(ErrorCode.NONE.code(), "", resource.resourceType(), name, settings);
    }

    private static boolean asked(DescribeConfigsResource resource, String name) {
        return resource.configurationKeys() == null || resource.configurationKeys().isEmpty()
                || resource.configurationKeys().contains(name);
    }

    private static DescribeConfigsResult refused(DescribeConfigsResource resource, ErrorCode error, String message) {
        return new DescribeConfigsResult(
                error.code(), message, resource.resourceType(), resource.resourceName(), List.of());
    }
}

package io.chapar.broker.handler;

import io.chapar.broker.config.BrokerConfig;
import io.chapar.broker.config.TopicConfig;
import io.chapar.broker.metadata.TopicImage;
import io.chapar.broker.metadata.TopicNames;
import io.chapar.broker.request.RequestContext;
import io.chapar.broker.runtime.Slices;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.DescribeConfigsRequest;
import io.chapar.protocol.message.DescribeConfigsRequest.DescribeConfigsResource;
import io.chapar.protocol.message.DescribeConfigsResponse;
import io.chapar.protocol.message.DescribeConfigsResponse.DescribeConfigsResourceResult;
import io.chapar.protocol.message.DescribeConfigsResponse.DescribeConfigsResult;
import io.chapar.protocol.message.DescribeConfigsResponse.DescribeConfigsSynonym;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.SequencedMap;
import java.util.Set;

/// Every setting of topics (type 2) and of this broker (type 4), given or not, with where its value comes from; of
/// each once, since the answer is many times the length of the question.
/// Versions 1-4; v3 has types and documentation.
final class DescribeConfigsHandler {
    static final byte TOPIC = 2;
    static final byte BROKER = 4;

    /// Of a topic or a broker, about.
    private static final int SETTINGS = 50;
    private static final int SYNONYMS = 3;

    private final LocalBroker node;

    DescribeConfigsHandler(LocalBroker node) {
        this.node = node;
    }

    void handle(DescribeConfigsRequest request, RequestContext context) {
        SequencedMap<String, DescribeConfigsResource> asked = new LinkedHashMap<>();
        long elements = 0;
        for (DescribeConfigsResource resource : request.resources()) {
            if (asked.putIfAbsent(resource.resourceType() + ":" + resource.resourceName(), resource) == null) {
                elements += elements(resource, request.includeSynonyms());
            }
        }
        context.afford(elements, () -> answer(request, asked.values(), context));
    }

    /// At the most.
    private static int elements(DescribeConfigsResource resource, boolean synonyms) {
        List<String> keys = resource.configurationKeys();
        int settings = keys == null || keys.isEmpty() ? SETTINGS : Math.min(SETTINGS, keys.size());
        return 1 + settings * (synonyms ? 1 + SYNONYMS : 1);
    }

    private void answer(
            DescribeConfigsRequest request, Collection<DescribeConfigsResource> asked, RequestContext context) {
        List<DescribeConfigsResult> results = new ArrayList<>();
        Slices.each(context.loop(), asked, resource -> elements(resource, request.includeSynonyms()),
                resource -> results.add(switch (resource.resourceType()) {
                    case TOPIC -> topic(resource, request);
                    case BROKER -> broker(resource, request);
                    default -> refused(resource, ErrorCode.INVALID_REQUEST,
                            "Settings of resources of type " + resource.resourceType() + " are not served.");
                }),
                () -> context.reply(DescribeConfigsResponse.builder().results(results).build()));
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
        Set<String> keys = keys(resource);
        List<DescribeConfigsResourceResult> settings = new ArrayList<>();
        for (TopicConfig.Setting setting : TopicConfig.all()) {
            if (keys == null || keys.contains(setting.name())) {
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
        Set<String> keys = keys(resource);
        List<DescribeConfigsResourceResult> settings = new ArrayList<>();
        if (!name.isEmpty() && !name.equals(Integer.toString(node.id()))) {
            return refused(
                    resource, ErrorCode.INVALID_REQUEST, "This is broker " + node.id() + ", not '" + name + "'.");
        }
        // An empty name asks for what was changed for all brokers while they run, which nothing here can be.
        for (BrokerConfig.Setting setting : name.isEmpty() ? List.<BrokerConfig.Setting>of() : BrokerConfig.all()) {
            if (keys == null || keys.contains(setting.name())) {
                boolean given = node.config().isGiven(setting.name());
                settings.add(new DescribeConfigsResourceResult(
                        setting.name(), node.config().value(setting.name()), true,
                        (given ? ConfigSource.STATIC_BROKER : ConfigSource.BUILT_IN).wire(), false, List.of(),
                        setting.wireType(), request.includeDocumentation() ? setting.about() : null));
            }
        }
        return new DescribeConfigsResult(ErrorCode.NONE.code(), "", resource.resourceType(), name, settings);
    }

    /// Null for all.
    private static @Nullable Set<String> keys(DescribeConfigsResource resource) {
        return resource.configurationKeys() == null || resource.configurationKeys().isEmpty()
                ? null : new LinkedHashSet<>(resource.configurationKeys());
    }

    private static DescribeConfigsResult refused(DescribeConfigsResource resource, ErrorCode error, String message) {
        return new DescribeConfigsResult(
                error.code(), message, resource.resourceType(), resource.resourceName(), List.of());
    }
}

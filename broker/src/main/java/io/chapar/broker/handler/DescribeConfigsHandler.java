package io.chapar.broker.handler;

import io.chapar.broker.config.BrokerConfig;
import io.chapar.broker.config.DynamicSettings;
import io.chapar.broker.config.OwnedSettings;
import io.chapar.broker.config.TopicConfig;
import io.chapar.broker.logging.ProcessLog;
import io.chapar.broker.metadata.ConfigOwner;
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
import java.util.SortedMap;
import java.util.TreeMap;

/// Every setting of topics, of this broker, of groups and of subscriptions to clients' metrics, given or not, with
/// where its value comes from; of each once, since the answer is many times the length of the question. Of all brokers
/// together (an empty name) only what is set for them. Versions 1-4; v3 has types and documentation.
final class DescribeConfigsHandler {
    /// Of a topic's setting: its own, those of the broker, of all, of the start, and what holds by default.
    private static final int SYNONYMS = 5;

    private static final byte UNKNOWN_TYPE = 0;

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
    private int elements(DescribeConfigsResource resource, boolean synonyms) {
        List<String> keys = resource.configurationKeys();
        int all = settings(resource);
        int settings = keys == null || keys.isEmpty() ? all : Math.min(all, keys.size());
        return 1 + settings * (synonyms ? 1 + SYNONYMS : 1);
    }

    private int settings(DescribeConfigsResource resource) {
        return switch (resource.resourceType()) {
            case ConfigTarget.TOPIC -> TopicConfig.all().size();
            // While brokers run others are set as well than those that a broker starts with.
            case ConfigTarget.BROKER -> BrokerConfig.all().size()
                    + node.settings().ofAll().size() + node.settings().ofBroker().size();
            case ConfigTarget.BROKER_LOGGER -> isHere(resource) ? ProcessLog.levels().all().size() : 0;
            case ConfigTarget.GROUP -> OwnedSettings.group().all().size();
            case ConfigTarget.CLIENT_METRICS -> OwnedSettings.clientMetrics().all().size();
            default -> 0;
        };
    }

    private void answer(
            DescribeConfigsRequest request, Collection<DescribeConfigsResource> asked, RequestContext context) {
        List<DescribeConfigsResult> results = new ArrayList<>();
        Slices.each(context.loop(), asked, resource -> elements(resource, request.includeSynonyms()),
                resource -> results.add(switch (resource.resourceType()) {
                    case ConfigTarget.TOPIC -> topic(resource, request);
                    case ConfigTarget.BROKER -> broker(resource, request);
                    case ConfigTarget.BROKER_LOGGER -> loggers(resource, request);
                    case ConfigTarget.CLIENT_METRICS -> owned(resource, request, ConfigOwner.Kind.CLIENT_METRICS,
                            OwnedSettings.clientMetrics(), ConfigSource.CLIENT_METRICS);
                    case ConfigTarget.GROUP -> owned(resource, request, ConfigOwner.Kind.GROUP,
                            OwnedSettings.group(), ConfigSource.GROUP);
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
                        setting.name(), config.value(setting), false,
                        ConfigSource.of(config, setting, node.settings()).wire(), false,
                        request.includeSynonyms() ? synonyms(config, setting) : List.of(), setting.wireType(),
                        request.includeDocumentation() ? setting.about() : null));
            }
        }
        return described(resource, settings);
    }

    private List<DescribeConfigsSynonym> synonyms(TopicConfig config, TopicConfig.Setting setting) {
        List<DescribeConfigsSynonym> all = new ArrayList<>();
        if (config.isGiven(setting)) {
            all.add(new DescribeConfigsSynonym(setting.name(), config.value(setting), ConfigSource.TOPIC.wire()));
        }
        if (setting.brokerKey() != null) {
            all.addAll(stated(setting.brokerKey()));
        }
        DescribeConfigsSynonym byDefault = DefaultSynonyms.of(setting);
        if (byDefault != null) {
            all.add(byDefault);
        }
        return all;
    }

    /// Of a broker's setting, what is said of it where, the value in force first.
    private List<DescribeConfigsSynonym> synonyms(String name, BrokerConfig.@Nullable Setting known) {
        List<DescribeConfigsSynonym> all = stated(name);
        if (known != null) {
            all.add(DefaultSynonyms.of(known));
        }
        return all;
    }

    private List<DescribeConfigsSynonym> stated(String name) {
        List<DescribeConfigsSynonym> all = new ArrayList<>();
        String ofBroker = node.settings().ofBroker().get(name);
        if (ofBroker != null) {
            all.add(new DescribeConfigsSynonym(name, ofBroker, ConfigSource.BROKER.wire()));
        }
        String ofAll = node.settings().ofAll().get(name);
        if (ofAll != null) {
            all.add(new DescribeConfigsSynonym(name, ofAll, ConfigSource.ALL_BROKERS.wire()));
        }
        BrokerConfig started = node.settings().started();
        if (started.isGiven(name)) {
            all.add(new DescribeConfigsSynonym(name, started.value(name), ConfigSource.STARTED.wire()));
        }
        return all;
    }

    private DescribeConfigsResult broker(DescribeConfigsResource resource, DescribeConfigsRequest request) {
        String name = resource.resourceName();
        if (!name.isEmpty() && !isHere(resource)) {
            return elsewhere(resource);
        }
        Set<String> keys = keys(resource);
        SortedMap<String, String> values = new TreeMap<>(node.settings().ofAll());
        if (!name.isEmpty()) {
            values.putAll(node.settings().ofBroker());
            BrokerConfig inForce = node.config();
            BrokerConfig.all().forEach(setting -> values.put(setting.name(), inForce.value(setting.name())));
        }
        List<DescribeConfigsResourceResult> settings = new ArrayList<>();
        values.forEach((key, value) -> {
            if (keys == null || keys.contains(key)) {
                BrokerConfig.Setting known = BrokerConfig.setting(key);
                settings.add(new DescribeConfigsResourceResult(
                        key, value, !DynamicSettings.isKnown(key),
                        (name.isEmpty() ? ConfigSource.ALL_BROKERS
                                : ConfigSource.of(node.settings().source(key))).wire(),
                        false, request.includeSynonyms() ? synonyms(key, known) : List.of(),
                        known == null ? UNKNOWN_TYPE : known.wireType(),
                        !request.includeDocumentation() ? null
                                : known == null ? DynamicSettings.about(key) : known.about()));
            }
        });
        return described(resource, settings);
    }

    private boolean isHere(DescribeConfigsResource resource) {
        return resource.resourceName().equals(Integer.toString(node.id()));
    }

    private DescribeConfigsResult elsewhere(DescribeConfigsResource resource) {
        return refused(resource, ErrorCode.INVALID_REQUEST,
                "This is broker " + node.id() + ", not '" + resource.resourceName() + "'.");
    }

    private DescribeConfigsResult loggers(DescribeConfigsResource resource, DescribeConfigsRequest request) {
        return !isHere(resource) ? elsewhere(resource)
                : described(resource, LoggerConfigs.described(ProcessLog.levels(), keys(resource),
                        request.includeSynonyms(), request.includeDocumentation()));
    }

    private DescribeConfigsResult owned(DescribeConfigsResource resource, DescribeConfigsRequest request,
            ConfigOwner.Kind kind, OwnedSettings known, ConfigSource source) {
        String problem = new ConfigTarget(resource.resourceType(), resource.resourceName()).problem(node);
        if (problem != null) {
            return refused(resource, ErrorCode.INVALID_REQUEST, problem);
        }
        SortedMap<String, String> own = node.image().settings().of(new ConfigOwner(kind, resource.resourceName()));
        Set<String> keys = keys(resource);
        List<DescribeConfigsResourceResult> settings = new ArrayList<>();
        for (BrokerConfig.Setting setting : known.all()) {
            if (keys == null || keys.contains(setting.name())) {
                String given = own.get(setting.name());
                settings.add(new DescribeConfigsResourceResult(
                        setting.name(), given == null ? setting.byDefault() : given, false,
                        (given == null ? ConfigSource.BUILT_IN : source).wire(), false,
                        request.includeSynonyms() ? synonyms(setting, given, source) : List.of(), setting.wireType(),
                        request.includeDocumentation() ? setting.about() : null));
            }
        }
        return described(resource, settings);
    }

    private static List<DescribeConfigsSynonym> synonyms(
            BrokerConfig.Setting setting, @Nullable String given, ConfigSource source) {
        List<DescribeConfigsSynonym> all = new ArrayList<>();
        if (given != null) {
            all.add(new DescribeConfigsSynonym(setting.name(), given, source.wire()));
        }
        DescribeConfigsSynonym byDefault = source == ConfigSource.GROUP ? GroupSynonyms.builtIn(setting)
                : new DescribeConfigsSynonym(setting.name(), setting.byDefault(), ConfigSource.BUILT_IN.wire());
        if (byDefault != null) {
            all.add(byDefault);
        }
        return all;
    }

    private static DescribeConfigsResult described(
            DescribeConfigsResource resource, List<DescribeConfigsResourceResult> settings) {
        return new DescribeConfigsResult(
                ErrorCode.NONE.code(), "", resource.resourceType(), resource.resourceName(), settings);
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

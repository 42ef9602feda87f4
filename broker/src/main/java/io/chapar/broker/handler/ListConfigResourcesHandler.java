package io.chapar.broker.handler;

import io.chapar.broker.metadata.ClusterImage;
import io.chapar.broker.metadata.ConfigOwner;
import io.chapar.broker.request.RequestContext;
import io.chapar.broker.runtime.Slices;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.ListConfigResourcesRequest;
import io.chapar.protocol.message.ListConfigResourcesResponse;
import io.chapar.protocol.message.ListConfigResourcesResponse.ConfigResource;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/// What has settings. Version 0 knows subscriptions to clients' metrics alone; version 1 (KIP-1142) all kinds, or those
/// that it names.
final class ListConfigResourcesHandler {
    private static final Set<Byte> ALL = new LinkedHashSet<>(List.of(
            ConfigTarget.TOPIC, ConfigTarget.BROKER, ConfigTarget.BROKER_LOGGER, ConfigTarget.CLIENT_METRICS,
            ConfigTarget.GROUP));

    private final LocalBroker node;

    ListConfigResourcesHandler(LocalBroker node) {
        this.node = node;
    }

    void handle(ListConfigResourcesRequest request, RequestContext context) {
        Set<Byte> types = context.apiVersion() == 0 ? Set.of(ConfigTarget.CLIENT_METRICS)
                : request.resourceTypes().isEmpty() ? ALL : new LinkedHashSet<>(request.resourceTypes());
        if (!ALL.containsAll(types)) {
            context.reply(ListConfigResourcesResponse.builder()
                    .errorCode(ErrorCode.UNSUPPORTED_VERSION.code()).build());
            return;
        }
        ClusterImage image = node.image();
        List<ConfigResource> found = new ArrayList<>();
        Iterable<ConfigTarget> targets = () -> types.stream()
                .flatMap(type -> names(type, image).stream().map(name -> new ConfigTarget(type, name))).iterator();
        long most = (types.contains(ConfigTarget.TOPIC) ? image.topics().size() : 0)
                + image.settings().configs().size() + 2L * (1 + image.brokers().size());
        context.afford(most, () -> Slices.each(context.loop(), targets,
                target -> found.add(new ConfigResource(target.name(), target.type())),
                () -> context.reply(ListConfigResourcesResponse.builder().configResources(found).build())));
    }

    private static List<String> names(byte type, ClusterImage image) {
        if (type == ConfigTarget.TOPIC) {
            return List.copyOf(image.topics().keySet());
        }
        if (type == ConfigTarget.BROKER || type == ConfigTarget.BROKER_LOGGER) {
            return image.brokers().keySet().stream().map(id -> Integer.toString(id)).toList();
        }
        return image.settings().configs().keySet().stream()
                .filter(owner -> owner.kind().code() == type).map(ConfigOwner::name).toList();
    }
}

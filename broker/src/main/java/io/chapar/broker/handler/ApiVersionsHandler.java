package io.chapar.broker.handler;

import io.chapar.broker.metadata.ClusterImage;
import io.chapar.broker.request.RequestContext;
import io.chapar.broker.request.Software;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.ApiKey;
import io.chapar.protocol.message.ApiVersionsRequest;
import io.chapar.protocol.message.ApiVersionsResponse;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

import static java.util.Objects.requireNonNull;

/// What this broker can do. Versions 0-5.
///
/// v3 names the client's software and carries features; v4 allows a lowest supported level of 0, before which such
/// features must be left out. The producer decides between the transaction protocols by the finalized features with
/// the highest epoch, so the epoch is the version of the metadata. v5 names the node that the client means to talk to:
/// one that has come to another is sent back to its bootstrap addresses (KIP-1242).
final class ApiVersionsHandler {
    private static final Pattern SOFTWARE = Pattern.compile("[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?");

    private static final int MEANT_SINCE = 5;
    private static final int ANY_NODE = -1;

    private final LocalBroker node;

    ApiVersionsHandler(LocalBroker node) {
        this.node = node;
    }

    void handle(ApiVersionsRequest request, RequestContext context) {
        boolean named = context.apiVersion() >= 3;
        if (named && !(SOFTWARE.matcher(request.clientSoftwareName()).matches()
                && SOFTWARE.matcher(request.clientSoftwareVersion()).matches())) {
            refuse(context, ErrorCode.INVALID_REQUEST);
            return;
        }
        if (named) {
            context.introduces(new Software(request.clientSoftwareName(), request.clientSoftwareVersion()));
        }
        if (context.apiVersion() >= MEANT_SINCE) {
            if ((request.clusterId() == null) != (request.nodeId() == ANY_NODE)) {
                refuse(context, ErrorCode.INVALID_REQUEST);
                return;
            }
            if (request.clusterId() != null && !isMeant(request.clusterId(), request.nodeId())) {
                refuse(context, ErrorCode.REBOOTSTRAP_REQUIRED);
                return;
            }
        }
        context.reply(answer(context.apiVersion()));
    }

    /// What a version that is not served is answered with, in version 0 (KIP-511).
    static ApiVersionsResponse unsupported() {
        ServedApis.Range range = requireNonNull(ServedApis.range(ApiKey.API_VERSIONS), "versions are told of");
        return ApiVersionsResponse.builder()
                .errorCode(ErrorCode.UNSUPPORTED_VERSION.code())
                .apiKeys(List.of(new ApiVersionsResponse.ApiVersion(
                        ApiKey.API_VERSIONS.id(), range.lowest(), range.highest())))
                .build();
    }

    private boolean isMeant(String clusterId, int nodeId) {
        return nodeId == node.id() && clusterId.equals(node.image().clusterName());
    }

    private static void refuse(RequestContext context, ErrorCode error) {
        context.reply(ApiVersionsResponse.builder().errorCode(error.code()).build());
    }

    private ApiVersionsResponse answer(short version) {
        List<ApiVersionsResponse.ApiVersion> apis = new ArrayList<>();
        for (ApiKey api : ServedApis.all()) {
            ServedApis.Range range = requireNonNull(ServedApis.range(api, node.config()), "all are served");
            apis.add(new ApiVersionsResponse.ApiVersion(api.id(), range.advertisedLowest(), range.highest()));
        }
        ClusterImage image = node.image();
        List<ApiVersionsResponse.SupportedFeatureKey> supported = new ArrayList<>();
        List<ApiVersionsResponse.FinalizedFeatureKey> finalized = new ArrayList<>();
        for (Features.Feature feature : Features.all()) {
            if (version >= 4 || feature.lowest() > 0) {
                supported.add(new ApiVersionsResponse.SupportedFeatureKey(
                        feature.name(), feature.lowest(), feature.highest()));
            }
            Short level = image.features().get(feature.name());
            if (level != null && level > 0) {
                finalized.add(new ApiVersionsResponse.FinalizedFeatureKey(feature.name(), level, level));
            }
        }
        return ApiVersionsResponse.builder()
                .apiKeys(apis)
                .supportedFeatures(supported)
                .finalizedFeaturesEpoch(image.version())
                .finalizedFeatures(finalized)
                .build();
    }
}

package io.chapar.broker.handler;

import io.chapar.broker.metadata.ClusterImage;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.ApiKey;
import io.chapar.protocol.message.ApiVersionsRequest;
import io.chapar.protocol.message.ApiVersionsResponse;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/// What this broker can do. Versions 0-4.
///
/// v3 names the client's software and carries features; v4 allows a lowest supported level of 0, before which such
/// features must be left out. The producer decides between the transaction protocols by the finalized features with
/// the highest epoch, so the epoch is the version of the metadata.
final class ApiVersionsHandler {
    private static final Pattern SOFTWARE = Pattern.compile("[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?");

    private final Node node;

    ApiVersionsHandler(Node node) {
        this.node = node;
    }

    void handle(ApiVersionsRequest request, RequestContext context) {
        boolean named = context.apiVersion() >= 3;
        if (named && !(SOFTWARE.matcher(request.clientSoftwareName()).matches()
                && SOFTWARE.matcher(request.clientSoftwareVersion()).matches())) {
            context.reply(ApiVersionsResponse.builder().errorCode(ErrorCode.INVALID_REQUEST.code()).build());
            return;
        }
        context.reply(answer(context.apiVersion()));
    }

    private ApiVersionsResponse answer(short version) {
        List<ApiVersionsResponse.ApiVersion> apis = new ArrayList<>();
        for (ApiKey api : ServedApis.all()) {
            ServedApis.Range range = ServedApis.range(api, node.config());
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

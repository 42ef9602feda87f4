package io.chapar.client.admin;

import io.chapar.client.admin.AdminCalls.Target;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.ApiKey;
import io.chapar.protocol.message.ApiVersionsRequest;
import io.chapar.protocol.message.ApiVersionsResponse;
import io.chapar.protocol.message.UpdateFeaturesRequest;
import io.chapar.protocol.message.UpdateFeaturesRequest.FeatureUpdateKey;
import io.chapar.protocol.message.UpdateFeaturesResponse;
import io.chapar.transport.Call;
import io.chapar.transport.Node;
import org.jspecify.annotations.Nullable;

import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/// The levels of features: what brokers can do, and what the cluster has.
final class FeatureOps {
    private static final byte UPGRADE = 1;
    /// Before it no error tells its features apart from the answer's.
    private static final int HIGHEST_OF_EACH = 1;
    /// The one that tells of features without asking for the node that it is sent to.
    private static final short VERSIONS_VERSION = 4;

    private final AdminCalls calls;

    FeatureOps(AdminCalls calls) {
        this.calls = calls;
    }

    AdminResult<BrokerFeatures> of(Node broker) {
        Call call = Call.of(ApiKey.API_VERSIONS, calls.requestTimeoutMs(), _ -> ApiVersionsRequest.builder()
                .clientSoftwareName("chapar").clientSoftwareVersion("1").build()).atMost(VERSIONS_VERSION);
        ApiVersionsResponse response = calls.ask(new Target.Broker(broker), call, ApiVersionsResponse.class,
                _ -> ErrorCode.NONE, calls.deadlineMs()).response();
        ErrorCode error = ErrorCode.of(response.errorCode());
        if (error != ErrorCode.NONE) {
            return TopicOps.refused(error, "Broker " + broker.id(), null);
        }
        SortedMap<String, BrokerFeatures.Range> supported = new TreeMap<>();
        response.supportedFeatures().forEach(one ->
                supported.put(one.name(), new BrokerFeatures.Range(one.minVersion(), one.maxVersion())));
        SortedMap<String, Integer> levels = new TreeMap<>();
        response.finalizedFeatures().forEach(one -> levels.put(one.name(), (int) one.maxVersionLevel()));
        return new AdminResult.Done<>(new BrokerFeatures(supported, levels));
    }

    /// All of them or none. What is refused is told of in one sentence.
    AdminResult<AdminResult.Success> raise(SortedMap<String, Integer> to) {
        List<FeatureUpdateKey> updates = to.entrySet().stream().map(one -> new FeatureUpdateKey(
                one.getKey(), one.getValue().shortValue(), false, UPGRADE)).toList();
        Call call = Call.of(ApiKey.UPDATE_FEATURES, calls.requestTimeoutMs(), _ -> UpdateFeaturesRequest.builder()
                .timeoutMs(calls.requestTimeoutMs()).featureUpdates(updates).build());
        var reply = calls.ask(new Target.Controller(), call, UpdateFeaturesResponse.class, _ -> ErrorCode.NONE,
                calls.deadlineMs());
        UpdateFeaturesResponse response = reply.response();
        short error = response.errorCode();
        String message = response.errorMessage();
        if (error == ErrorCode.NONE.code() && reply.version() <= HIGHEST_OF_EACH) {
            for (var result : response.results()) {
                if (result.errorCode() != ErrorCode.NONE.code() && error == ErrorCode.NONE.code()) {
                    error = result.errorCode();
                    message = result.errorMessage();
                }
            }
        }
        return result(ErrorCode.of(error), message);
    }

    private static AdminResult<AdminResult.Success> result(ErrorCode error, @Nullable String message) {
        return error == ErrorCode.NONE ? new AdminResult.Done<>(AdminResult.Success.SUCCESS)
                : TopicOps.refused(error, "The features", message);
    }
}

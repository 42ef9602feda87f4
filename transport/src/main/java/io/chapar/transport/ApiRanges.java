package io.chapar.transport;

import io.chapar.protocol.message.ApiKey;
import io.chapar.protocol.message.ApiVersionsResponse;

import java.util.EnumMap;

/// Which versions of which APIs a node serves, as it said when the connection began.
final class ApiRanges {
    static final short NONE = -1;

    private record Range(short lowest, short highest) {
    }

    private final EnumMap<ApiKey, Range> ranges = new EnumMap<>(ApiKey.class);

    static ApiRanges of(ApiVersionsResponse response) {
        ApiRanges all = new ApiRanges();
        for (ApiVersionsResponse.ApiVersion api : response.apiKeys()) {
            ApiKey key = ApiKey.of(api.apiKey());
            if (key != null) {
                all.ranges.put(key, new Range(api.minVersion(), api.maxVersion()));
            }
        }
        return all;
    }

    /// The highest version that the node serves and the call allows, or [#NONE].
    short agreed(Call call) {
        Range range = ranges.get(call.api());
        if (range == null) {
            return NONE;
        }
        int version = Math.min(range.highest, call.highest());
        return version >= Math.max(range.lowest, call.lowest()) ? (short) version : NONE;
    }

    String served(ApiKey api) {
        Range range = ranges.get(api);
        return range == null ? "not at all" : "in versions " + range.lowest + " to " + range.highest;
    }
}

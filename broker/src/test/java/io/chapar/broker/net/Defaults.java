package io.chapar.broker.net;

import io.chapar.protocol.WireReader;
import io.chapar.protocol.message.ApiKey;
import io.chapar.protocol.message.ApiVersionsRequest;
import io.chapar.protocol.message.Request;

import java.nio.ByteBuffer;
import java.util.Arrays;

/// The emptiest request of each API that any version can carry.
final class Defaults {
    private Defaults() {}

    static Request of(ApiKey api) {
        if (api == ApiKey.API_VERSIONS) {
            return new ApiVersionsRequest("test", "1", null, -1);
        }
        // Zeros are the empty value of every type of the old encodings; in the compact ones that is a one.
        byte[] empty = new byte[256];
        Arrays.fill(empty, (byte) (api.requestHeaderVersion(api.lowest()) == 2 ? 1 : 0));
        return api.readRequest(new WireReader(ByteBuffer.wrap(empty)), api.lowest());
    }
}

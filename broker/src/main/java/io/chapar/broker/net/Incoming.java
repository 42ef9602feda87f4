package io.chapar.broker.net;

import io.chapar.protocol.WireReader;
import io.chapar.protocol.message.ApiKey;
import io.chapar.protocol.message.Request;
import io.chapar.protocol.message.RequestHeader;

import java.nio.ByteBuffer;

/// A request as it was read.
///
/// @param elements of all its lists
record Incoming(ApiKey api, short version, RequestHeader header, Request body, int elements) {
    /// Throws [io.chapar.protocol.MalformedMessageException], for more than `allowance` elements too.
    static Incoming read(ByteBuffer frame, ApiKey api, short version, int allowance) {
        WireReader in = new WireReader(frame, allowance);
        RequestHeader header = RequestHeader.read(in, api.requestHeaderVersion(version));
        Request body = api.readRequest(in, version);
        return new Incoming(api, version, header, body, in.elements());
    }

    String clientId() {
        return header.clientId() == null ? "" : header.clientId();
    }
}

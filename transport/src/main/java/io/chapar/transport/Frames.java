package io.chapar.transport;

import io.chapar.protocol.MalformedMessageException;
import io.chapar.protocol.WireReader;
import io.chapar.protocol.WireWriter;
import io.chapar.protocol.message.ApiKey;
import io.chapar.protocol.message.Request;
import io.chapar.protocol.message.RequestHeader;
import io.chapar.protocol.message.Response;
import io.chapar.protocol.message.ResponseHeader;

import java.nio.ByteBuffer;

/// Requests to bytes, bytes to answers.
///
/// ```
/// request   length i32 | RequestHeader (v1, or v2 where the request is flexible) | body
/// answer    RequestHeader's correlation id i32 | tagged fields where flexible     | body      (the length is gone by
/// then)
/// ```
final class Frames {
    private Frames() {}

    record Answer(int correlationId, Response response) {
    }

    /// One frame with its length in front.
    static ByteBuffer request(ApiKey api, short version, int correlationId, String clientId, Request request) {
        WireWriter out = new WireWriter();
        out.int32(0);
        RequestHeader.builder()
                .requestApiKey(api.id())
                .requestApiVersion(version)
                .correlationId(correlationId)
                .clientId(clientId)
                .build()
                .write(out, api.requestHeaderVersion(version));
        request.write(out, version);
        ByteBuffer frame = out.toBuffer();
        return frame.putInt(frame.position(), frame.remaining() - Integer.BYTES);
    }

    /// The correlation id alone, without moving the frame.
    static int correlationId(ByteBuffer frame) {
        if (frame.remaining() < Integer.BYTES) {
            throw new MalformedMessageException("an answer of " + frame.remaining() + " bytes");
        }
        return frame.getInt(frame.position());
    }

    /// Reads a whole answer; what a newer broker put behind the body is an error, since the version was agreed.
    static Answer answer(ByteBuffer frame, ApiKey api, short version) {
        int correlationId = correlationId(frame);
        // A node that does not know our version of ApiVersions answers in version 0, whatever was asked.
        short bodyVersion = api == ApiKey.API_VERSIONS && refusesVersion(frame) ? 0 : version;
        WireReader in = new WireReader(frame.duplicate());
        ResponseHeader.read(in, api.responseHeaderVersion(bodyVersion));
        Response response = api.readResponse(in, bodyVersion);
        if (in.remaining() != 0) {
            throw new MalformedMessageException(in.remaining() + " bytes behind an answer to " + api + " v" + version);
        }
        return new Answer(correlationId, response);
    }

    /// Whether the error code, which stands first in every version of the answer to ApiVersions, says
    /// UNSUPPORTED_VERSION.
    private static boolean refusesVersion(ByteBuffer frame) {
        int at = frame.position() + Integer.BYTES;
        return frame.remaining() >= Integer.BYTES + Short.BYTES
                && frame.getShort(at) == io.chapar.protocol.ErrorCode.UNSUPPORTED_VERSION.code();
    }
}

package io.chapar.broker.net;

import io.chapar.broker.config.HostPort;
import io.chapar.protocol.WireReader;
import io.chapar.protocol.WireWriter;
import io.chapar.protocol.message.ApiKey;
import io.chapar.protocol.message.Request;
import io.chapar.protocol.message.RequestHeader;
import io.chapar.protocol.message.Response;
import io.chapar.protocol.message.ResponseHeader;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;

/// A connection that speaks properly, unless it is told otherwise.
final class WireClient implements AutoCloseable {
    private final Socket socket;
    final DataInputStream in;
    final DataOutputStream out;
    private int correlation;

    WireClient(HostPort broker) throws IOException {
        socket = new Socket(broker.host(), broker.port());
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(90_000);
        in = new DataInputStream(socket.getInputStream());
        out = new DataOutputStream(socket.getOutputStream());
    }

    Response ask(Request request, short version) throws IOException {
        send(frame(request, version, ++correlation));
        return answer(ApiKey.of(request), version);
    }

    void send(ByteBuffer frame) throws IOException {
        byte[] bytes = new byte[frame.remaining()];
        frame.get(bytes);
        out.writeInt(bytes.length);
        out.write(bytes);
        out.flush();
    }

    Response answer(ApiKey api, short version) throws IOException {
        byte[] bytes = new byte[in.readInt()];
        in.readFully(bytes);
        WireReader reader = new WireReader(ByteBuffer.wrap(bytes));
        ResponseHeader.read(reader, api.responseHeaderVersion(version));
        return api.readResponse(reader, version);
    }

    /// An answer that takes longer is not waited for.
    void impatient(int ms) throws IOException {
        socket.setSoTimeout(ms);
    }

    void skipAnswer() throws IOException {
        in.skipNBytes(in.readInt());
    }

    boolean isClosedByBroker() throws IOException {
        return isAtItsEnd(in);
    }

    static boolean isAtItsEnd(InputStream in) throws IOException {
        try {
            while (in.read() >= 0) {
                // What was answered before is of no interest.
            }
            return true;
        } catch (SocketException reset) {
            return true;
        }
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }

    static ByteBuffer frame(Request request, short version, int correlation) {
        ApiKey api = ApiKey.of(request);
        WireWriter out = new WireWriter();
        new RequestHeader(api.id(), version, correlation, "test").write(out, api.requestHeaderVersion(version));
        request.write(out, version);
        return out.toBuffer();
    }
}

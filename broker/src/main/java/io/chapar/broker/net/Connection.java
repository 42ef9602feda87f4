package io.chapar.broker.net;

import io.chapar.broker.HostPort;
import io.chapar.broker.runtime.NettyLoop;
import io.chapar.protocol.MalformedMessageException;
import io.chapar.protocol.WireReader;
import io.chapar.protocol.message.ApiKey;
import io.chapar.protocol.message.Request;
import io.chapar.protocol.message.RequestHeader;
import io.chapar.protocol.message.Response;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.timeout.IdleStateEvent;

import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;

/// One client's connection: requests one after the other, answers in the same order.
///
/// The next request begins when the one before has been answered and the client takes what it was sent; frames behind
/// it wait here up to a bound, after which nothing more is read. Everything on the channel's loop.
@SuppressWarnings("FutureReturnValueIgnored") // a failed write or close ends in channelInactive
final class Connection extends ChannelInboundHandlerAdapter {
    /// Requests without records become objects many times their size, so they are held to a smaller bound.
    private static final int MAX_WITHOUT_RECORDS = 8 << 20;

    private final Channel channel;
    private final NettyLoop loop;
    private final HostPort advertised;
    private final ServerLimits limits;
    private final RequestHost host;
    private final String clientHost;

    private final ArrayDeque<ByteBuf> waiting = new ArrayDeque<>();
    private long waitingBytes;
    private RequestInProgress current;
    private long unsentBytes;
    private boolean pumping;
    private boolean unflushed;
    private boolean closed;

    Connection(Channel channel, NettyLoop loop, HostPort advertised, ServerLimits limits, RequestHost host) {
        this.channel = channel;
        this.loop = loop;
        this.limits = limits;
        this.host = host;
        this.advertised = advertised != null ? advertised : dialled(channel.localAddress());
        this.clientHost = channel.remoteAddress() instanceof InetSocketAddress from
                ? from.getAddress().getHostAddress() : "unknown";
    }

    private static HostPort dialled(SocketAddress local) {
        return local instanceof InetSocketAddress at
                ? new HostPort(at.getAddress().getHostAddress(), at.getPort()) : new HostPort("localhost", 0);
    }

    NettyLoop loop() {
        return loop;
    }

    HostPort advertised() {
        return advertised;
    }

    String clientHost() {
        return clientHost;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        ByteBuf frame = (ByteBuf) message;
        if (closed) {
            frame.release();
            return;
        }
        loop.traffic().received(frame.readableBytes() + Integer.BYTES);
        waiting.add(frame);
        waitingBytes += frame.readableBytes();
        pump();
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        flushIfNeeded();
    }

    /// Starts requests while there is nothing in the way.
    private void pump() {
        if (pumping) {
            return;
        }
        pumping = true;
        try {
            while (!closed && !loop.isStopped() && current == null && unsentBytes <= limits.maxUnsentBytes()
                    && !waiting.isEmpty()) {
                ByteBuf frame = waiting.poll();
                waitingBytes -= frame.readableBytes();
                start(frame);
            }
        } finally {
            pumping = false;
        }
        boolean full = waiting.size() >= limits.maxWaitingFrames() || waitingBytes >= limits.maxWaitingBytes();
        if (!closed && channel.config().isAutoRead() == full) {
            channel.config().setAutoRead(!full);
        }
    }

    private void start(ByteBuf frame) {
        RequestInProgress request;
        Request body;
        try {
            ByteBuffer bytes = frame.nioBuffer();
            int apiId = bytes.getShort(bytes.position());
            short version = bytes.getShort(bytes.position() + 2);
            ApiKey api = ApiKey.of(apiId);
            if (api == null) {
                refuse(frame, null, "unknown API key " + apiId, null);
                return;
            }
            if (!host.serves(api, version)) {
                refuseVersion(frame, api, version, bytes.getInt(bytes.position() + 4));
                return;
            }
            if (api != ApiKey.PRODUCE && bytes.remaining() > MAX_WITHOUT_RECORDS) {
                refuse(frame, null, api + " of " + bytes.remaining() + " bytes", null);
                return;
            }
            WireReader in = new WireReader(bytes);
            RequestHeader header = RequestHeader.read(in, api.requestHeaderVersion(version));
            body = api.readRequest(in, version);
            String clientId = header.clientId() == null ? "" : header.clientId();
            request = new RequestInProgress(this, frame, api, version, header.correlationId(), clientId);
        } catch (MalformedMessageException e) {
            refuse(frame, null, "malformed request: " + e.getMessage(), null);
            return;
        } catch (RuntimeException e) {
            // Nothing but this frame has been touched yet.
            refuse(frame, null, "a request cannot be read because of a bug in this broker", e);
            return;
        }
        current = request;
        inLoop(frame, request, () -> host.begin(body, request));
    }

    /// Runs what belongs to a request. Whatever it throws is a bug: what this loop owns may be half changed, and can no
    /// longer be trusted.
    private void inLoop(ByteBuf frame, RequestInProgress request, Runnable task) {
        try {
            task.run();
        } catch (Throwable bug) {
            refuse(frame, request, "a request met a bug in this broker", bug);
            loop.stop(bug);
        }
    }

    /// Ends the request, if it had begun and is not answered yet, and the connection.
    private void refuse(ByteBuf frame, RequestInProgress request, String reason, Throwable bug) {
        loop.traffic().closedForFault();
        Refusals.log(channel, reason, bug);
        if (request == null) {
            frame.release();
        } else if (request.end()) {
            current = null;
            frame.release();
        }
        flushIfNeeded();
        channel.close();
    }

    /// A client asks ApiVersions in the newest version it has; the answer in the oldest tells it ours. Nothing else
    /// can be answered in a version nobody here can write.
    private void refuseVersion(ByteBuf frame, ApiKey api, short version, int correlationId) {
        if (api == ApiKey.API_VERSIONS) {
            frame.release();
            send(host.unsupportedVersion(), api, (short) 0, correlationId);
            return;
        }
        refuse(frame, null, "version " + version + " of " + api + " is not served", null);
    }

    /// The request ended. `response` is null when there is nothing to send.
    void answered(RequestInProgress request, Response response) {
        if (!request.end()) {
            ResponseEncoder.discard(response);
            throw new IllegalStateException("a request was answered twice: " + request.api());
        }
        if (loop.isStopped()) {
            // Whatever the answer says may not be so.
            ResponseEncoder.discard(response);
            request.frame().release();
            return;
        }
        current = null;
        loop.traffic().answered(
                request.api(), response == null ? 0 : response.firstErrorCode(), request.elapsedNs());
        try {
            if (response == null || closed) {
                ResponseEncoder.discard(response);
            } else {
                send(response, request.api(), request.apiVersion(), request.correlationId());
            }
        } catch (RuntimeException unwritable) {
            Refusals.log(channel, "an answer cannot be written", unwritable);
            channel.close();
        } finally {
            request.frame().release();
        }
        if (!pumping) {
            pump();
            flushIfNeeded();
        }
    }

    void closeFor(RequestInProgress request, String reason) {
        if (request.end()) {
            loop.traffic().closedForFault();
            current = null;
            request.frame().release();
            Refusals.log(channel, reason);
            flushIfNeeded();
            channel.close();
        }
    }

    private void send(Response response, ApiKey api, short version, int correlationId) {
        long size = ResponseEncoder.write(channel, response, api, version, correlationId, sent -> {
            unsentBytes -= sent;
            pump();
            flushIfNeeded();
        });
        unsentBytes += size;
        loop.traffic().sent(size + Integer.BYTES);
        unflushed = true;
    }

    private void flushIfNeeded() {
        if (unflushed) {
            unflushed = false;
            channel.flush();
        }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event instanceof IdleStateEvent && current == null) {
            ctx.close();
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        // The client reset the connection, or died; anything else was met by start().
        if (!(cause instanceof java.io.IOException)) {
            Refusals.log(channel, "unexpected failure", cause);
        }
        ctx.close();
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        closed = true;
        while (!waiting.isEmpty()) {
            waiting.poll().release();
        }
        waitingBytes = 0;
        if (current != null) {
            RequestInProgress left = current;
            inLoop(left.frame(), left, left::disconnected);
        }
    }
}

package io.chapar.broker.net;

import io.chapar.broker.HostPort;
import io.chapar.broker.net.ResponseEncoder.Encoded;
import io.chapar.broker.runtime.NettyLoop;
import io.chapar.protocol.MalformedMessageException;
import io.chapar.protocol.TooManyElementsException;
import io.chapar.protocol.message.ApiKey;
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
    private final Shared shared;
    private final RequestHost host;
    private final String clientHost;

    private final ArrayDeque<ByteBuf> waiting = new ArrayDeque<>();
    private long waitingBytes;
    private RequestInProgress current;
    /// A message of many elements is being read or written beside the loop, or waits for its share.
    private boolean busy;
    private long unsentBytes;
    private boolean pumping;
    private boolean unflushed;
    private boolean closed;

    Connection(
            Channel channel,
            NettyLoop loop,
            HostPort advertised,
            ServerLimits limits,
            Shared shared,
            RequestHost host) {
        this.channel = channel;
        this.loop = loop;
        this.limits = limits;
        this.shared = shared;
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

    private void release(ByteBuf frame) {
        shared.frames().letGo(frame.readableBytes());
        frame.release();
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        ByteBuf frame = (ByteBuf) message;
        shared.frames().hold(frame.readableBytes());
        if (closed) {
            release(frame);
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
            while (!closed && !loop.isStopped() && current == null && !busy
                    && unsentBytes <= limits.maxUnsentBytes() && !waiting.isEmpty()) {
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
        ByteBuffer bytes = frame.nioBuffer();
        int apiId = bytes.getShort(bytes.position());
        short version = bytes.getShort(bytes.position() + 2);
        ApiKey api = ApiKey.of(apiId);
        if (api == null) {
            refuse(frame, null, "unknown API key " + apiId, null);
        } else if (!host.serves(api, version)) {
            refuseVersion(frame, api, version, bytes.getInt(bytes.position() + 4));
        } else if (api != ApiKey.PRODUCE && bytes.remaining() > MAX_WITHOUT_RECORDS) {
            refuse(frame, null, api + " of " + bytes.remaining() + " bytes", null);
        } else {
            read(frame, api, version);
        }
    }

    /// A request of few elements is read at once. One of more is read again from its start, beside the loop.
    private void read(ByteBuf frame, ApiKey api, short version) {
        Incoming read;
        try {
            read = Incoming.read(frame.nioBuffer(), api, version, ElementBudget.SMALL_ELEMENTS);
        } catch (TooManyElementsException many) {
            busy = true;
            ByteBuffer bytes = frame.nioBuffer();
            beside(() -> readBeside(frame, bytes, api, version));
            return;
        } catch (MalformedMessageException e) {
            refuse(frame, null, "malformed request: " + e.getMessage(), null);
            return;
        } catch (RuntimeException e) {
            // Nothing but this frame has been touched yet.
            refuse(frame, null, "a request cannot be read because of a bug in this broker", e);
            return;
        }
        begin(frame, read);
    }

    /// For messages of many elements. What fails there without saying that it may has met a bug.
    private void beside(Runnable task) {
        shared.large().execute(() -> {
            try {
                task.run();
            } catch (Throwable bug) {
                loop.execute(() -> loop.stop(bug));
            }
        });
    }

    private void readBeside(ByteBuf frame, ByteBuffer bytes, ApiKey api, short version) {
        try {
            Incoming read = Incoming.read(bytes, api, version, limits.maxElements());
            loop.execute(() -> shared.requests().take(read.elements(), loop, () -> beginLarge(frame, read)));
        } catch (MalformedMessageException e) {
            loop.execute(() -> {
                busy = false;
                refuse(frame, null, "malformed " + api + ": " + e.getMessage(), null);
            });
        }
    }

    private void beginLarge(ByteBuf frame, Incoming read) {
        busy = false;
        if (closed) {
            shared.requests().giveBack(read.elements());
            release(frame);
            return;
        }
        begin(frame, read);
        pump();
        flushIfNeeded();
    }

    private void begin(ByteBuf frame, Incoming read) {
        RequestInProgress request = new RequestInProgress(this, frame, read, shared);
        current = request;
        inLoop(frame, request, () -> host.begin(read.body(), request));
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
            release(frame);
        } else if (request.end()) {
            current = null;
            letGo(request);
        }
        flushIfNeeded();
        channel.close();
    }

    /// A client asks ApiVersions in the newest version it has; the answer in the oldest tells it ours. Nothing else
    /// can be answered in a version nobody here can write.
    private void refuseVersion(ByteBuf frame, ApiKey api, short version, int correlationId) {
        if (api == ApiKey.API_VERSIONS) {
            release(frame);
            send(ResponseEncoder.encode(
                    channel.alloc(), host.unsupportedVersion(), api, (short) 0, correlationId), () -> { });
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
            release(request.frame());
            return;
        }
        current = null;
        loop.traffic().answered(
                request.api(), response == null ? 0 : response.firstErrorCode(), request.elapsedNs());
        if (response == null || closed) {
            ResponseEncoder.discard(response);
            letGo(request);
        } else if (request.isLarge()) {
            busy = true;
            beside(() -> encodeBeside(request, response));
            return;
        } else {
            send(request, encode(request, response));
        }
        if (!pumping) {
            pump();
            flushIfNeeded();
        }
    }

    private void encodeBeside(RequestInProgress request, Response response) {
        Encoded encoded = encode(request, response);
        loop.execute(() -> {
            busy = false;
            send(request, encoded);
            pump();
            flushIfNeeded();
        });
    }

    /// From any thread. Null, and said, when the answer cannot be written.
    private Encoded encode(RequestInProgress request, Response response) {
        try {
            return ResponseEncoder.encode(
                    channel.alloc(), response, request.api(), request.apiVersion(), request.correlationId());
        } catch (RuntimeException unwritable) {
            Refusals.log(channel, "an answer cannot be written", unwritable);
            return null;
        }
    }

    private void send(RequestInProgress request, Encoded encoded) {
        if (encoded == null || closed) {
            if (encoded != null) {
                encoded.discard();
            }
            letGo(request);
            channel.close();
            return;
        }
        release(request.frame());
        send(encoded, request::letGo);
    }

    private void letGo(RequestInProgress request) {
        release(request.frame());
        request.letGo();
    }

    void closeFor(RequestInProgress request, String reason) {
        if (request.end()) {
            loop.traffic().closedForFault();
            current = null;
            letGo(request);
            Refusals.log(channel, reason);
            flushIfNeeded();
            channel.close();
        }
    }

    private void send(Encoded answer, Runnable sent) {
        unsentBytes += answer.size();
        loop.traffic().sent(answer.size() + Integer.BYTES);
        unflushed = true;
        ResponseEncoder.write(channel, answer, () -> {
            unsentBytes -= answer.size();
            sent.run();
            pump();
            flushIfNeeded();
        });
    }

    private void flushIfNeeded() {
        if (unflushed) {
            unflushed = false;
            channel.flush();
        }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event instanceof IdleStateEvent && current == null && !busy) {
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
            release(waiting.poll());
        }
        waitingBytes = 0;
        if (current != null) {
            RequestInProgress left = current;
            inLoop(left.frame(), left, left::disconnected);
        }
    }
}

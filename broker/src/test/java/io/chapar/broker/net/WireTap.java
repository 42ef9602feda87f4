package io.chapar.broker.net;

import io.chapar.broker.config.HostPort;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.WireReader;
import io.chapar.protocol.message.AddOffsetsToTxnResponse;
import io.chapar.protocol.message.AddPartitionsToTxnResponse;
import io.chapar.protocol.message.ApiKey;
import io.chapar.protocol.message.EndTxnResponse;
import io.chapar.protocol.message.InitProducerIdResponse;
import io.chapar.protocol.message.ProduceResponse;
import io.chapar.protocol.message.Response;
import io.chapar.protocol.message.ResponseHeader;
import io.chapar.protocol.message.TxnOffsetCommitResponse;

import java.io.Closeable;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;

/// Stands between clients and a broker, passes every frame on, and notes the error codes of all answers about
/// transactions: what a client retries by itself is seen here alone.
public final class WireTap implements AutoCloseable {
    /// One answer, or one partition's part of it.
    public record Seen(ApiKey api, short version, ErrorCode error) {}

    private record Pending(ApiKey api, short version) {}

    private final ServerSocket server;
    private final List<Closeable> sockets = new ArrayList<>();
    private final ConcurrentLinkedQueue<Seen> seen = new ConcurrentLinkedQueue<>();
    private HostPort broker;

    public WireTap() {
        try {
            server = new ServerSocket(0, 100, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Where clients are to connect, and what the broker is to advertise.
    public HostPort address() {
        return new HostPort("127.0.0.1", server.getLocalPort());
    }

    /// Begins to let clients through.
    public void open(HostPort to) {
        broker = to;
        Thread.ofVirtual().start(() -> {
            try {
                while (true) {
                    join(server.accept(), new Socket(broker.host(), broker.port()));
                }
            } catch (IOException e) {
                // Closed.
            }
        });
    }

    public List<Seen> seen() {
        return List.copyOf(seen);
    }

    public long count(ErrorCode error) {
        return seen.stream().filter(one -> one.error() == error).count();
    }

    private synchronized void join(Socket client, Socket server) throws IOException {
        sockets.add(client);
        sockets.add(server);
        client.setTcpNoDelay(true);
        server.setTcpNoDelay(true);
        Map<Integer, Pending> pending = new ConcurrentHashMap<>();
        pump(client, server, frame -> pending.put(frame.getInt(4),
                new Pending(ApiKey.of(frame.getShort(0)), frame.getShort(2))));
        pump(server, client, frame -> {
            Pending asked = pending.remove(frame.getInt(0));
            if (asked != null && isOfTransactions(asked.api())) {
                WireReader in = new WireReader(frame);
                ResponseHeader.read(in, asked.api().responseHeaderVersion(asked.version()));
                note(asked, asked.api().readResponse(in, asked.version()));
            }
        });
    }

    private interface Look {
        void at(ByteBuffer frame);
    }

    private static void pump(Socket from, Socket to, Look look) {
        Thread.ofVirtual().start(() -> {
            try (from; to) {
                DataInputStream in = new DataInputStream(from.getInputStream());
                DataOutputStream out = new DataOutputStream(to.getOutputStream());
                while (true) {
                    byte[] frame = new byte[in.readInt()];
                    in.readFully(frame);
                    look.at(ByteBuffer.wrap(frame));
                    byte[] whole = ByteBuffer.allocate(4 + frame.length).putInt(frame.length).put(frame).array();
                    out.write(whole);
                    out.flush();
                }
            } catch (IOException e) {
                // One side has gone; so does the other.
            }
        });
    }

    private static boolean isOfTransactions(ApiKey api) {
        return switch (api) {
            case PRODUCE, INIT_PRODUCER_ID, ADD_PARTITIONS_TO_TXN, ADD_OFFSETS_TO_TXN, END_TXN, TXN_OFFSET_COMMIT ->
                true;
            default -> false;
        };
    }

    private void note(Pending asked, Response response) {
        switch (response) {
            case ProduceResponse r -> r.responses().forEach(topic ->
                    topic.partitionResponses().forEach(partition -> note(asked, partition.errorCode())));
            case InitProducerIdResponse r -> note(asked, r.errorCode());
            case AddPartitionsToTxnResponse r -> r.resultsByTopicV3AndBelow().forEach(topic ->
                    topic.resultsByPartition().forEach(partition -> note(asked, partition.partitionErrorCode())));
            case AddOffsetsToTxnResponse r -> note(asked, r.errorCode());
            case EndTxnResponse r -> note(asked, r.errorCode());
            case TxnOffsetCommitResponse r -> r.topics().forEach(topic ->
                    topic.partitions().forEach(partition -> note(asked, partition.errorCode())));
            default -> throw new AssertionError(response);
        }
    }

    private void note(Pending asked, short code) {
        seen.add(new Seen(asked.api(), asked.version(), ErrorCode.of(code)));
    }

    @Override
    public synchronized void close() {
        try {
            server.close();
            for (Closeable socket : sockets) {
                socket.close();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

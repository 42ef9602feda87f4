package io.chapar.broker.net;

import io.chapar.broker.config.HostPort;
import io.chapar.protocol.message.ApiVersionsRequest;
import io.chapar.protocol.message.FetchRequest;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// A broker as a process of its own with an eighth of the memory for requests that `bin/chapar` gives it, and so many
/// strangers who each keep little of it that all of them would keep more than there is: the canary is served.
final class LittleMemoryIT {
    private static final int STRANGERS = 600;
    private static final int KEPT = 200_000;

    @TempDir
    Path folder;

    private final List<SocketChannel> strangers = new ArrayList<>();
    private SmallBroker broker;
    private Canary canary;

    @BeforeEach
    void start() throws IOException {
        // None of the strangers is to be closed for being late on a busy machine.
        broker = SmallBroker.start(folder,
                Map.of("max.connections", "1000", "connections.first.request.ms", "600000"),
                List.of("-XX:MaxDirectMemorySize=64m"));
        canary = new Canary(broker.address());
        HostPort at = broker.address();
        for (int i = 0; i < STRANGERS; i++) {
            SocketChannel stranger = SocketChannel.open(new InetSocketAddress(at.host(), at.port()));
            stranger.configureBlocking(false);
            strangers.add(stranger);
        }
    }

    @AfterEach
    void stop() throws IOException {
        for (SocketChannel stranger : strangers) {
            stranger.close();
        }
        canary.close();
        broker.close();
    }

    /// As much as the kernel takes.
    private void eachSends(ByteBuffer bytes) throws IOException {
        for (int i = 0; i < STRANGERS; i++) {
            strangers.get(i).write(bytes.duplicate());
            if (i % 50 == 0) {
                canary.once();
            }
        }
        for (int i = 0; i < 20; i++) {
            canary.once();
        }
        broker.assertAlive();
    }

    private static ByteBuffer longPoll() {
        ByteBuffer frame = WireClient.frame(FetchRequest.builder().maxWaitMs(600_000).minBytes(1 << 20)
                .maxBytes(1 << 20)
                .topics(List.of(FetchRequest.FetchTopic.builder().topic("canary").partitions(List.of(
                        FetchRequest.FetchPartition.builder().partitionMaxBytes(1 << 20).build())).build()))
                .build(), (short) 11, 1);
        return ByteBuffer.allocate(Integer.BYTES + frame.remaining()).putInt(frame.remaining()).put(frame).flip();
    }

    private static ByteBuffer many(ByteBuffer frame) {
        ByteBuffer all = ByteBuffer.allocate(KEPT);
        while (all.remaining() >= Integer.BYTES + frame.remaining()) {
            all.putInt(frame.remaining()).put(frame.duplicate());
        }
        return all.flip();
    }

    @Test
    void requestsBehindOneThatWaits() throws IOException {
        eachSends(longPoll());
        eachSends(many(WireClient.frame(ApiVersionsRequest.DEFAULT, (short) 0, 1)));
    }

    /// None of them is of a size that counts among the large ones by itself, and each is in a buffer that is larger.
    @Test
    void requestsOfMiddlingSizeBehindOneThatWaits() throws IOException {
        eachSends(longPoll());
        eachSends(many(ByteBuffer.allocate(3_000).putInt(18 << 16).rewind()));
    }

    @Test
    void beginningsOfLargeRequests() throws IOException {
        eachSends(ByteBuffer.allocate(KEPT).putInt(0, 1 << 20));
        eachSends(ByteBuffer.allocate(KEPT));
    }
}

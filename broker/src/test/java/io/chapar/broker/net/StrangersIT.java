package io.chapar.broker.net;

import io.chapar.broker.config.HostPort;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.ApiVersionsRequest;
import io.chapar.protocol.message.FetchRequest;
import io.chapar.protocol.record.RecordBatchBuilder;
import io.chapar.protocol.record.compress.Compression;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
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

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// A broker as a process of its own with the heap of a small machine, and hundreds who send what is well formed and
/// behave badly all the same: it lives, and the canary is served.
final class StrangersIT {
    private static final int STRANGERS = 600;
    private static final int ROUNDS = 20;

    @TempDir
    Path folder;

    private final List<SocketChannel> strangers = new ArrayList<>();
    private SmallBroker broker;
    private Canary canary;

    @BeforeEach
    void start() throws IOException {
        broker = SmallBroker.start(folder, Map.of());
        canary = new Canary(broker.address());
    }

    @AfterEach
    void stop() throws IOException {
        for (SocketChannel stranger : strangers) {
            stranger.close();
        }
        canary.close();
        broker.close();
    }

    private void come(int count) throws IOException {
        HostPort at = broker.address();
        for (int i = 0; i < count; i++) {
            SocketChannel stranger = SocketChannel.open(new InetSocketAddress(at.host(), at.port()));
            stranger.configureBlocking(false);
            strangers.add(stranger);
        }
    }

    /// As much of it as the kernel takes; only whole copies, each of them from where the last write ended.
    private void send(ByteBuffer[] each) throws IOException {
        for (int i = 0; i < each.length; i++) {
            int written = strangers.get(i).write(each[i]);
            if (written > 0 && !each[i].hasRemaining()) {
                each[i].rewind();
            }
        }
    }

    private static ByteBuffer framed(ByteBuffer frame, int copies) {
        ByteBuffer all = ByteBuffer.allocate(copies * (Integer.BYTES + frame.remaining()));
        for (int i = 0; i < copies; i++) {
            all.putInt(frame.remaining()).put(frame.duplicate());
        }
        return all.flip();
    }

    private static ByteBuffer tiny() {
        return WireClient.frame(ApiVersionsRequest.DEFAULT, (short) 0, 1);
    }

    /// Waits for more than there will be.
    private static ByteBuffer longPoll() {
        return WireClient.frame(FetchRequest.builder().maxWaitMs(600_000).minBytes(1 << 20).maxBytes(1 << 20)
                .topics(List.of(FetchRequest.FetchTopic.builder().topic("canary").partitions(List.of(
                        FetchRequest.FetchPartition.builder().partitionMaxBytes(1 << 20).build())).build()))
                .build(), (short) 11, 1);
    }

    private void theCanaryLives() throws IOException {
        canary.once();
        broker.assertAlive();
    }

    @Test
    void whoNeverReadsAnAnswerIsNoBurden() throws IOException {
        come(STRANGERS);
        ByteBuffer[] each = new ByteBuffer[STRANGERS];
        for (int i = 0; i < STRANGERS; i++) {
            each[i] = framed(tiny(), 5_000);
        }
        for (int round = 0; round < ROUNDS; round++) {
            send(each);
            theCanaryLives();
        }
        for (SocketChannel stranger : strangers) {
            stranger.close();
        }
        theCanaryLives();
    }

    @Test
    void tinyRequestsBehindOneThatWaitsTakeNoMoreThanTheirBytes() throws IOException {
        come(STRANGERS);
        ByteBuffer[] each = new ByteBuffer[STRANGERS];
        for (int i = 0; i < STRANGERS; i++) {
            each[i] = framed(longPoll(), 1);
        }
        send(each);
        for (int i = 0; i < STRANGERS; i++) {
            each[i] = framed(tiny(), 5_000);
        }
        for (int round = 0; round < ROUNDS; round++) {
            send(each);
            theCanaryLives();
        }
    }

    /// Each is the only one in what a socket received, and must not keep all of it.
    @Test
    void requestsThatWaitKeepNoMoreThanTheirBytes() throws IOException {
        come(STRANGERS / 2);
        ByteBuffer[] each = new ByteBuffer[STRANGERS / 2];
        for (int i = 0; i < each.length; i++) {
            each[i] = framed(longPoll(), 1);
        }
        send(each);
        for (int i = 0; i < each.length; i++) {
            each[i] = framed(ByteBuffer.allocate(SocketMemory.COPIED + 1).put(tiny()).rewind(), 1);
        }
        for (int round = 0; round < 3 * ROUNDS; round++) {
            send(each);
            theCanaryLives();
        }
    }

    /// They take all the memory for large requests, and each leaves the rest of its own unsent.
    @Test
    @Tag("nightly")
    void whoDoesNotGetOnWithALargeRequestKeepsNobodyWaitingForLong() throws IOException {
        come(STRANGERS);
        ByteBuffer[] each = new ByteBuffer[STRANGERS];
        for (int i = 0; i < STRANGERS; i++) {
            each[i] = ByteBuffer.allocate(1 << 20).putInt(0, 8 << 20);
        }
        for (int round = 0; round < ROUNDS; round++) {
            for (int i = 0; i < STRANGERS; i++) {
                strangers.get(i).write(each[i]);
            }
            theCanaryLives();
        }
        ByteBuffer large = new RecordBatchBuilder(Compression.NONE)
                .append(System.currentTimeMillis(), null, ByteBuffer.allocate(1_000_000)).build();
        try (WireClient client = new WireClient(broker.address())) {
            SmallBroker.create(client, "large", 1, Map.of());
            assertEquals(ErrorCode.NONE, HugeRecords.append(client, "large", large));
        }
        assertTrue(broker.said().contains("socket.request.min.bytes.per.second"), broker::said);
    }
}

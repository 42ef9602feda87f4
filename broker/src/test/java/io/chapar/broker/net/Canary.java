package io.chapar.broker.net;

import io.chapar.broker.config.HostPort;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.FetchRequest;
import io.chapar.protocol.message.FetchResponse;
import io.chapar.protocol.message.MetadataRequest;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.UUID;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// A client that writes a record and reads it back, again and again, while others ask for much: it must always get
/// what it asked for.
public final class Canary implements AutoCloseable {
    private static final String TOPIC = "canary";

    private final WireClient client;
    private final List<Long> tookNs = new ArrayList<>();
    private long next;
    private volatile boolean stopping;
    private volatile Throwable failure;
    private final Thread thread = new Thread(this::live, "canary");

    public Canary(HostPort broker) throws IOException {
        client = new WireClient(broker);
        client.ask(MetadataRequest.builder()
                .topics(List.of(new MetadataRequest.MetadataRequestTopic(new UUID(0, 0), TOPIC)))
                .allowAutoTopicCreation(true)
                .build(), (short) 9);
        next = HostileBytesIT.append(client, TOPIC) + 1;
        tookNs.clear();
    }

    Canary begin() {
        thread.start();
        return this;
    }

    private void live() {
        try {
            do {
                long begunNs = System.nanoTime();
                once();
                tookNs.add(System.nanoTime() - begunNs);
            } while (!stopping);
        } catch (IOException | RuntimeException | AssertionError e) {
            failure = e;
        }
    }

    /// One record, written and read.
    void once() throws IOException {
        assertEquals(next, HostileBytesIT.append(client, TOPIC));
        FetchResponse read = (FetchResponse) client.ask(FetchRequest.builder().maxWaitMs(10).minBytes(1)
                .topics(List.of(FetchRequest.FetchTopic.builder().topic(TOPIC).partitions(List.of(
                        FetchRequest.FetchPartition.builder().fetchOffset(next).partitionMaxBytes(1 << 20).build()))
                        .build()))
                .build(), (short) 11);
        FetchResponse.PartitionData partition = read.responses().getFirst().partitions().getFirst();
        assertEquals(ErrorCode.NONE.code(), partition.errorCode());
        assertTrue(partition.records().sizeInBytes() > 0);
        next++;
    }

    boolean isDead() {
        return failure != null;
    }

    /// Ends it; what it met is thrown.
    List<Long> end() throws InterruptedException {
        stopping = true;
        thread.join();
        if (failure != null) {
            throw new AssertionError("the canary died", failure);
        }
        List<Long> sorted = new ArrayList<>(tookNs);
        Collections.sort(sorted);
        return sorted;
    }

    @Override
    public void close() throws IOException {
        stopping = true;
        client.close();
    }
}

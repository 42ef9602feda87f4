package io.chapar.client.producer;

import io.chapar.client.ChaparException;
import io.chapar.client.ClientConfig;
import io.chapar.client.KafkaConfigNames;
import io.chapar.client.metadata.CoordinatorLookup;
import io.chapar.client.metadata.Metadata;
import io.chapar.client.scripted.FakeBroker;
import io.chapar.client.scripted.ScriptedTransport;
import io.chapar.protocol.record.RecordBatch;
import io.chapar.protocol.record.RecordBatchBuilder;
import io.chapar.transport.Backoff;
import io.chapar.transport.VirtualLoop;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/// A producer's cores on virtual time against a [FakeBroker].
final class ProducerBench {
    static final String ID = "bench";
    private static final long LIMIT_MS = 600_000;

    final VirtualLoop loop = new VirtualLoop();
    final FakeBroker broker = new FakeBroker();
    final ScriptedTransport transport = new ScriptedTransport(loop, broker);
    final ProducerConfig config;
    final MemoryBudget memory;
    final Metadata metadata;
    final ProducerCore core;
    final TxnCore txn;
    final List<CompletableFuture<RecordMetadata>> futures = new ArrayList<>();

    private ProducerBench(ProducerConfig config) {
        this.config = config;
        memory = new MemoryBudget((int) config.bufferMemory());
        ClientConfig client = config.client();
        Random random = new Random(7);
        Backoff backoff = new Backoff(client.retryBackoffMs(), client.retryBackoffMaxMs(), random);
        metadata = new Metadata(loop, transport, client, backoff, true);
        core = new ProducerCore(
                loop, transport, metadata, config, memory, backoff, new Partitioner(random, config.batchSize()));
        if (config.transactional()) {
            txn = new TxnCore(loop, transport, config, core, new CoordinatorCalls(loop, transport,
                    new CoordinatorLookup(loop, transport, metadata, client, backoff), backoff));
            core.transactions(txn);
        } else {
            txn = null;
        }
        metadata.refresh();
    }

    static ProducerBench plain(Object... settings) {
        return new ProducerBench(ProducerConfig.from(settings(settings)));
    }

    static ProducerBench transactional(boolean v2, Object... settings) {
        Map<String, Object> all = settings(settings);
        all.put(KafkaConfigNames.TRANSACTIONAL_ID, ID);
        ProducerBench bench = new ProducerBench(ProducerConfig.from(all));
        bench.broker.transactionsV2 = v2;
        return bench;
    }

    private static Map<String, Object> settings(Object... pairs) {
        Map<String, Object> all = new LinkedHashMap<>();
        all.put(KafkaConfigNames.BOOTSTRAP_SERVERS, "one:9092");
        for (int i = 0; i < pairs.length; i += 2) {
            all.put((String) pairs[i], pairs[i + 1]);
        }
        return all;
    }

    ProducerBench topic(String name, int partitions) {
        broker.topic(name, partitions);
        return this;
    }

    CompletableFuture<RecordMetadata> send(String topic, int partition, String value) {
        ByteBuffer bytes = ByteBuffer.wrap(value.getBytes(StandardCharsets.UTF_8));
        int size = RecordBatch.HEADER_BYTES + RecordBatchBuilder.maxSizeOf(null, bytes, List.of());
        if (!memory.tryTake(size)) {
            throw new AssertionError("no memory");
        }
        SendFuture future = new SendFuture(loop.wallClockMs(), null, bytes);
        core.accept(PendingRecord.of(topic, partition, loop.wallClockMs(), null, bytes, List.of(), size,
                loop.nowMs(), future), loop.nowMs());
        core.pump(loop.nowMs());
        futures.add(future);
        return future;
    }

    /// Sends; the future is the last of [#futures].
    void put(String topic, int partition, String value) {
        Objects.requireNonNull(send(topic, partition, value));
    }

    /// Sends and lets everything come to an end.
    void flush() {
        await(core.flush(loop.nowMs()));
    }

    void await(CompletableFuture<?> future) {
        loop.runUntilDone(future, LIMIT_MS);
        future.join();
    }

    /// Where the record is, which must be known by now.
    static RecordMetadata result(CompletableFuture<RecordMetadata> future) {
        return Objects.requireNonNull(future.getNow(null), "not done");
    }

    ChaparException failure(CompletableFuture<?> future) {
        loop.runUntilDone(future, LIMIT_MS);
        try {
            Object result = future.get();
            throw new AssertionError("expected a failure, got " + result);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        } catch (ExecutionException e) {
            return (ChaparException) e.getCause();
        }
    }

    void begun() {
        await(txn.initialise(false));
        await(txn.begin());
    }

    static List<String> numbered(String prefix, int count) {
        List<String> values = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            values.add(prefix + i);
        }
        return values;
    }
}

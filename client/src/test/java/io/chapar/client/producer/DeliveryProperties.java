package io.chapar.client.producer;

import io.chapar.client.KafkaConfigNames;
import io.chapar.client.UnknownOutcomeException;
import io.chapar.client.scripted.FakeBroker;
import io.chapar.client.scripted.ScriptedTransport.Fault;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.ApiKey;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

class DeliveryProperties {
    private static final int RECORDS = 120;

    /// What one record was told, and where it was to go.
    private record Sent(String value, int partition, CompletableFuture<RecordMetadata> future) {
    }

    /// Whatever happens to requests and answers, what an idempotent producer was told is written stands in the log
    /// once, in order.
    @Property(tries = 300)
    void everyRecordOnceAndInOrder(@ForAll long seed, @ForAll @IntRange(min = 1, max = 4) int partitions,
            @ForAll @IntRange(min = 0, max = 60) int faultPercent) {
        Random random = new Random(seed);
        ProducerBench bench = ProducerBench.plain(KafkaConfigNames.BATCH_SIZE, 150, KafkaConfigNames.LINGER_MS, 1)
                .topic("t", partitions);
        List<Sent> sent = run(bench, random, partitions, faultPercent, 300, 4);
        for (int partition = 0; partition < partitions; partition++) {
            int number = partition;
            assertEquals(sent.stream().filter(one -> one.partition == number).map(Sent::value).toList(),
                    bench.broker.log("t", partition).values());
        }
        bench.futures.forEach(ProducerBench::result);
        assertEquals(bench.memory.total(), bench.memory.freeBytes());
    }

    /// The same when time runs out for some, and their requests still arrive later: what is written stands there at its
    /// offset, once; what is not done stands nowhere; what is unknown at most once.
    @Property(tries = 1_000)
    void whatIsToldIsTrueWhenTimeRunsOut(@ForAll long seed, @ForAll @IntRange(min = 1, max = 3) int partitions,
            @ForAll @IntRange(min = 5, max = 80) int faultPercent, @ForAll boolean ofSize) {
        Random random = new Random(seed);
        ProducerBench bench = ProducerBench.plain(KafkaConfigNames.BATCH_SIZE, random.nextBoolean() ? 0 : 150,
                KafkaConfigNames.LINGER_MS, 1, KafkaConfigNames.REQUEST_TIMEOUT_MS, 300,
                KafkaConfigNames.DELIVERY_TIMEOUT_MS, 301 + random.nextInt(1_000)).topic("t", partitions);
        if (ofSize) {
            bench.broker.maxBatchBytes = 130;
        }
        List<Sent> sent = run(bench, random, partitions, faultPercent, 2_000, 60);
        for (int partition = 0; partition < partitions; partition++) {
            int number = partition;
            expectTrue(sent.stream().filter(one -> one.partition == number).toList(),
                    bench.broker.log("t", partition).values());
        }
        assertEquals(bench.memory.total(), bench.memory.freeBytes());
        assertTrue(bench.core.isQuiet());
    }

    private static void expectTrue(List<Sent> sent, List<String> log) {
        assertEquals(log.size(), new LinkedHashSet<>(log).size(), () -> "twice in " + log);
        List<String> done = new ArrayList<>();
        for (Sent one : sent) {
            if (!one.future.isCompletedExceptionally()) {
                done.add(one.value);
                long offset = ProducerBench.result(one.future).offset();
                if (offset >= 0) {
                    assertEquals(one.value, log.get((int) offset));
                }
            } else if (!(one.future.exceptionNow() instanceof UnknownOutcomeException)) {
                assertFalse(log.contains(one.value), () -> one.value + " is written in spite of " + one.future);
            }
        }
        assertEquals(done, log.stream().filter(done::contains).toList());
        assertEquals(sent.stream().map(Sent::value).filter(log::contains).toList(), log);
    }

    private static List<Sent> run(ProducerBench bench, Random random, int partitions, int faultPercent, int longestMs,
            int betweenMs) {
        bench.transport.always = api -> api == ApiKey.PRODUCE && random.nextInt(100) < faultPercent
                ? fault(random, longestMs) : null;
        List<Sent> sent = new ArrayList<>();
        for (int i = 0; i < RECORDS; i++) {
            int partition = random.nextInt(partitions);
            String value = i % 17 == 16 ? ("v" + i + "-").repeat(20) : "v" + i;
            sent.add(new Sent(value, partition, bench.send("t", partition, value)));
            bench.loop.advance(random.nextInt(betweenMs));
            if (random.nextInt(20) == 0) {
                bench.broker.moveLeader(random.nextBoolean() ? FakeBroker.ONE : FakeBroker.TWO);
            }
        }
        bench.loop.advance(20_000);
        bench.transport.always = api -> null;
        bench.flush();
        bench.loop.advance(20_000);
        return sent;
    }

    private static Fault fault(Random random, int longestMs) {
        return switch (random.nextInt(8)) {
            case 0 -> new Fault.LoseRequest();
            case 1 -> new Fault.LoseAnswer();
            case 2 -> new Fault.NotSent();
            case 3 -> new Fault.Delay(random.nextInt(300));
            case 4 -> new Fault.AnswerInstead(DeliveryScenarios.refusing(ErrorCode.NOT_ENOUGH_REPLICAS));
            case 5 -> new Fault.ComeLate(random.nextInt(longestMs));
            case 6 -> new Fault.Later(random.nextInt(300), fault(random, longestMs));
            default -> new Fault.AnswerAfter(DeliveryScenarios.refusing(ErrorCode.REQUEST_TIMED_OUT));
        };
    }
}

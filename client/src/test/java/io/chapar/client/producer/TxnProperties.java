package io.chapar.client.producer;

import io.chapar.client.AbortableException;
import io.chapar.client.GroupMetadata;
import io.chapar.client.KafkaConfigNames;
import io.chapar.client.OffsetAndMetadata;
import io.chapar.client.scripted.FakeBroker;
import io.chapar.client.scripted.ScriptedTransport.Fault;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.message.ApiKey;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

class TxnProperties {
    private static final TopicPartition INPUT = new TopicPartition("in", 0);

    /// Under lost, delayed and refused requests: what committed is there once and whole, with its offsets; what aborted
    /// is not.
    @Property(tries = 300)
    void wholeOrNotAtAll(@ForAll long seed, @ForAll boolean v2, @ForAll @IntRange(min = 0, max = 40) int faultPercent) {
        Random random = new Random(seed);
        ProducerBench bench = ProducerBench.transactional(v2, KafkaConfigNames.BATCH_SIZE, 120,
                KafkaConfigNames.LINGER_MS, 1).topic("t", 2);
        bench.transport.always = api -> random.nextInt(100) < faultPercent ? fault(api, random) : null;
        bench.await(bench.txn.initialise(false));
        List<List<String>> expected = List.of(new ArrayList<>(), new ArrayList<>());
        long committedOffset = -1;
        for (int number = 0; number < 15; number++) {
            bench.await(bench.txn.begin());
            List<List<String>> sent = List.of(new ArrayList<>(), new ArrayList<>());
            for (int i = random.nextInt(12); i > 0; i--) {
                int partition = random.nextInt(2);
                String value = "t" + number + "-" + i;
                if (bench.txn.refusalToSend() == null) {
                    sent.get(partition).add(value);
                    bench.put("t", partition, value);
                }
                bench.loop.advance(random.nextInt(3));
            }
            boolean withOffsets = random.nextBoolean() && bench.txn.isOpen();
            CompletableFuture<Void> end = withOffsets
                    ? bench.txn.sendOffsets(Map.of(INPUT, new OffsetAndMetadata(number)), new GroupMetadata("g"))
                    : CompletableFuture.completedFuture(null);
            boolean sound = endedWell(bench, end);
            if (random.nextInt(10) == 0) {
                bench.broker.coordinator = random.nextBoolean() ? FakeBroker.ONE : FakeBroker.TWO;
            }
            if (sound && random.nextInt(4) > 0 && endedWell(bench, bench.txn.commit())) {
                expected.get(0).addAll(sent.get(0));
                expected.get(1).addAll(sent.get(1));
                committedOffset = withOffsets ? number : committedOffset;
            } else {
                bench.await(bench.txn.abort());
            }
        }
        assertEquals(expected.get(0), bench.broker.log("t", 0).committedValues());
        assertEquals(expected.get(1), bench.broker.log("t", 1).committedValues());
        assertEquals(committedOffset < 0 ? Map.of() : Map.of(INPUT, committedOffset), bench.broker.committedOffsets);
        assertEquals(bench.memory.total(), bench.memory.freeBytes());
    }

    /// False when the transaction must be aborted; anything else that is not success is an error of the producer.
    private static boolean endedWell(ProducerBench bench, CompletableFuture<Void> end) {
        try {
            bench.await(end);
            return true;
        } catch (CompletionException e) {
            assertInstanceOf(AbortableException.class, e.getCause());
            return false;
        }
    }

    private static Fault fault(ApiKey api, Random random) {
        boolean produce = api == ApiKey.PRODUCE;
        return switch (random.nextInt(produce ? 7 : 4)) {
            case 0 -> new Fault.LoseRequest();
            case 1 -> new Fault.LoseAnswer();
            case 2 -> new Fault.NotSent();
            case 3 -> new Fault.Delay(random.nextInt(300));
            case 4 -> new Fault.AnswerInstead(DeliveryScenarios.refusing(ErrorCode.NOT_ENOUGH_REPLICAS));
            case 5 -> new Fault.AnswerAfter(DeliveryScenarios.refusing(ErrorCode.REQUEST_TIMED_OUT));
            default -> random.nextInt(5) > 0 ? null
                    : new Fault.AnswerInstead(DeliveryScenarios.refusing(ErrorCode.TRANSACTION_ABORTABLE));
        };
    }
}

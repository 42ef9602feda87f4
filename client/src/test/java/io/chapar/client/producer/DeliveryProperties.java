package io.chapar.client.producer;

import io.chapar.client.KafkaConfigNames;
import io.chapar.client.transport.FakeBroker;
import io.chapar.client.transport.ScriptedTransport.Fault;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.ApiKey;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

import static org.junit.jupiter.api.Assertions.assertEquals;

class DeliveryProperties {
    /// Whatever happens to requests and answers, what an idempotent producer was told is written stands in the log once, in order.
    @Property(tries = 300)
    void everyRecordOnceAndInOrder(@ForAll long seed, @ForAll @IntRange(min = 1, max = 4) int partitions,
            @ForAll @IntRange(min = 0, max = 60) int faultPercent) {
        Random random = new Random(seed);
        ProducerBench bench = ProducerBench.plain(KafkaConfigNames.BATCH_SIZE, 150, KafkaConfigNames.LINGER_MS, 1)
                .topic("t", partitions);
        bench.transport.always = api -> api == ApiKey.PRODUCE && random.nextInt(100) < faultPercent
                ? fault(random) : null;
        List<List<String>> expected = new ArrayList<>();
        for (int partition = 0; partition < partitions; partition++) {
            expected.add(new ArrayList<>());
        }
        for (int i = 0; i < 120; i++) {
            int partition = random.nextInt(partitions);
            expected.get(partition).add("v" + i);
            bench.put("t", partition, "v" + i);
            bench.loop.advance(random.nextInt(4));
            if (random.nextInt(20) == 0) {
                bench.broker.moveLeader(random.nextBoolean() ? FakeBroker.ONE : FakeBroker.TWO);
            }
        }
        bench.loop.advance(20_000);
        bench.transport.always = api -> null;
        bench.flush();
        for (int partition = 0; partition < partitions; partition++) {
            assertEquals(expected.get(partition), bench.broker.log("t", partition).values());
        }
        bench.futures.forEach(ProducerBench::result);
        assertEquals(bench.memory.total(), bench.memory.freeBytes());
    }

    private static Fault fault(Random random) {
        return switch (random.nextInt(6)) {
            case 0 -> new Fault.LoseRequest();
            case 1 -> new Fault.LoseAnswer();
            case 2 -> new Fault.NotSent();
            case 3 -> new Fault.Delay(random.nextInt(300));
            case 4 -> new Fault.AnswerInstead(DeliveryScenarios.refusing(ErrorCode.NOT_ENOUGH_REPLICAS));
            default -> new Fault.AnswerAfter(DeliveryScenarios.refusing(ErrorCode.REQUEST_TIMED_OUT));
        };
    }
}

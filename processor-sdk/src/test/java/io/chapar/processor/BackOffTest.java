package io.chapar.processor;

import io.chapar.client.UsageException;
import io.chapar.client.serde.Serdes;
import io.chapar.protocol.TopicPartition;
import org.junit.jupiter.api.Test;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class BackOffTest {
    private static final ErrorPolicy POLICY = ErrorPolicy.skip(5)
            .backOff(Duration.ofMillis(100), Duration.ofMillis(350));
    private static final SourceRecord RECORD = new SourceRecord(new TopicPartition("in", 0), 0, 0, 0, null,
            new byte[Long.BYTES], List.of());

    private static Topology failing() {
        return Topology.from("in", Serdes.string(), Serdes.int64()).forEach(record -> {
            throw new IllegalStateException("down");
        });
    }

    private static Effect effect(PlanWork.Pause pause, boolean interrupting) {
        PlanWork work = new PlanWork(Plan.of(failing(), "app"), POLICY, ms -> {
            if (interrupting) {
                Thread.currentThread().interrupt();
            }
            return pause.isOver(ms);
        }, () -> 0);
        return work.effect(RECORD, null, States.none().of(RECORD.partition()));
    }

    @Test
    void eachAttemptWaitsTwiceAsLongAsTheLastUpToTheLongest() {
        List<Long> waited = new ArrayList<>();
        assertInstanceOf(Effect.Outputs.class, effect(waited::add, false));
        assertEquals(List.of(100L, 200L, 350L, 350L, 350L), waited);
        assertEquals(1_350, POLICY.backOff().totalMs(5));
    }

    /// A function left the interrupt behind: the attempts go on.
    @Test
    void anInterruptThatNobodyAskedForEndsNothing() {
        assertInstanceOf(Effect.Outputs.class, effect(PlanWork.Pause::sleep, true));
        assertEquals(false, Thread.interrupted());
    }

    @Test
    void aStopEndsTheWait() {
        PlanWork[] work = new PlanWork[1];
        work[0] = new PlanWork(Plan.of(failing(), "app"), POLICY, ms -> {
            work[0].interrupting();
            Thread.currentThread().interrupt();
            return PlanWork.Pause.sleep(ms);
        }, () -> 0);
        assertInstanceOf(Effect.Interrupted.class,
                work[0].effect(RECORD, null, States.none().of(RECORD.partition())));
    }

    @Test
    void waitsThatWouldKeepTheGroupWaitingAreRefusedAtTheStart() {
        ProcessorConfig config = ProcessorConfig.builder("127.0.0.1:1", "app").consumer("max.poll.interval.ms", 1_000)
                .onError(POLICY).build();
        String text = assertThrows(UsageException.class, () -> ProcessorApp.start(config, failing())).getMessage();
        assertTrue(text.contains("1350 ms") && text.contains("parallel"), text);
        assertThrows(UsageException.class, () -> ErrorPolicy.stop().backOff(Duration.ofMinutes(1), Duration.ZERO));
        assertThrows(UsageException.class, () -> ErrorPolicy.stop().backOff(Duration.ZERO, Duration.ofHours(1)));
    }

    @Test
    void stopTriesAgainAsWell() {
        int[] attempts = new int[1];
        Topology topology = Topology.from("in", Serdes.string(), Serdes.int64()).peek(record -> {
            if (++attempts[0] < 3) {
                throw new IllegalStateException("down");
            }
        }).to("out", Serdes.string(), Serdes.int64());
        try (TestDriver driver = TestDriver.of(topology, TestDriver.Settings.of(Delivery.EXACTLY_ONCE)
                .withOnError(ErrorPolicy.stop(2)))) {
            driver.pipe("in", Serdes.string(), Serdes.int64(), "k", 1L).run().assertExactlyOnce();
            assertEquals(3, attempts[0]);
        }
    }
}

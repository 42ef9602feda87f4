package io.chapar.broker.metadata;

import io.chapar.broker.metadata.MetadataCommand.CreateTopics;
import io.chapar.broker.metadata.MetadataCommand.DeleteTopics;
import io.chapar.broker.metadata.MetadataCommand.NewTopic;
import io.chapar.broker.metadata.MetadataCommand.ProducerIdBlock;
import io.chapar.broker.metadata.MetadataCommand.TakeProducerIds;
import io.chapar.broker.metadata.MetadataCommand.TopicOutcome;
import io.chapar.broker.metadata.MetadataCommand.TopicRef;
import io.chapar.broker.metadata.MetadataLog.Committed;
import io.chapar.broker.metadata.MetadataLog.Proposed;
import io.chapar.broker.metadata.MetadataLog.Refused;
import io.chapar.broker.runtime.Loop;
import io.chapar.protocol.ErrorCode;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// What every [MetadataLog] keeps, whoever implements it.
public abstract class MetadataLogContract {
    /// One log as each of its brokers sees it.
    public interface Brokers extends AutoCloseable {
        int size();

        MetadataLog log(int broker);

        Loop loop(int broker);

        /// Lets loops that have no thread go on.
        void turn();

        @Override
        void close() throws IOException;
    }

    private Brokers brokers;

    protected abstract Brokers open() throws Exception;

    @BeforeEach
    void begin() throws Exception {
        brokers = open();
    }

    @AfterEach
    void end() throws Exception {
        brokers.close();
    }

    private void await(BooleanSupplier condition) {
        Awaitility.await().pollInSameThread().atMost(Duration.ofSeconds(90)).pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(2)).until(() -> {
                    brokers.turn();
                    return condition.getAsBoolean();
                });
    }

    private <R> Proposed<R> propose(int broker, MetadataCommand<R> command) {
        AtomicReference<Proposed<R>> answer = new AtomicReference<>();
        Loop loop = brokers.loop(broker);
        brokers.log(broker).propose(command, loop.nowMs() + 60_000, loop, answer::set);
        await(() -> answer.get() != null);
        return answer.get();
    }

    private <R> R commit(int broker, MetadataCommand<R> command) {
        return assertCommitted(propose(broker, command)).result();
    }

    private static CreateTopics create(String name) {
        return new CreateTopics(List.of(new NewTopic(name, 3, new TreeMap<>())), false);
    }

    @Test
    void whatIsDoneShowsWhereItWasAskedFor() {
        for (int broker = 0; broker < brokers.size(); broker++) {
            String name = "topic" + broker;
            MetadataLog log = brokers.log(broker);
            AtomicReference<TopicImage> seen = new AtomicReference<>();
            AtomicInteger answers = new AtomicInteger();
            Loop loop = brokers.loop(broker);
            log.propose(create(name), loop.nowMs() + 60_000, loop, done -> {
                assertInstanceOf(Committed.class, done);
                assertTrue(loop.inLoop());
                seen.set(log.image().topic(name));
                answers.incrementAndGet();
            });
            await(() -> answers.get() > 0);
            assertNotNull(seen.get(), "the image shows it when it is answered");
            List<TopicOutcome> again = commit(broker, create(name));
            assertEquals(ErrorCode.TOPIC_ALREADY_EXISTS, again.getFirst().error());
            assertEquals(1, answers.get(), "answered once");
        }
        for (int broker = 0; broker < brokers.size(); broker++) {
            MetadataLog log = brokers.log(broker);
            await(() -> log.image().topics().size() == brokers.size());
        }
    }

    @Test
    void noProducerIdIsGivenTwice() {
        int each = 20;
        ConcurrentLinkedQueue<Proposed<ProducerIdBlock>> answers = new ConcurrentLinkedQueue<>();
        for (int i = 0; i < each; i++) {
            for (int broker = 0; broker < brokers.size(); broker++) {
                Loop loop = brokers.loop(broker);
                brokers.log(broker).propose(new TakeProducerIds(10), loop.nowMs() + 60_000, loop, answers::add);
            }
        }
        int all = each * brokers.size();
        await(() -> answers.size() >= all);
        Set<Long> first = new TreeSet<>();
        for (Proposed<ProducerIdBlock> answer : answers) {
            Committed<ProducerIdBlock> committed = assertCommitted(answer);
            assertEquals(0, committed.result().first() % 10);
            assertTrue(first.add(committed.result().first()), "given twice");
        }
        assertEquals(all, first.size());
        ProducerIdBlock last = commit(0, new TakeProducerIds(10));
        assertEquals(all * 10L, last.first(), "none is lost either");
    }

    private static <R> Committed<R> assertCommitted(Proposed<R> proposed) {
        return switch (proposed) {
            case Committed<R> committed -> committed;
            case MetadataLog.NotCommitted<R> not -> throw new AssertionError(not.error() + " " + not.reason());
        };
    }

    private record Change(ClusterImage before, ClusterImage after, ClusterDelta delta) {}

    @Test
    void changesComeInOneOrderEverywhere() {
        List<ConcurrentLinkedQueue<Change>> seen = new ArrayList<>();
        List<ClusterImage> began = new ArrayList<>();
        for (int broker = 0; broker < brokers.size(); broker++) {
            ConcurrentLinkedQueue<Change> changes = new ConcurrentLinkedQueue<>();
            seen.add(changes);
            MetadataLog log = brokers.log(broker);
            AtomicInteger listening = new AtomicInteger();
            brokers.loop(broker).execute(() -> {
                began.add(log.image());
                log.onChange((before, after, delta) -> {
                    assertSame(after, log.image());
                    changes.add(new Change(before, after, delta));
                });
                listening.set(1);
            });
            await(() -> listening.get() == 1);
        }
        for (int i = 0; i < 6; i++) {
            int broker = i % brokers.size();
            assertNull(commit(broker, create("t" + i)).getFirst().message());
            if (i % 2 == 1) {
                commit(broker, new DeleteTopics(List.of(new TopicRef("t" + i, null))));
            }
        }
        for (int broker = 0; broker < brokers.size(); broker++) {
            MetadataLog log = brokers.log(broker);
            await(() -> log.image().version() == brokers.log(5 % brokers.size()).image().version());
            ClusterImage at = began.get(broker);
            for (Change change : seen.get(broker)) {
                assertEquals(at.version(), change.before().version(), "nothing is left out");
                assertTrue(change.after().version() > at.version(), "the image goes forward");
                assertEquals(ClusterDelta.between(change.before(), change.after()), change.delta());
                at = change.after();
            }
            assertEquals(List.of("t0", "t2", "t4"), List.copyOf(at.topics().keySet()));
            assertEquals(brokers.log(0).image(), at);
        }
    }

    @Test
    void whatComesTooLateIsRefusedAndNeverDone() {
        int last = brokers.size() - 1;
        Loop loop = brokers.loop(last);
        AtomicReference<Proposed<List<TopicOutcome>>> answer = new AtomicReference<>();
        brokers.log(last).propose(create("late"), loop.nowMs() - 1, loop, answer::set);
        await(() -> answer.get() != null);
        assertInstanceOf(Refused.class, answer.get());
        commit(last, create("after"));
        assertNull(brokers.log(last).image().topic("late"));
    }
}

package io.chapar.processor;

import io.chapar.client.RetriableException;
import io.chapar.client.serde.Serdes;
import io.chapar.protocol.TopicPartition;
import io.chapar.testkit.ChaparExtension;
import io.chapar.testkit.TestBroker;
import io.chapar.transport.ClientLoop;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// From where a store is filled, and what it is told of how far it is.
@ExtendWith(ChaparExtension.class)
class ChangelogReaderIT {
    private static final String CHANGELOG = "app-counts-changelog";
    private static final TopicPartition PARTITION = new TopicPartition(CHANGELOG, 0);
    private static final TopicPartition OTHER = new TopicPartition("app-others-changelog", 0);

    private final ThreadLoop loop = new ThreadLoop(() -> { });
    private final List<String> told = new ArrayList<>();
    private final List<Standing> standings = new ArrayList<>();

    @BeforeEach
    void start() {
        Thread.ofVirtual().start(loop::run);
    }

    @AfterEach
    void end() {
        loop.end();
    }

    private static void write(TestBroker broker, String... keys) {
        for (String key : keys) {
            broker.produce(CHANGELOG, Serdes.string(), Serdes.string(), key, "1");
        }
    }

    private Changelogs.Entries entries(String prefix) {
        return new Changelogs.Entries() {
            @Override
            public void forget() {
                told.add(prefix + "forget");
            }

            @Override
            public void entry(byte[] key, byte @Nullable [] value) {
                told.add(prefix + new String(key, UTF_8));
            }

            @Override
            public void reached(Standing standing) {
                standings.add(standing);
            }
        };
    }

    /// What the store was told: its last standing.
    private Standing read(TestBroker broker, ClientLoop home, @Nullable Standing from, int atATime) throws Exception {
        told.clear();
        standings.clear();
        TreeMap<TopicPartition, Changelogs.Wanted> wanted = new TreeMap<>();
        wanted.put(PARTITION, new Changelogs.Wanted(from, entries("")));
        ProcessorConfig config = ProcessorConfig.builder(broker.bootstrap(), "app")
                .consumer("max.poll.records", atATime).build();
        new ChangelogReader(config, "app-here-0", home).read(wanted).get(60, TimeUnit.SECONDS);
        return standings.getLast();
    }

    /// It is as long as before again, and has other entries.
    @Test
    void aStoreOfALogThatWasCutIsBuiltAnew(TestBroker broker) throws Exception {
        broker.createTopic(CHANGELOG, 1);
        write(broker, "a", "b", "c");
        Standing read = read(broker, loop, null, 100);
        assertEquals(List.of("forget", "a", "b", "c"), told);
        assertEquals(3, read.offset());
        CutLog.cut(broker, CHANGELOG, 1);
        write(broker, "x", "y");
        Standing again = read(broker, loop, read, 100);
        assertEquals(List.of("forget", "a", "x", "y"), told);
        assertEquals(3, again.offset());
        assertTrue(again.epoch() > read.epoch());
        write(broker, "z");
        read(broker, loop, read, 100);
        assertEquals(List.of("forget", "a", "x", "y", "z"), told);
        read(broker, loop, again, 100);
        assertEquals(List.of("z"), told, "what was read since is whole");
    }

    /// Another leader alone is no reason to read everything again.
    @Test
    void aStoreOfALogThatWasNotCutGoesOn(TestBroker broker) throws Exception {
        broker.createTopic(CHANGELOG, 1);
        write(broker, "a", "b");
        Standing read = read(broker, loop, null, 100);
        broker.crash().restart();
        assertEquals(2, read(broker, loop, read, 100).offset());
        write(broker, "c");
        read(broker, loop, read, 100);
        assertEquals(List.of("c"), told);
    }

    /// A store that is cut off while it is read does not count as fresh for the part that it has read: what removed a
    /// key of that may be gone by the time that the rest is.
    @Test
    void aStoreIsAsOldAsItWasBeforeItHasEverything(TestBroker broker) throws Exception {
        broker.createTopic(CHANGELOG, 1);
        write(broker, "a", "b", "c", "d");
        Standing first = read(broker, loop, null, 100);
        long before = System.currentTimeMillis() - Duration.ofHours(11).toMillis();
        Standing old = new Standing(first.topic(), 1, first.epoch(), before);
        Standing last = read(broker, loop, old, 1);
        assertEquals(List.of("b", "c", "d"), told);
        standings.stream().filter(standing -> standing.offset() < 4).forEach(standing ->
                assertEquals(before, standing.atMs(), standing::toString));
        assertTrue(standings.size() > 2, standings::toString);
        assertTrue(last.atMs() > before, last::toString);
    }

    /// It has everything, whenever that was told: its last transaction's marker is all that is behind it.
    @Test
    void aStoreThatWasQuietForLongGoesOn(TestBroker broker) throws Exception {
        broker.createTopic(CHANGELOG, 1);
        write(broker, "a", "b");
        Standing first = read(broker, loop, null, 100);
        long before = System.currentTimeMillis() - Duration.ofHours(25).toMillis();
        Standing last = read(broker, loop, new Standing(first.topic(), 1, first.epoch(), before), 100);
        assertEquals(List.of("b"), told);
        assertTrue(last.atMs() > before, last::toString);
    }

    /// The others have read what they have read.
    @Test
    void oneThatIsNotReadToItsEndInTimeBeginsAnewAlone(TestBroker broker) throws Exception {
        broker.createTopic(CHANGELOG, 1);
        broker.createTopic(OTHER.topic(), 1);
        write(broker, "a", "b", "c");
        Standing first = read(broker, loop, null, 100);
        long before = System.currentTimeMillis() - Duration.ofHours(11).toMillis();
        Standing old = new Standing(first.topic(), 1, first.epoch(), before);
        ClientLoop late = new LateLoop(loop);
        TreeMap<TopicPartition, Changelogs.Wanted> wanted = new TreeMap<>();
        told.clear();
        wanted.put(PARTITION, new Changelogs.Wanted(old, entries("old ")));
        wanted.put(OTHER, new Changelogs.Wanted(null, entries("other ")));
        ProcessorConfig config = ProcessorConfig.builder(broker.bootstrap(), "app").build();
        ExecutionException failed = assertThrows(ExecutionException.class, () ->
                new ChangelogReader(config, "app-here-0", late).read(wanted).get(60, TimeUnit.SECONDS));
        assertInstanceOf(RetriableException.class, failed.getCause());
        assertEquals(List.of("other forget", "old forget"), told);
    }

    /// When the wall clock is read for the second time, much time has passed.
    private static final class LateLoop implements ClientLoop {
        private final ClientLoop loop;
        private final AtomicBoolean asked = new AtomicBoolean();

        LateLoop(ClientLoop loop) {
            this.loop = loop;
        }

        @Override
        public void execute(Runnable task) {
            loop.execute(task);
        }

        @Override
        public boolean inLoop() {
            return loop.inLoop();
        }

        @Override
        public Timer schedule(long delayMs, Runnable task) {
            return loop.schedule(delayMs, task);
        }

        @Override
        public long nowMs() {
            return loop.nowMs();
        }

        @Override
        public long wallClockMs() {
            return loop.wallClockMs() + (asked.getAndSet(true) ? Duration.ofHours(14).toMillis() : 0);
        }
    }
}

package io.chapar.broker.metadata;

import io.chapar.broker.config.TopicConfig;
import io.chapar.broker.log.disk.FileDisk;
import io.chapar.broker.log.disk.Loss;
import io.chapar.broker.log.disk.MemoryDisk;
import io.chapar.broker.metadata.MetadataCommand.ConfigureTopic;
import io.chapar.broker.metadata.MetadataCommand.CreateTopics;
import io.chapar.broker.metadata.MetadataCommand.DeleteTopics;
import io.chapar.broker.metadata.MetadataCommand.NewTopic;
import io.chapar.broker.metadata.MetadataCommand.ProducerIdBlock;
import io.chapar.broker.metadata.MetadataCommand.RegisterBroker;
import io.chapar.broker.metadata.MetadataCommand.TakeProducerIds;
import io.chapar.broker.metadata.MetadataCommand.TopicOutcome;
import io.chapar.broker.metadata.MetadataCommand.TopicRef;
import io.chapar.broker.runtime.ManualLoop;
import io.chapar.protocol.ErrorCode;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;
import java.util.random.RandomGenerator;
import java.util.zip.CRC32C;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class LocalMetadataLogTest {
    @TempDir
    Path folder;

    private final RandomGenerator random = new Random(3);
    private ManualLoop loop;
    private LocalMetadataLog log;

    private static RegisterBroker begun(Map<String, Short> features) {
        return new RegisterBroker(Registration.alone(1, UUID.randomUUID()), new TreeMap<>(features), true);
    }

    @BeforeEach
    void open() throws IOException {
        loop = new ManualLoop(0);
        log = openLog(1 << 20);
        propose(begun(Map.of("transaction.version", (short) 2)));
    }

    private LocalMetadataLog openLog(long compactAt) throws IOException {
        return LocalMetadataLog.open(
                new FileDisk(folder), loop, new ControllerCore(random, TopicConfig::problem), 1, compactAt);
    }

    private <R> R propose(MetadataCommand<R> command) {
        AtomicReference<MetadataLog.Proposed<R>> answer = new AtomicReference<>();
        log.propose(command, loop, answer::set);
        Awaitility.await().pollDelay(java.time.Duration.ZERO).pollInterval(java.time.Duration.ofMillis(1)).until(() -> {
            loop.runAll();
            return answer.get() != null;
        });
        return switch (answer.get()) {
            case MetadataLog.Committed<R> c -> c.result();
            case MetadataLog.NotCommitted<R> not -> throw new AssertionError(not.reason());
        };
    }

    private TopicOutcome create(String name, int partitions, Map<String, String> config) {
        return propose(new CreateTopics(List.of(new NewTopic(name, partitions, new TreeMap<>(config))), false))
                .getFirst();
    }

    @Test
    void aSettingThatNoRecordCanHoldIsRefused() {
        String padded = " ".repeat(70_000) + "5";
        assertEquals(ErrorCode.INVALID_CONFIG, create("a", 1, Map.of("retention.ms", padded)).error());
        create("b", 1, Map.of());
        assertEquals(ErrorCode.INVALID_CONFIG, propose(new ConfigureTopic(
                "b", new TreeMap<>(Map.of("retention.ms", padded)), false, false)).error());
    }

    @Test
    void commandsDecidedTogetherStayWithinOneReadableEntry() throws Exception {
        MemoryDisk disk = new MemoryDisk();
        ManualLoop own = new ManualLoop();
        ControllerCore core = new ControllerCore(random, TopicConfig::problem);
        LocalMetadataLog many = LocalMetadataLog.open(disk, own, core, 1);
        many.propose(begun(Map.of()), own, _ -> { });
        many.propose(new CreateTopics(List.of(new NewTopic("t", 1, new TreeMap<>())), false), own, _ -> { });
        own.runAll();
        int changes = 3_700;
        String wide = " ".repeat(19_000);
        List<MetadataLog.Proposed<?>> answers = new ArrayList<>();
        for (int command = 1; command <= changes; command++) {
            many.propose(new ConfigureTopic("t", new TreeMap<>(Map.of("retention.ms", wide + command)), false, false),
                    own, answer -> answers.add(assertInstanceOf(MetadataLog.Committed.class, answer)));
        }
        own.runAll();
        assertEquals(changes, answers.size());
        many.close();
        assertEquals(Map.of("retention.ms", wide + changes),
                LocalMetadataLog.open(disk, own, core, 1).image().topic("t").config());
    }

    @Test
    void whatWasCommittedIsThereAfterwards() throws Exception {
        create("a", 3, Map.of("retention.ms", "5"));
        create("b", 1, Map.of());
        propose(new DeleteTopics(List.of(new TopicRef("b", null))));
        propose(new ConfigureTopic("a", new TreeMap<>(Map.of("flush.ms", "7")), false, false));
        ProducerIdBlock first = propose(new TakeProducerIds(1000));
        ClusterImage before = log.image();
        log.close();

        log = openLog(1 << 20);
        assertEquals(before, log.image());
        assertEquals(Map.of("retention.ms", "5", "flush.ms", "7"), log.image().topic("a").config());
        ProducerIdBlock second = propose(new TakeProducerIds(1000));
        assertEquals(first.first() + 1000, second.first());
        assertEquals((short) 2, log.image().features().get("transaction.version"));
    }

    @Test
    void aTopicThatComesAgainHasAnotherId() {
        TopicOutcome first = create("a", 1, Map.of());
        assertEquals(ErrorCode.TOPIC_ALREADY_EXISTS, create("a", 1, Map.of()).error());
        propose(new DeleteTopics(List.of(new TopicRef(null, first.topic().id()))));
        assertNotEquals(first.topic().id(), create("a", 1, Map.of()).topic().id());
    }

    @Test
    void eachLifeIsANewLeaderEpoch() throws Exception {
        TopicImage topic = create("a", 1, Map.of()).topic();
        assertEquals(0, topic.partition(0).leaderEpoch());
        log.close();
        log = openLog(1 << 20);
        propose(begun(Map.of()));
        assertEquals(1, log.image().topic("a").partition(0).leaderEpoch());
        assertEquals(0, create("b", 1, Map.of()).topic().partition(0).leaderEpoch());
    }

    @Test
    void badWishesAreRefused() {
        assertEquals(ErrorCode.INVALID_TOPIC_EXCEPTION, create("a b", 1, Map.of()).error());
        assertEquals(ErrorCode.INVALID_TOPIC_EXCEPTION, create("x".repeat(250), 1, Map.of()).error());
        assertEquals(ErrorCode.INVALID_PARTITIONS, create("a", 0, Map.of()).error());
        assertEquals(ErrorCode.INVALID_PARTITIONS, create("a", 10_001, Map.of()).error());
        TopicOutcome config = create("a", 1, Map.of("retention.mss", "1"));
        assertEquals(ErrorCode.INVALID_CONFIG, config.error());
        assertTrue(config.message().contains("did you mean 'retention.ms'"), config.message());
        create("a.b", 1, Map.of());
        assertEquals(ErrorCode.INVALID_TOPIC_EXCEPTION, create("a_b", 1, Map.of()).error());
    }

    @Test
    void atWhicheverByteTheFileEndsAPrefixOfTheCommitsIsRead() throws Exception {
        List<ClusterImage> states = new ArrayList<>();
        List<Long> sizes = new ArrayList<>();
        Path file = folder.resolve(LocalMetadataLog.FILE);
        for (int i = 0; i < 6; i++) {
            create("t" + i, i + 1, Map.of());
            states.add(log.image());
            sizes.add(Files.size(file));
        }
        log.close();
        byte[] whole = Files.readAllBytes(file);
        for (int cut = sizes.getFirst().intValue(); cut <= whole.length; cut++) {
            Files.write(file, java.util.Arrays.copyOf(whole, cut));
            log = openLog(1 << 20);
            int kept = 0;
            while (kept + 1 < sizes.size() && sizes.get(kept + 1) <= cut) {
                kept++;
            }
            assertEquals(states.get(kept), log.image(), "cut at " + cut);
            log.close();
        }
    }

    @Test
    void aTornTailIsCutAndWrittenOver() throws Exception {
        create("a", 1, Map.of());
        log.close();
        Path file = folder.resolve(LocalMetadataLog.FILE);
        byte[] whole = Files.readAllBytes(file);
        byte[] torn = java.util.Arrays.copyOf(whole, whole.length + 40);
        torn[whole.length + 3] = 100;
        torn[whole.length + 9] = 1;
        Files.write(file, torn);
        log = openLog(1 << 20);
        create("b", 1, Map.of());
        log.close();
        log = openLog(1 << 20);
        assertNotNull(log.image().topic("a"));
        assertNotNull(log.image().topic("b"));
    }

    private static CreateTopics topics(String... names) {
        List<NewTopic> topics = new ArrayList<>();
        for (String name : names) {
            topics.add(new NewTopic(name, 1, new TreeMap<>()));
        }
        return new CreateTopics(topics, false);
    }

    @Test
    void inWhicheverOrderTheSectorsOfTheLastEntryWereWrittenTheFileOpens() throws Exception {
        for (int seed = 0; seed < 300; seed++) {
            Random random = new Random(seed);
            MemoryDisk disk = new MemoryDisk();
            ManualLoop own = new ManualLoop();
            LocalMetadataLog before =
                    LocalMetadataLog.open(disk, own, new ControllerCore(random, TopicConfig::problem), 1);
            before.propose(begun(Map.of()), own, _ -> { });
            own.runAll();
            before.propose(topics("kept"), own, _ -> { });
            own.runAll();
            // Written, and power fails before the sync is done.
            before.propose(topics("x".repeat(100 + seed / 2), "y".repeat(200), "z".repeat(200), "w".repeat(200)), own,
                    _ -> { });
            disk.crash(Loss.SECTORS, random);
            LocalMetadataLog after =
                    LocalMetadataLog.open(disk, own, new ControllerCore(random, TopicConfig::problem), 1);
            assertNotNull(after.image().topic("kept"), "with seed " + seed);
        }
    }

    @Test
    void anEntryThatOutlivedAKilledBrokerOutlivesALaterPowerCut() throws Exception {
        for (int seed = 0; seed < 300; seed++) {
            Random random = new Random(seed);
            MemoryDisk disk = new MemoryDisk();
            ManualLoop own = new ManualLoop();
            ControllerCore core = new ControllerCore(random, TopicConfig::problem);
            LocalMetadataLog killed = LocalMetadataLog.open(disk, own, core, 1);
            killed.propose(begun(Map.of()), own, _ -> { });
            own.runAll();
            killed.propose(topics("x".repeat(200), "y".repeat(200)), own, _ -> { });
            disk.crash(Loss.NOTHING, random);
            LocalMetadataLog second = LocalMetadataLog.open(disk, own, core, 1);
            assertNotNull(second.image().topic("x".repeat(200)));
            second.propose(topics("z".repeat(200), "w".repeat(200), "v".repeat(200)), own, _ -> { });
            disk.crash(Loss.SECTORS, random);
            LocalMetadataLog after = LocalMetadataLog.open(disk, own, core, 1);
            assertNotNull(after.image().topic("x".repeat(200)), "with seed " + seed);
        }
    }

    @Test
    void damageBeforeTheEndIsNotTakenForATornWrite() throws Exception {
        create("a", 1, Map.of());
        create("b", 1, Map.of());
        log.close();
        Path file = folder.resolve(LocalMetadataLog.FILE);
        byte[] whole = Files.readAllBytes(file);
        whole[40] ^= 1;
        Files.write(file, whole);
        IOException damage = assertThrows(IOException.class, () -> openLog(1 << 20));
        assertTrue(damage.getMessage().contains("damaged"), damage.getMessage());
    }

    @Test
    void whoeverWaitsIsAnsweredByTheDeadline() throws Exception {
        MemoryDisk disk = new MemoryDisk();
        ManualLoop own = new ManualLoop();
        LocalMetadataLog slow = LocalMetadataLog.open(disk, own, new ControllerCore(random, TopicConfig::problem), 1);
        slow.propose(begun(Map.of()), own, _ -> { });
        own.runAll();
        disk.faults().syncDelayMs(1_000);
        List<MetadataLog.Proposed<List<TopicOutcome>>> answers = new ArrayList<>();
        slow.propose(topics("a"), own.nowMs() + 400, own, answers::add);
        slow.propose(topics("b"), own.nowMs() + 500, own, answers::add);
        slow.propose(topics("c"), own.nowMs() + 5_000, own, answers::add);
        own.advance(600);
        assertEquals(2, answers.size());
        assertEquals(ErrorCode.REQUEST_TIMED_OUT,
                assertInstanceOf(MetadataLog.Unknown.class, answers.getFirst()).error());
        assertEquals(ErrorCode.REQUEST_TIMED_OUT,
                assertInstanceOf(MetadataLog.Refused.class, answers.getLast()).error());
        own.advance(5_000);
        assertEquals(3, answers.size());
        assertInstanceOf(MetadataLog.Committed.class, answers.getLast());
        assertNotNull(slow.image().topic("a"));
        assertNull(slow.image().topic("b"));
    }

    @Test
    void anEntryAppliesOnTopOfItsOwnVersionAlone() throws Exception {
        create("a", 1, Map.of());
        log.close();
        Path file = folder.resolve(LocalMetadataLog.FILE);
        byte[] whole = Files.readAllBytes(file);
        byte[] mixed = java.util.Arrays.copyOf(whole, whole.length + 20);
        ByteBuffer entry = ByteBuffer.wrap(mixed).position(whole.length).slice();
        entry.put("NTRY".getBytes(java.nio.charset.StandardCharsets.US_ASCII)).putInt(8).putInt(0).putLong(77);
        CRC32C crc = new CRC32C();
        crc.update(ByteBuffer.allocate(8).putLong(0, whole.length));
        crc.update(entry.slice(12, 8));
        entry.putInt(8, (int) crc.getValue());
        Files.write(file, mixed);
        IOException foreign = assertThrows(IOException.class, () -> openLog(1 << 20));
        assertTrue(foreign.getMessage().contains("was decided on version 77"), foreign.getMessage());
    }

    @Test
    void theFileIsWrittenAnewWhenItIsMostlyHistory() throws Exception {
        log.close();
        log = openLog(4096);
        for (int i = 0; i < 60; i++) {
            create("t", 1, Map.of());
            propose(new DeleteTopics(List.of(new TopicRef("t", null))));
        }
        propose(new TakeProducerIds(10));
        ClusterImage before = log.image();
        assertTrue(Files.size(folder.resolve(LocalMetadataLog.FILE)) < 8192);
        log.close();
        log = openLog(4096);
        assertEquals(before, log.image());
    }
}

package io.chapar.broker.shard;

import io.chapar.broker.log.DataFolder;
import io.chapar.broker.log.LogConfig;
import io.chapar.broker.log.disk.Disk;
import io.chapar.broker.log.disk.MemoryDisk;
import io.chapar.broker.metadata.ClusterDelta;
import io.chapar.broker.metadata.ClusterDelta.TopicChange;
import io.chapar.broker.metadata.ClusterImage;
import io.chapar.broker.metadata.MetadataRecord.PartitionsChanged;
import io.chapar.broker.metadata.MetadataRecord.TopicConfigured;
import io.chapar.broker.metadata.MetadataRecord.TopicCreated;
import io.chapar.broker.metadata.MetadataRecord.TopicDeleted;
import io.chapar.broker.metadata.PartitionImage;
import io.chapar.broker.metadata.TopicImage;
import io.chapar.broker.partition.ClientAppend;
import io.chapar.broker.partition.Partition;
import io.chapar.broker.runtime.ManualLoop;
import io.chapar.broker.runtime.Slices;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.record.RecordBatchBuilder;
import io.chapar.protocol.record.compress.Compression;
import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Partitions of a loop that has not followed the latest changes of the cluster yet.
final class ShardScenarios {
    private static final TopicPartition T0 = new TopicPartition("t", 0);
    private static final UUID OLD = new UUID(1, 1);
    private static final UUID NEW = new UUID(2, 2);
    private static final int MANY = 10_000;
    /// More than are begun with at once.
    private static final int MANY_TO_RECOVER = 200;

    private final AtomicReference<ClusterImage> image = new AtomicReference<>(
            ClusterImage.EMPTY.apply(List.of(new TopicCreated(OLD, "t", List.of(PartitionImage.born(List.of(1))),
                        Collections.emptySortedMap()))));
    private final ManualLoop loop = new ManualLoop();
    private final MemoryDisk disk = new MemoryDisk();
    private final Shard shard = new Shards(
            List.of(loop), new DataFolder(disk), image::get, ShardScenarios::config).all().getFirst();

    private static void append(Partition to) {
        to.appendFromClient(new RecordBatchBuilder(Compression.NONE)
                .append(1, null, ByteBuffer.wrap(new byte[10])).build(), new ClientAppend((short) 12, (short) -1, null),
                1);
    }

    private static LogConfig config(TopicImage topic) {
        String retentionMs = topic.config().get("retention.ms");
        return retentionMs == null
                ? LogConfig.defaults() : LogConfig.builder().retentionMs(Long.parseLong(retentionMs)).build();
    }

    @Test
    void anOlderTopicsPartitionIsNotGivenForItsNamesake() {
        assertEquals(OLD, shard.partition(T0).topicId());
        ClusterImage before = image.get();
        ClusterImage after = before.apply(List.of(
                new TopicDeleted(OLD), new TopicCreated(NEW, "t", List.of(PartitionImage.born(List.of(1))),
                        Collections.emptySortedMap())));
        image.set(after);
        var namesake = shard.partition(T0);
        assertEquals(NEW, namesake.topicId());
        shard.follow(after, new ClusterDelta(List.of(
                new TopicChange(before.topic(OLD), null), new TopicChange(null, after.topic(NEW)))));
        assertSame(namesake, shard.partition(T0), "what is written there stays");
        assertEquals(ErrorCode.NONE, namesake.refusal());
    }

    /// A log is told by the name of its folder alone: two must never be opened there side by side.
    @Test
    void aNamesakeWaitsForTheOpeningThatItsPredecessorBegan() {
        Partition old = shard.partition(T0);
        append(old);
        old.readFailed(new IOException("a bad sector"));
        disk.holdWork();
        loop.advance(5_000);
        Runnable answers = disk.doHeldWork();
        image.set(image.get().apply(List.of(
                new TopicDeleted(OLD), new TopicCreated(NEW, "t", List.of(PartitionImage.born(List.of(1))),
                        Collections.emptySortedMap()))));
        Partition namesake = shard.partition(T0);
        disk.doHeldWork().run();
        loop.runAll();
        assertEquals(ErrorCode.KAFKA_STORAGE_ERROR, namesake.refusal());
        answers.run();
        loop.runAll();
        disk.doHeldWork().run();
        loop.runAll();
        assertEquals(ErrorCode.NONE, namesake.refusal());
        assertEquals(0, namesake.logEndOffset());
        assertSame(namesake, shard.partition(T0));
        append(namesake);
        assertTrue(disk.content("t-0/00000000000000000000.log").length > 0);
    }

    /// What recovery has under way would be opened a second time by a change that names it.
    @Test
    void changesWaitUntilRecoveryHasOpenedWhatIsOnTheDisk() throws IOException {
        ClusterImage replicated = ClusterImage.EMPTY.apply(List.of(new TopicCreated(
                OLD, "t", List.of(PartitionImage.born(List.of(1, 2))), Collections.emptySortedMap())));
        image.set(replicated);
        append(shard.partition(T0));
        shard.close();
        Shard next = new Shards(
                List.of(loop), new DataFolder(disk), image::get, ShardScenarios::config).all().getFirst();
        disk.holdWork();
        next.recover(new RecoveryProgress(disk.list("")), () -> { });
        ClusterImage after = replicated.apply(List.of(new TopicConfigured(
                OLD, new TreeMap<>(Map.of("retention.ms", "77")))));
        image.set(after);
        next.follow(after, new ClusterDelta(List.of(new TopicChange(replicated.topic(OLD), after.topic(OLD)))));
        loop.runAll();
        assertFalse(next.opened().iterator().hasNext(), "it is opened once, by recovery");
        disk.doHeldWork().run();
        loop.runAll();
        Partition opened = next.opened().iterator().next();
        assertSame(opened, next.partition(T0));
        assertEquals(1, opened.logEndOffset());
    }

    private void become(String topic, int partitions, UUID id) {
        image.set(ClusterImage.EMPTY.apply(List.of(new TopicCreated(id, topic,
                Collections.nCopies(partitions, PartitionImage.born(List.of(1))), Collections.emptySortedMap()))));
    }

    /// Recovery has a list of what is on the disk, which is long, and the cluster goes on.
    @Test
    void aTopicMayGetFewerPartitionsWhileItIsRecovered() throws IOException {
        become("t", MANY_TO_RECOVER, OLD);
        for (int i = 0; i < MANY_TO_RECOVER; i++) {
            append(shard.partition(new TopicPartition("t", i)));
        }
        shard.close();
        Shard next = new Shards(
                List.of(loop), new DataFolder(disk), image::get, ShardScenarios::config).all().getFirst();
        disk.holdWork();
        boolean[] recovered = new boolean[1];
        next.recover(new RecoveryProgress(disk.list("")), () -> recovered[0] = true);
        ClusterImage before = image.get();
        become("t", 1, NEW);
        next.follow(image.get(), new ClusterDelta(List.of(
                new TopicChange(before.topic(OLD), null), new TopicChange(null, image.get().topic(NEW)))));
        while (!recovered[0]) {
            disk.doHeldWork().run();
            loop.runAll();
        }
        next.opened().forEach(one -> assertEquals(NEW, one.topicId()));
        assertNull(next.partition(new TopicPartition("t", MANY_TO_RECOVER - 1)));
        assertEquals(NEW, next.partition(T0).topicId());
    }

    /// As it was before, should the broker become a replica again: nothing.
    @Test
    void whatOtherBrokersAloneKeepIsDeletedHere() throws IOException {
        Partition here = shard.partition(T0);
        append(here);
        assertTrue(disk.exists("t-0"));
        ClusterImage before = image.get();
        ClusterImage after = before.apply(List.of(new PartitionsChanged(OLD, new TreeMap<>(Map.of(
                0, new PartitionImage(2, 1, 1, List.of(2), List.of(2), List.of()))))));
        image.set(after);
        shard.follow(after, new ClusterDelta(List.of(new TopicChange(before.topic(OLD), after.topic(OLD)))));
        loop.runAll();
        assertEquals(ErrorCode.NOT_LEADER_OR_FOLLOWER, here.refusal());
        assertNull(shard.partition(T0));
        assertEquals(ErrorCode.NOT_LEADER_OR_FOLLOWER, shard.absence(T0));
        assertFalse(disk.exists("t-0"));
        image.set(after.apply(List.of(new PartitionsChanged(OLD, new TreeMap<>(Map.of(
                0, new PartitionImage(2, 1, 2, List.of(2, 1), List.of(2), List.of())))))));
        assertEquals(0, shard.partition(T0).logEndOffset());
        assertEquals(ErrorCode.NOT_LEADER_OR_FOLLOWER, shard.partition(T0).refusal());
    }

    @Test
    void aDeletedTopicHasNoPartitionsFromThatMomentOn() {
        shard.partition(T0);
        image.set(image.get().apply(List.of(new TopicDeleted(OLD))));
        assertNull(shard.partition(T0));
    }

    @Test
    void changesElsewhereLeaveAPartitionAsItIs() {
        var partition = shard.partition(T0);
        image.set(image.get().apply(List.of(new TopicCreated(NEW, "u", List.of(PartitionImage.born(List.of(1))),
                        Collections.emptySortedMap()))));
        assertSame(partition, shard.partition(T0));
    }

    /// Nobody knows what is in it: it may take long to find out.
    @Test
    void aFolderThatIsThereAlreadyIsOpenedAwayFromTheLoop() throws IOException {
        disk.createFolder("t-0");
        disk.open("t-0/00000000000000000007.log").close();
        List<String> waited = new ArrayList<>();
        disk.forbidBlocking(() -> true, waited::add);
        var partition = shard.partition(T0);
        assertEquals(List.of(), waited);
        assertEquals(ErrorCode.KAFKA_STORAGE_ERROR, partition.refusal());
        assertTrue(partition.offlineReason().contains("is being opened"), partition.offlineReason());
        loop.runAll();
        assertEquals(List.of(), waited);
        assertEquals(ErrorCode.NONE, partition.refusal());
        assertSame(partition, shard.partition(T0));
        assertEquals(7, partition.logEndOffset());
    }

    private void open(int partitions, String setting) {
        image.set(ClusterImage.EMPTY.apply(List.of(new TopicCreated(OLD, "t",
                Collections.nCopies(partitions, PartitionImage.born(List.of(1))), Collections.emptySortedMap()))));
        for (int i = 0; i < partitions; i++) {
            assertEquals(setting, retention(i));
        }
    }

    private String retention(int partition) {
        return Long.toString(shard.partition(new TopicPartition("t", partition)).config().retentionMs());
    }

    private int stillThere() {
        int[] count = new int[1];
        shard.opened().forEach(_ -> count[0]++);
        return count[0];
    }

    /// Each turn does a little, and a request that comes in between finds what it should.
    @Test
    void aTopicOfManyPartitionsIsDeletedInManyTurns() {
        open(MANY, Long.toString(LogConfig.defaults().retentionMs()));
        ClusterImage before = image.get();
        ClusterImage after = before.apply(List.of(new TopicDeleted(OLD), new TopicCreated(NEW, "t",
                Collections.nCopies(2, PartitionImage.born(List.of(1))), Collections.emptySortedMap())));
        image.set(after);
        shard.follow(after, new ClusterDelta(List.of(
                new TopicChange(before.topic(OLD), null), new TopicChange(null, after.topic(NEW)))));
        int atOnce = Slices.COST_PER_TURN / Shard.DELETE_COST + 1;
        assertTrue(stillThere() >= MANY - atOnce, "the first turn leaves " + stillThere());
        assertNull(shard.partition(new TopicPartition("t", MANY - 1)), "deleted, as whoever asks finds it");
        Partition namesake = shard.partition(new TopicPartition("t", 1));
        assertEquals(NEW, namesake.topicId());
        int turns = loop.runAll();
        assertTrue(turns >= MANY / atOnce, turns + " turns");
        assertEquals(List.of(namesake.id()), ids());
        assertEquals(ErrorCode.NONE, namesake.refusal());
    }

    private List<TopicPartition> ids() {
        List<TopicPartition> ids = new ArrayList<>();
        shard.opened().forEach(partition -> ids.add(partition.id()));
        return ids;
    }

    /// In the order of the changes, though the first is not followed yet when the second comes.
    @Test
    void settingsOfManyPartitionsChangeInManyTurnsAndForWhomeverAsksAtOnce() {
        open(MANY, "604800000");
        ClusterImage before = image.get();
        ClusterImage first = before.apply(List.of(
                new TopicConfigured(OLD, new TreeMap<>(Map.of("retention.ms", "1")))));
        ClusterImage second = first.apply(List.of(
                new TopicConfigured(OLD, new TreeMap<>(Map.of("retention.ms", "2")))));
        image.set(first);
        shard.follow(first, new ClusterDelta(List.of(new TopicChange(before.topic(OLD), first.topic(OLD)))));
        image.set(second);
        shard.follow(second, new ClusterDelta(List.of(new TopicChange(first.topic(OLD), second.topic(OLD)))));
        assertEquals("2", retention(MANY - 1));
        assertTrue(loop.runAll() > 10);
        for (int i = 0; i < MANY; i++) {
            assertEquals("2", retention(i));
        }
    }

    /// However many there are, they share the turns: none begins one of its own in the turn of another.
    @Test
    void manySmallChangesAreFollowedInAsManyTurnsAsOneThatIsAsLarge() {
        ClusterImage before = ClusterImage.EMPTY.apply(List.of(created(OLD, "large", 200), created(NEW, "small", 50)));
        image.set(before);
        for (TopicImage topic : before.topics().values()) {
            for (int i = 0; i < topic.partitions(); i++) {
                shard.partition(new TopicPartition(topic.name(), i));
            }
        }
        change(OLD, "1");
        for (int i = 0; i < 40; i++) {
            change(NEW, Integer.toString(2 + i));
        }
        int turns = loop.runAll();
        assertTrue(turns >= 2_000 * Shard.FOLLOW_COST / Slices.COST_PER_TURN, turns + " turns");
        assertEquals(41, shard.partition(new TopicPartition("small", 49)).config().retentionMs());
    }

    private static TopicCreated created(UUID id, String name, int partitions) {
        return new TopicCreated(id, name, Collections.nCopies(partitions, PartitionImage.born(List.of(1))),
                Collections.emptySortedMap());
    }

    private void change(UUID topic, String retentionMs) {
        ClusterImage before = image.get();
        ClusterImage after = before.apply(List.of(
                new TopicConfigured(topic, new TreeMap<>(Map.of("retention.ms", retentionMs)))));
        image.set(after);
        shard.follow(after, new ClusterDelta(List.of(new TopicChange(before.topic(topic), after.topic(topic)))));
    }

    /// Partitions that nobody has written to are opened by the thousand, on the loop.
    @Test
    void aPartitionWithoutAFolderCostsThreeQuestionsToTheDisk() {
        List<String> asked = new ArrayList<>();
        Disk counting = (Disk) Proxy.newProxyInstance(
                Disk.class.getClassLoader(), new Class<?>[] {Disk.class}, (_, method, arguments) -> {
                    asked.add(method.getName());
                    return method.invoke(disk, arguments);
                });
        Shard counted = new Shards(
                List.of(loop), new DataFolder(counting), image::get, ShardScenarios::config).all().getFirst();
        asked.clear();
        assertEquals(ErrorCode.NONE, counted.partition(T0).refusal());
        assertEquals(Collections.nCopies(3, "exists"), asked);
    }

    @Test
    void manyReplicasAreOpenedInManyTurns() {
        ClusterImage before = image.get();
        ClusterImage after = before.apply(List.of(new TopicCreated(NEW, "u",
                Collections.nCopies(1_000, PartitionImage.born(List.of(1, 2))), Collections.emptySortedMap())));
        image.set(after);
        shard.follow(after, new ClusterDelta(List.of(new TopicChange(null, after.topic(NEW)))));
        assertTrue(ids().size() <= Slices.COST_PER_TURN / Shard.OPEN_COST + 1, ids().size() + " at once");
        loop.runAll();
        assertEquals(1_000, ids().size());
    }
}

package io.chapar.processor;

import io.chapar.client.FatalException;
import io.chapar.client.OffsetAndMetadata;
import io.chapar.client.RetriableException;
import io.chapar.client.consumer.OffsetReset;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import org.junit.jupiter.api.Test;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

class StartAtEndTest {
    private static final TopicPartition P0 = new TopicPartition("in", 0);
    private static final TopicPartition P1 = new TopicPartition("in", 1);
    private static final TopicPartition P2 = new TopicPartition("in", 2);
    private static final long END = 100;

    /// Answers at once; a commit when it is told to.
    private static final class Group implements StartAtEnd.Cluster {
        private final TreeMap<TopicPartition, OffsetAndMetadata> committed = new TreeMap<>();
        private int partitions = 2;
        private long nowMs;
        private int wakeups;
        private CompletableFuture<Void> commit = CompletableFuture.completedFuture(null);

        @Override
        public long nowMs() {
            return nowMs;
        }

        @Override
        public CompletableFuture<SortedSet<TopicPartition>> partitions(Collection<String> topics) {
            TreeSet<TopicPartition> all = new TreeSet<>();
            topics.forEach(topic -> {
                for (int number = 0; number < partitions; number++) {
                    all.add(new TopicPartition(topic, number));
                }
            });
            return CompletableFuture.completedFuture(all);
        }

        @Override
        public CompletableFuture<Map<TopicPartition, OffsetAndMetadata>> committed(
                Collection<TopicPartition> partitions) {
            TreeMap<TopicPartition, OffsetAndMetadata> found = new TreeMap<>(committed);
            found.keySet().retainAll(partitions);
            return CompletableFuture.completedFuture(found);
        }

        @Override
        public CompletableFuture<SortedMap<TopicPartition, OffsetAndMetadata>> offsets(
                Collection<TopicPartition> partitions, OffsetReset which) {
            TreeMap<TopicPartition, OffsetAndMetadata> offsets = new TreeMap<>();
            partitions.forEach(one ->
                    offsets.put(one, new OffsetAndMetadata(which == OffsetReset.EARLIEST ? 0 : END)));
            return CompletableFuture.completedFuture(offsets);
        }

        @Override
        public CompletableFuture<Void> commit(Map<TopicPartition, OffsetAndMetadata> positions) {
            return commit.thenRun(() -> committed.putAll(positions));
        }

        @Override
        public void begin(SortedMap<TopicPartition, OffsetAndMetadata> positions) {
            positions.forEach((partition, position) ->
                    assertEquals(committed.get(partition), position, "nothing is read before this"));
        }

        @Override
        public void wakeup() {
            wakeups++;
        }

        private StartAtEnd member() {
            StartAtEnd member = new StartAtEnd(this, new TreeSet<>(Set.of("in")));
            assertTrue(member.look().isDone());
            return member;
        }

        private long position(TopicPartition partition) {
            return committed.get(partition).offset();
        }
    }

    private final Group group = new Group();

    private static SortedSet<TopicPartition> set(TopicPartition... partitions) {
        return new TreeSet<>(List.of(partitions));
    }

    @Test
    void nothingIsReadBeforeItsBeginningIsCommitted() {
        group.commit = new CompletableFuture<>();
        StartAtEnd member = group.member();
        member.assigned(set(P0, P1));
        assertEquals(set(P0, P1), member.open());
        assertFalse(member.rest().isDone(), "and it is not given up meanwhile");
        group.commit.complete(null);
        assertTrue(member.open().isEmpty() && member.rest().isDone());
        assertEquals(END, group.position(P0));
        assertEquals(END, group.position(P1));
        assertEquals(END, member.began(P0).offset());
    }

    @Test
    void membersThatBeginTogetherAllBeginAtTheEnd() {
        StartAtEnd one = group.member();
        StartAtEnd other = group.member();
        one.assigned(set(P0));
        group.committed.put(P0, new OffsetAndMetadata(END + 7));
        other.assigned(set(P1));
        assertEquals(END, group.position(P1));
    }

    @Test
    void whoComesNextGoesOnWhereTheGroupStands() {
        group.committed.put(P0, new OffsetAndMetadata(7));
        StartAtEnd member = group.member();
        member.assigned(set(P0));
        assertEquals(7, group.position(P0));
        assertEquals(7, member.began(P0).offset());
    }

    @Test
    void partitionsThatAreAddedBeginWithTheirFirstRecord() {
        StartAtEnd busy = group.member();
        StartAtEnd idle = group.member();
        busy.assigned(set(P0, P1));
        idle.assigned(set());
        group.partitions = 3;
        idle.assigned(set(P2));
        assertEquals(0, group.position(P2));
        StartAtEnd later = group.member();
        group.committed.remove(P2);
        later.assigned(set(P2));
        assertEquals(0, group.position(P2));
        assertEquals(END, group.position(P0));
    }

    @Test
    void aFailureThatPassesIsTriedAgain() {
        StartAtEnd member = group.member();
        group.commit = CompletableFuture.failedFuture(new RetriableException("not now"));
        member.assigned(set(P0));
        group.commit = CompletableFuture.completedFuture(null);
        member.step();
        assertEquals(set(P0), member.open(), "not at once");
        assertNull(member.takeFailure());
        group.nowMs += 1_000;
        member.step();
        assertTrue(member.open().isEmpty());
        assertEquals(END, group.position(P0));
    }

    @Test
    void oneThatDoesNotIsTold() {
        StartAtEnd member = group.member();
        group.commit = CompletableFuture.failedFuture(
                new FatalException(ErrorCode.GROUP_AUTHORIZATION_FAILED, "not allowed"));
        member.assigned(set(P0));
        assertEquals(1, group.wakeups);
        assertInstanceOf(FatalException.class, member.takeFailure());
        assertNull(member.takeFailure());
    }

    @Test
    void whatSomebodySeeksOrGivesUpIsLeftAlone() {
        group.commit = new CompletableFuture<>();
        StartAtEnd member = group.member();
        member.assigned(set(P0));
        member.forget(set(P0));
        group.commit.complete(null);
        assertNull(member.began(P0));
    }
}

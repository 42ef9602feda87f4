package io.chapar.broker.share;

import io.chapar.broker.LocalClient;
import io.chapar.broker.budget.Budget;
import io.chapar.broker.coordinator.Caller;
import io.chapar.broker.log.DataFolder;
import io.chapar.broker.log.LogConfig;
import io.chapar.broker.log.disk.MemoryDisk;
import io.chapar.broker.metadata.ClusterImage;
import io.chapar.broker.metadata.MetadataRecord.TopicCreated;
import io.chapar.broker.metadata.PartitionImage;
import io.chapar.broker.partition.AppendOutcome;
import io.chapar.broker.partition.ClientAppend;
import io.chapar.broker.partition.Isolation;
import io.chapar.broker.runtime.ManualLoop;
import io.chapar.broker.shard.Shards;
import io.chapar.broker.share.ShareRequests.Answer;
import io.chapar.broker.share.ShareRequests.Named;
import io.chapar.broker.share.state.ShareStateCommand;
import io.chapar.broker.share.state.ShareStateReply;
import io.chapar.broker.share.state.ShareStates;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.message.Response;
import io.chapar.protocol.record.RecordBatchBuilder;
import io.chapar.protocol.record.compress.Compression;
import org.junit.jupiter.api.Test;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.stream.IntStream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

/// A member that reads several partitions, of which some are begun at once and the states of others cannot be had.
final class ShareOpeningScenarios {
    private static final UUID TOPIC = new UUID(1, 2);
    private static final int PARTITIONS = 8;
    private static final int WRITE_MS = 5_000;
    private static final int WAIT_MS = 500;
    private static final int SESSIONS = 2;
    private static final long YEAR_MS = 365L * 86_400_000;

    private final ManualLoop loop = new ManualLoop();
    private final States states = new States();
    private final ClusterImage image = ClusterImage.EMPTY.apply(List.of(new TopicCreated(TOPIC, "t",
            Collections.nCopies(PARTITIONS, PartitionImage.born(List.of(1))), Collections.emptySortedMap())));
    private ShareRules.Reset reset = ShareRules.Reset.EARLIEST;
    private final Shards shards = new Shards(
            List.of(loop), new DataFolder(new MemoryDisk()), () -> image, _ -> LogConfig.defaults());
    private final ShareRequests requests = new ShareRequests(
            new ShareHosts(shards, shard -> new ShareHost(shard, states, _ -> rules(), WRITE_MS, Budget.unbounded()),
                    _ -> new ShareSessions(0, SESSIONS, Budget.unbounded())),
            () -> image, _ -> rules());

    private ShareRules rules() {
        return new ShareRules(30_000, 5, 100, true, Isolation.READ_UNCOMMITTED, reset);
    }

    /// Answers for partitions at once, but for those that nobody leads: these when it is asked to, or when the time of
    /// whoever asks is up.
    private final class States implements ShareStates {
        final Set<Integer> leaderless = new HashSet<>();
        final Map<Integer, Long> starts = new HashMap<>();
        final List<Runnable> held = new ArrayList<>();
        ErrorCode says = ErrorCode.NOT_COORDINATOR;

        @Override
        public void submit(ShareStateCommand command, Caller caller, Consumer<ShareStateReply> done) {
            int partition = command.key().partition();
            if (leaderless.contains(partition)) {
                boolean[] isDone = {false};
                Consumer<ShareStateReply> once = reply -> {
                    if (!isDone[0]) {
                        isDone[0] = true;
                        done.accept(reply);
                    }
                };
                held.add(() -> once.accept(answer(command)));
                loop.schedule(caller.deadlineMs() - loop.nowMs(), () -> once.accept(ShareStateReply.of(says)));
            } else {
                done.accept(answer(command));
            }
        }

        private ShareStateReply answer(ShareStateCommand command) {
            int partition = command.key().partition();
            if (command instanceof ShareStateCommand.Write write) {
                starts.put(partition, write.startOffset());
                return ShareStateReply.DONE;
            }
            return new ShareStateReply(ErrorCode.NONE, 0, 0, starts.getOrDefault(partition, -1L), 0, List.of());
        }

        void release() {
            leaderless.clear();
            List<Runnable> all = new ArrayList<>(held);
            held.clear();
            all.forEach(Runnable::run);
            loop.runAll();
        }
    }

    /// With a connection of its own.
    private final class Sharer extends LocalClient {
        final String id;
        final List<Answer> answers = new ArrayList<>();
        int epoch = 0;
        boolean isEnded = false;
        Runnable onDisconnect = () -> {};

        Sharer(String id) {
            super(2, loop);
            this.id = id;
        }

        @Override
        public void reply(Response response) {
            throw new AssertionError(response);
        }

        @Override
        public void replyNothing() {
            isEnded = true;
        }

        @Override
        public void close(String reason) {
            throw new AssertionError(reason);
        }

        @Override
        public void onDisconnect(Runnable task) {
            onDisconnect = task;
        }

        void fetches(int... partitions) {
            requests.fetch(new ShareRequests.Fetch("g", id, epoch++, false, 1 << 20, 500, true, WAIT_MS,
                    IntStream.of(partitions).mapToObj(one -> new Named(TOPIC, one, List.of())).toList(), List.of()),
                    this, answers::add);
            loop.runAll();
        }

        void says(int partition) {
            requests.acknowledge(new ShareRequests.Acknowledge("g", id, epoch++, false,
                    List.of(new Named(TOPIC, partition, List.of(new Acknowledged(0, 0, new byte[] {1}))))),
                    this, answers::add);
            loop.runAll();
        }

        /// Partitions of which the last answer has records.
        List<Integer> gotOf() {
            return answers.getLast().parts().stream().filter(part -> !part.acquired().isEmpty())
                    .map(SharePart::partition).toList();
        }
    }

    private void append(int partition, int records) {
        TopicPartition id = new TopicPartition("t", partition);
        for (int i = 0; i < records; i++) {
            assertInstanceOf(AppendOutcome.Appended.class, shards.of(id).partition(id).appendFromClient(
                    new RecordBatchBuilder(Compression.NONE).append(1, null, ByteBuffer.allocate(10)).build(),
                    new ClientAppend((short) 12, (short) 1, null), 1));
        }
        loop.runAll();
    }

    /// Else what was acquired would be locked, and in the end not delivered, while it waits for the others.
    @Test
    void recordsDoNotWaitForPartitionsWhoseStateNobodyHas() {
        append(0, 1);
        states.leaderless.addAll(List.of(1, 2, 3, 4, 5, 6, 7));
        Sharer one = new Sharer("one");
        one.fetches(0, 1, 2, 3, 4, 5, 6, 7);
        assertEquals(1, one.answers.size());
        assertEquals(List.of(0), one.gotOf());
        assertEquals(7, states.held.size(), "all are begun at once");
    }

    @Test
    void whoHasNothingToReadIsAnsweredInItsTimeWhateverBegins() {
        states.leaderless.addAll(List.of(0, 1));
        Sharer one = new Sharer("one");
        one.fetches(0, 1);
        loop.advance(WAIT_MS - 1);
        assertEquals(List.of(), one.answers);
        loop.advance(1);
        assertEquals(1, one.answers.size());
        one.answers.getFirst().parts().forEach(part -> assertEquals(ErrorCode.NONE, part.fetchError()));
        assertEquals(2, states.held.size());
    }

    @Test
    void whoeverWaitsIsWokenByTheEndOfTheBeginning() {
        append(1, 1);
        states.leaderless.add(1);
        Sharer one = new Sharer("one");
        one.fetches(0, 1);
        assertEquals(List.of(), one.answers);
        states.release();
        assertEquals(List.of(1), one.gotOf());
    }

    /// It is not given up because nobody had come for a record when it had begun.
    @Test
    void whatHasBegunBetweenTwoRequestsOfAMemberIsThereForTheNext() {
        append(1, 1);
        states.leaderless.add(1);
        Sharer one = new Sharer("one");
        one.fetches(1);
        loop.advance(WAIT_MS);
        assertEquals(1, one.answers.size());
        states.release();
        states.leaderless.add(1);
        one.fetches();
        assertEquals(List.of(1), one.gotOf());
    }

    @Test
    void whoeverWaitsIsToldWhatABeginningFailsWith() {
        states.leaderless.add(1);
        states.says = ErrorCode.FENCED_LEADER_EPOCH;
        Sharer one = new Sharer("one");
        requests.fetch(new ShareRequests.Fetch("g", "one", one.epoch++, false, 1 << 20, 500, true, 60_000,
                List.of(new Named(TOPIC, 1, List.of())), List.of()), one, one.answers::add);
        loop.advance(WRITE_MS);
        assertEquals(ErrorCode.NOT_LEADER_OR_FOLLOWER, one.answers.getFirst().parts().getFirst().fetchError());
    }

    @Test
    void whatIsSaidOfRecordsWaitsForTheBeginning() {
        states.leaderless.add(1);
        Sharer one = new Sharer("one");
        one.fetches(1);
        loop.advance(WAIT_MS);
        one.says(1);
        assertEquals(1, one.answers.size());
        states.release();
        assertEquals(ErrorCode.INVALID_RECORD_STATE, one.answers.getLast().parts().getFirst().acknowledgeError());
    }

    /// Times below 0 mean something else, and where a group begins is for good.
    @Test
    void aDurationFromBeforeAllTimeBeginsWithTheOldestRecord() {
        append(0, 3);
        for (long ago : new long[] {57 * YEAR_MS, Long.MAX_VALUE}) {
            reset = new ShareRules.Reset(false, ago);
            states.starts.clear();
            Sharer one = new Sharer("one");
            one.fetches(0);
            assertEquals(0, states.starts.get(0));
            requests.disconnected(one.connection(), loop);
            loop.runAll();
        }
    }

    // ---- sessions

    /// It comes again as soon as it is answered.
    @Test
    void whoComesBeyondTheSessionsIsToldWhenItsTimeIsUp() {
        for (int i = 0; i < SESSIONS; i++) {
            new Sharer("of those who are in " + i).fetches(0);
        }
        Sharer one = new Sharer("one");
        one.fetches(0);
        loop.advance(WAIT_MS - 1);
        assertEquals(List.of(), one.answers);
        loop.advance(1);
        assertEquals(ErrorCode.SHARE_SESSION_LIMIT_REACHED, one.answers.getFirst().error());
    }

    @Test
    void whoGoesBeforeItIsToldIsDoneWith() {
        for (int i = 0; i < SESSIONS; i++) {
            new Sharer("of those who are in " + i).fetches(0);
        }
        Sharer one = new Sharer("one");
        one.fetches(0);
        one.onDisconnect.run();
        loop.advance(WAIT_MS);
        assertEquals(List.of(), one.answers);
        assertEquals(true, one.isEnded);
    }
}

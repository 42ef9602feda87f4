package io.chapar.broker.share;

import io.chapar.broker.LocalClient;
import io.chapar.broker.budget.Budget;
import io.chapar.broker.coordinator.Caller;
import io.chapar.broker.log.DataFolder;
import io.chapar.broker.log.LogConfig;
import io.chapar.broker.log.disk.MemoryDisk;
import io.chapar.broker.metadata.ClusterDelta;
import io.chapar.broker.metadata.ClusterDelta.TopicChange;
import io.chapar.broker.metadata.ClusterImage;
import io.chapar.broker.metadata.MetadataRecord.TopicCreated;
import io.chapar.broker.metadata.MetadataRecord.TopicDeleted;
import io.chapar.broker.metadata.PartitionImage;
import io.chapar.broker.partition.AppendOutcome;
import io.chapar.broker.partition.ClientAppend;
import io.chapar.broker.partition.Isolation;
import io.chapar.broker.request.RequestContext;
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
import org.junit.jupiter.api.Timeout;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.UUID;
import java.util.function.Consumer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Members of a share group at the leader of what they read, while others come and go and the state is far away.
final class ShareScenarios {
    private static final int LOCK_MS = 30_000;
    private static final UUID TOPIC = new UUID(1, 2);
    private static final TopicPartition P0 = new TopicPartition("t", 0);
    private static final ClusterImage WITH_TOPIC = ClusterImage.EMPTY.apply(
            List.of(new TopicCreated(TOPIC, "t", List.of(PartitionImage.born(List.of(1))),
                        Collections.emptySortedMap())));
    private static final ShareRules RULES = new ShareRules(
            LOCK_MS, 5, 100, true, Isolation.READ_UNCOMMITTED, ShareRules.Reset.EARLIEST);

    private static final int RECORD_BYTES = 1_000;
    private static final int SEGMENT_BYTES = 60_000;
    private static final int MEMORY_BYTES = 10_000;

    private final ManualLoop loop = new ManualLoop();
    private final MemoryDisk disk = new MemoryDisk();
    private final States states = new States();
    private final Budget memory = new Budget("memory", MEMORY_BYTES);
    private boolean isMemoryShort = false;
    private ClusterImage image = WITH_TOPIC;
    private Shards shards;
    private ShareRequests requests;

    ShareScenarios() {
        open();
    }

    private void open() {
        shards = new Shards(List.of(loop), new DataFolder(disk), () -> image,
                _ -> LogConfig.builder().segmentBytes(SEGMENT_BYTES).build());
        ShareHosts hosts = new ShareHosts(shards, shard -> new ShareHost(shard, states, _ -> RULES, 5_000, memory),
                _ -> new ShareSessions(0, 100, Budget.unbounded()));
        requests = new ShareRequests(hosts, () -> image, _ -> RULES);
    }

    /// Keeps the state of the one partition, answers at once, later, or with an error.
    private static final class States implements ShareStates {
        boolean holds = false;
        ErrorCode refuses = ErrorCode.NONE;
        long start = -1;
        int reads = 0;
        final Deque<Runnable> held = new ArrayDeque<>();

        @Override
        public void submit(ShareStateCommand command, Caller caller, Consumer<ShareStateReply> done) {
            if (holds) {
                held.addLast(() -> answer(command, done));
            } else {
                answer(command, done);
            }
        }

        private void answer(ShareStateCommand command, Consumer<ShareStateReply> done) {
            if (refuses != ErrorCode.NONE) {
                done.accept(ShareStateReply.of(refuses));
                return;
            }
            if (command instanceof ShareStateCommand.Read) {
                reads++;
                done.accept(new ShareStateReply(ErrorCode.NONE, 0, 0, start, 0, List.of()));
            } else {
                start = ((ShareStateCommand.Write) command).startOffset();
                done.accept(ShareStateReply.DONE);
            }
        }

        void release() {
            holds = false;
            while (!held.isEmpty()) {
                held.removeFirst().run();
            }
        }
    }

    /// One of the group, with a connection of its own.
    private final class Sharer {
        final String id;
        int epoch = 0;
        final List<Answer> answers = new ArrayList<>();
        boolean isEnded = false;

        Sharer(String id) {
            this.id = id;
        }

        private final RequestContext context = new LocalClient(2, loop) {
            @Override
            public boolean takesRoom(long bytes) {
                return !isMemoryShort;
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
                // it stays
            }
        };

        void fetch(int records, long waitMs, List<Named> forgotten) {
            requests.fetch(new ShareRequests.Fetch("g", id, epoch++, false, 1 << 20, records, true, waitMs,
                    List.of(new Named(TOPIC, 0, List.of())), forgotten), context, answers::add);
            loop.runAll();
        }

        void fetch() {
            fetch(500, 0, List.of());
        }

        void wants() {
            fetch(500, 10_000, List.of());
        }

        ErrorCode acknowledge(long first, long last) {
            int before = answers.size();
            say(first, last);
            return answers.size() == before ? null : answers.getLast().parts().getFirst().acknowledgeError();
        }

        void say(long first, long last) {
            requests.acknowledge(new ShareRequests.Acknowledge("g", id, epoch++, false,
                    List.of(new Named(TOPIC, 0, List.of(new Acknowledged(first, last, new byte[] {1}))))),
                    context, answers::add);
            loop.runAll();
        }

        List<Acquired> got() {
            List<Acquired> all = new ArrayList<>();
            answers.forEach(answer -> answer.parts().forEach(part -> all.addAll(part.acquired())));
            return all;
        }
    }

    private void append(int records) {
        for (int i = 0; i < records; i++) {
            assertInstanceOf(AppendOutcome.Appended.class, shards.of(P0).partition(P0).appendFromClient(
                    new RecordBatchBuilder(Compression.NONE).append(1, null, ByteBuffer.allocate(RECORD_BYTES)).build(),
                    new ClientAppend((short) 12, (short) 1, null), 1));
        }
        loop.runAll();
    }

    @Test
    void recordsGoToOneMemberAndAreDoneWithWhenItSaysSo() {
        append(3);
        Sharer one = new Sharer("one");
        Sharer two = new Sharer("two");
        one.fetch();
        two.fetch();
        assertEquals(List.of(new Acquired(0, 2, (short) 1)), one.got());
        assertEquals(List.of(), two.got());
        assertEquals(ErrorCode.INVALID_RECORD_STATE, two.acknowledge(0, 0));
        assertEquals(ErrorCode.NONE, one.acknowledge(0, 2));
        assertEquals(3, states.start);
        loop.advance(LOCK_MS + 1);
        two.fetch();
        assertEquals(List.of(), two.got());
    }

    /// One that only says something of records leaves nothing behind; the others stay with what has begun.
    @Test
    void membersThatWaitForTheBeginningTogetherHaveOnePartition() {
        append(3);
        Sharer says = new Sharer("says");
        says.fetch(0, 0, List.of());
        states.holds = true;
        says.say(0, 0);
        Sharer one = new Sharer("one");
        one.wants();
        Sharer two = new Sharer("two");
        two.wants();
        states.release();
        loop.runAll();
        assertEquals(ErrorCode.INVALID_RECORD_STATE, says.answers.getLast().parts().getFirst().acknowledgeError());
        assertEquals(List.of(new Acquired(0, 2, (short) 1)), one.got());
        assertEquals(List.of(), two.got());
        loop.advance(10_000);
        two.fetch();
        assertEquals(List.of(), two.got(), "they are the other's");
        assertEquals(ErrorCode.NONE, one.acknowledge(0, 2));
        assertEquals(1, states.reads);
    }

    @Test
    void whoSaysSomethingOfNothingBeforeItTakesHasThePartitionThatItBegan() {
        append(3);
        Sharer one = new Sharer("one");
        one.fetch(0, 0, List.of());
        requests.fetch(new ShareRequests.Fetch("g", "one", one.epoch++, false, 1 << 20, 500, true, 0,
                List.of(new Named(TOPIC, 0, List.of(new Acknowledged(0, 0, new byte[] {1})))), List.of()),
                one.context, one.answers::add);
        loop.runAll();
        assertEquals(List.of(new Acquired(0, 2, (short) 1)), one.got());
        Sharer two = new Sharer("two");
        two.fetch();
        assertEquals(List.of(), two.got(), "they are the other's");
        assertEquals(1, states.reads);
    }

    @Test
    void whoComesWhileTheStateCannotBeHadIsAnswered() {
        append(3);
        states.refuses = ErrorCode.COORDINATOR_LOAD_IN_PROGRESS;
        Sharer one = new Sharer("one");
        one.fetch();
        assertEquals(1, one.answers.size());
        assertEquals(ErrorCode.NONE, one.answers.getFirst().parts().getFirst().fetchError(), "it is to come again");
        one.wants();
        assertEquals(1, one.answers.size());
        states.refuses = ErrorCode.NONE;
        loop.advance(10_000);
        assertEquals(2, one.answers.size());
        one.fetch();
        assertEquals(List.of(new Acquired(0, 2, (short) 1)), one.got());
    }

    /// It had waited for records when the same member began again elsewhere.
    @Test
    void whatComesForASessionThatHasEndedGoesToTheNext() {
        append(1);
        Sharer before = new Sharer("one");
        before.fetch();
        assertEquals(ErrorCode.NONE, before.acknowledge(0, 0));
        before.wants();
        Sharer again = new Sharer("one");
        again.wants();
        append(2);
        assertEquals(ErrorCode.SHARE_SESSION_NOT_FOUND, before.answers.getLast().error());
        assertEquals(List.of(new Acquired(1, 2, (short) 1)), again.got());
        assertEquals(ErrorCode.NONE, again.acknowledge(1, 2));
    }

    @Test
    void whatComesForAPartitionThatTheMemberHasForgottenGoesToOthers() {
        append(1);
        Sharer one = new Sharer("one");
        one.fetch();
        assertEquals(ErrorCode.NONE, one.acknowledge(0, 0));
        one.wants();
        one.fetch(0, 0, List.of(new Named(TOPIC, 0, List.of())));
        append(2);
        assertEquals(List.of(new Acquired(0, 0, (short) 1)), one.got(), "what came later it is not given");
        Sharer two = new Sharer("two");
        two.fetch();
        assertEquals(List.of(new Acquired(1, 2, (short) 1)), two.got());
    }

    /// Else the first would be answered that all is well, and done again by somebody else.
    @Test
    void allCountsThatIsSaidOfAPartitionThatIsNamedTwice() {
        append(2);
        Sharer one = new Sharer("one");
        one.fetch();
        requests.acknowledge(new ShareRequests.Acknowledge("g", "one", one.epoch++, false,
                List.of(new Named(TOPIC, 0, List.of(new Acknowledged(0, 0, new byte[] {1}))),
                        new Named(TOPIC, 0, List.of(new Acknowledged(1, 1, new byte[] {1}))))),
                one.context, one.answers::add);
        loop.runAll();
        assertEquals(ErrorCode.NONE, one.answers.getLast().parts().getFirst().acknowledgeError());
        assertEquals(2, states.start);
    }

    /// It does not ask again and again meanwhile, and is woken when the index is there.
    @Test
    @Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void whoReadsWhereAnIndexIsBuiltWaitsForIt() throws IOException {
        append(100);
        shards.of(P0).partition(P0).close();
        loop.runAll();
        for (String path : disk.paths()) {
            if (path.endsWith(".index")) {
                byte[] content = disk.content(path);
                Arrays.fill(content, (byte) -1);
                disk.replace(path, ByteBuffer.wrap(content));
            }
        }
        open();
        shards.of(P0).partition(P0);
        loop.runAll();
        states.start = 20;
        disk.holdWork();
        Sharer one = new Sharer("one");
        one.wants();
        assertEquals(List.of(), one.answers);
        disk.doHeldWork().run();
        loop.runAll();
        assertEquals(1, one.answers.size());
        assertEquals(20, one.got().getFirst().first());
    }

    /// As it is for a while after a restart; who is told so would ask again at once.
    @Test
    void whoReadsWhatIsBeingOpenedWaitsForIt() throws IOException {
        append(3);
        disk.holdWork();
        shards.of(P0).partition(P0).readFailed(new IOException("of a test"));
        Sharer one = new Sharer("one");
        one.wants();
        loop.advance(9_000);
        assertEquals(List.of(), one.answers);
        disk.doHeldWork().run();
        loop.runAll();
        assertEquals(List.of(new Acquired(0, 2, (short) 1)), one.got());
    }

    @Test
    void whatCannotBeReadIsSaidWhenTheTimeIsUp() {
        append(3);
        disk.holdWork();
        shards.of(P0).partition(P0).readFailed(new IOException("of a test"));
        Sharer one = new Sharer("one");
        one.wants();
        assertEquals(List.of(), one.answers);
        loop.advance(10_000);
        assertEquals(ErrorCode.KAFKA_STORAGE_ERROR, one.answers.getFirst().parts().getFirst().fetchError());
        assertEquals(1, one.answers.size());
    }

    /// Every second record is kept back, so that what becomes of each has to be known by itself.
    @Test
    void noMoreIsBegunThanThereIsMemoryForAndTheRestFollows() {
        append(200);
        Sharer one = new Sharer("one");
        int given = 0;
        for (int records = given(one); records > given; records = given(one)) {
            for (; given < records; given += 2) {
                assertEquals(ErrorCode.NONE, one.acknowledge(given, given));
            }
        }
        assertTrue(given < 100, given + " of which every second is kept back");
        assertTrue(memory.used() < 2 * MEMORY_BYTES, () -> memory.used() + " bytes");
        int before = one.answers.size();
        one.wants();
        assertEquals(before, one.answers.size(), "it waits, and does not ask again and again");
        loop.advance(10_000);
        for (int kept = 1; kept < given; kept += 2) {
            assertEquals(ErrorCode.NONE, one.acknowledge(kept, kept));
        }
        for (int records = given(one); records > given; records = given(one)) {
            assertEquals(ErrorCode.NONE, one.acknowledge(given, records - 1));
            given = records;
        }
        assertEquals(200, given);
        one.fetch(0, 0, List.of(new Named(TOPIC, 0, List.of())));
        assertEquals(0, memory.used(), "the partition is given up");
    }

    @Test
    void whatIsHeldOfATopicThatIsDeletedIsGivenUpWithTheSession() {
        append(10);
        Sharer one = new Sharer("one");
        one.fetch(4, 0, List.of());
        assertTrue(memory.used() > 0);
        ClusterImage before = image;
        image = before.apply(List.of(new TopicDeleted(TOPIC)));
        shards.of(P0).follow(image, new ClusterDelta(List.of(new TopicChange(before.topic(TOPIC), null))));
        loop.runAll();
        requests.disconnected(one.context.connection(), loop);
        loop.runAll();
        assertEquals(0, memory.used());
    }

    /// Ten more, as far as there are; how many that is in all.
    private static int given(Sharer one) {
        one.fetch(10, 0, List.of());
        return (int) one.got().stream().mapToLong(each -> each.last() - each.first() + 1).sum();
    }

    /// Records are in memory until their reader has taken them; everybody gets a few nevertheless.
    @Test
    void littleIsReadWhereAnswersTakeAllMemory() {
        append(200);
        Sharer one = new Sharer("one");
        isMemoryShort = true;
        one.fetch(100, 0, List.of());
        long few = one.got().getFirst().last() + 1;
        assertTrue(few > 0 && few <= 16, few + " of 1,000 bytes each");
        isMemoryShort = false;
        one.fetch(100, 0, List.of());
        assertTrue(one.got().getLast().last() > 2 * few, () -> one.got() + " up to the end of the segment");
    }
}

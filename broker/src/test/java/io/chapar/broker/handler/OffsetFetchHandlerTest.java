package io.chapar.broker.handler;

import io.chapar.broker.LocalClient;
import io.chapar.broker.coordinator.Caller;
import io.chapar.broker.coordinator.TxnCoordinators;
import io.chapar.broker.group.GroupCommand;
import io.chapar.broker.group.GroupCommand.CommitTxnOffsets;
import io.chapar.broker.group.GroupCoordinators;
import io.chapar.broker.group.GroupReply;
import io.chapar.broker.metadata.ClusterImage;
import io.chapar.broker.runtime.ManualLoop;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.OffsetFetchRequest;
import io.chapar.protocol.message.OffsetFetchRequest.OffsetFetchRequestGroup;
import io.chapar.protocol.message.OffsetFetchResponse;
import io.chapar.protocol.message.Response;
import io.chapar.txn.AddMode;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;
import java.util.SequencedSet;
import java.util.function.Consumer;
import java.util.stream.IntStream;

import static org.junit.jupiter.api.Assertions.assertEquals;

/// What is asked of groups whose coordinators take their time.
class OffsetFetchHandlerTest {
    private static final int GROUPS = 100;
    private static final int EACH_MS = 1_000;

    private final ManualLoop loop = new ManualLoop();
    private final List<Response> answers = new ArrayList<>();
    private int asked;

    /// Each finds out, late, that it cannot prove that it is the latest.
    private final GroupCoordinators groups = new GroupCoordinators() {
        @Override
        public <R extends GroupReply> void submit(GroupCommand<R> command, Caller caller, Consumer<R> done) {
            asked++;
            loop.schedule(EACH_MS, () -> done.accept(command.refused(ErrorCode.NOT_COORDINATOR)));
        }

        @Override
        public void commitTxn(CommitTxnOffsets command, String transactionalId, AddMode mode, Caller caller,
                Consumer<GroupReply.PerPartition> done) {
            throw new AssertionError();
        }

        @Override
        public void list(Caller caller, Consumer<Listed> done) {
            throw new AssertionError();
        }

        @Override
        public void topicsDeleted(SequencedSet<String> topics) {
            throw new AssertionError();
        }

        @Override
        public void clusterChanged(SequencedSet<String> topics) {
            throw new AssertionError();
        }
    };

    private final LocalClient client = new LocalClient(9, loop) {
        @Override
        public void reply(Response response) {
            answers.add(response);
        }

        @Override
        public void replyNothing() {
            throw new AssertionError();
        }

        @Override
        public void close(String reason) {
            throw new AssertionError(reason);
        }

        @Override
        public void onDisconnect(Runnable task) {
            // It stays.
        }
    };

    @Test
    void manyGroupsTakeNoLongerTogetherThanAClientWaits() {
        new OffsetFetchHandler(() -> ClusterImage.EMPTY, groups).handle(OffsetFetchRequest.builder()
                .requireStable(true)
                .groups(IntStream.range(0, GROUPS).mapToObj(i -> OffsetFetchRequestGroup.DEFAULT.toBuilder()
                        .groupId("group" + i).build()).toList())
                .build(), client);
        loop.advance(TxnCoordinators.CLIENT_WAIT_MS + EACH_MS);
        assertEquals(1, answers.size());
        List<Short> errors = ((OffsetFetchResponse) answers.getFirst()).groups().stream()
                .map(OffsetFetchResponse.OffsetFetchResponseGroup::errorCode).toList();
        assertEquals(GROUPS, errors.size());
        int first = TxnCoordinators.CLIENT_WAIT_MS / EACH_MS;
        assertEquals(first, asked);
        assertEquals(List.of(ErrorCode.NOT_COORDINATOR.code()), errors.subList(0, first).stream().distinct().toList());
        assertEquals(List.of(ErrorCode.COORDINATOR_LOAD_IN_PROGRESS.code()),
                errors.subList(first, GROUPS).stream().distinct().toList());
    }

    /// As at Kafka since v2: the error is the group's, and no topic is named.
    @Test
    void aGroupThatIsRefusedNamesNoTopics() {
        new OffsetFetchHandler(() -> ClusterImage.EMPTY, groups).handle(OffsetFetchRequest.builder()
                .groups(List.of(OffsetFetchRequestGroup.DEFAULT.toBuilder().groupId("g").topics(List.of(
                        OffsetFetchRequest.OffsetFetchRequestTopics.DEFAULT.toBuilder()
                                .name("t").partitionIndexes(List.of(0, 1)).build())).build()))
                .build(), client);
        loop.advance(EACH_MS);
        OffsetFetchResponse.OffsetFetchResponseGroup refused =
                ((OffsetFetchResponse) answers.getFirst()).groups().getFirst();
        assertEquals(ErrorCode.NOT_COORDINATOR.code(), refused.errorCode());
        assertEquals(List.of(), refused.topics());
    }
}

package io.chapar.broker.group;

import io.chapar.broker.budget.Budget;
import io.chapar.broker.coordinator.CoordinatorLog;
import io.chapar.broker.coordinator.ProducerStamp;
import io.chapar.broker.group.GroupCommand.FetchOffsets;
import io.chapar.broker.partition.LeadershipProof;
import io.chapar.broker.runtime.ManualLoop;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Consumer;

import static org.junit.jupiter.api.Assertions.assertEquals;

/// Offsets that somebody goes on from are told where it is known that no other coordinator has moved them since.
class ProvenOffsetsTest {
    private final ManualLoop loop = new ManualLoop();
    private final List<LeadershipProof.Answer> asked = new ArrayList<>();
    private final List<ErrorCode> told = new ArrayList<>();
    private final GroupPartitionCoordinator coordinator = new GroupPartitionCoordinator(loop, new AskedLog(),
            GroupLimits.DEFAULTS, Budget.unbounded(), () -> GroupOutlook.EMPTY,
            (command, _, _) -> {
                throw new AssertionError(command);
            }, new SplittableRandom(1));

    @BeforeEach
    void leads() {
        coordinator.elected();
        loop.runAll();
    }

    private void fetch(boolean requireStable) {
        coordinator.submit(new FetchOffsets("group", Map.of(), requireStable), reply -> told.add(reply.error()));
        loop.runAll();
    }

    @Test
    void whoGoesOnFromThemIsToldWhenItIsKnownWhoCoordinates() {
        fetch(true);
        assertEquals(List.of(), told);
        asked.getFirst().known(true);
        loop.runAll();
        assertEquals(List.of(ErrorCode.NONE), told);
    }

    @Test
    void whereThatIsNotKnownAnotherCoordinatorIsToBeAsked() {
        fetch(true);
        asked.getFirst().known(false);
        loop.runAll();
        assertEquals(List.of(ErrorCode.NOT_COORDINATOR), told);
    }

    @Test
    void whoOnlyLooksIsToldAtOnce() {
        fetch(false);
        assertEquals(List.of(ErrorCode.NONE), told);
        assertEquals(List.of(), asked);
    }

    private final class AskedLog implements CoordinatorLog {
        @Override
        public void proveLeadership(LeadershipProof.Answer done) {
            asked.add(done);
        }

        @Override
        public void deleteBefore(long offset) {
            throw new AssertionError("nothing is deleted");
        }

        @Override
        public TopicPartition id() {
            return new TopicPartition("__consumer_offsets", 0);
        }

        @Override
        public int coordinatorEpoch() {
            return 0;
        }

        @Override
        public void load(Replay into, Runnable loaded) {
            loaded.run();
        }

        @Override
        public void append(List<KeyValue> records, ProducerStamp txnOrNull, Consumer<Appending> done) {
            throw new AssertionError("nothing is written");
        }

        @Override
        public ProducerStamp stamp(long producerId, short producerEpoch, boolean addsPartition) {
            throw new AssertionError("no transaction");
        }

        @Override
        public void onMarker(MarkerListener listener) {
            // None comes.
        }

        @Override
        public void onEnd(Runnable then) {
            // It does not.
        }
    }
}

package io.chapar.broker.replica;

import io.chapar.broker.metadata.ClusterImage;
import io.chapar.broker.metadata.MetadataCommand;
import io.chapar.broker.metadata.MetadataLog;
import io.chapar.broker.partition.Watch;
import io.chapar.broker.runtime.Loop;
import io.chapar.broker.runtime.ManualLoop;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Many wait for one proof.
class LeadershipProofsTest {
    private static final int MANY = 1_000;

    private final ManualLoop loop = new ManualLoop();
    private final List<Consumer<MetadataLog.Proposed<?>>> asked = new ArrayList<>();
    private final List<Integer> woken = new ArrayList<>();

    private final LeadershipProofs proofs = new LeadershipProofs(1, 10, loop, new MetadataLog() {
        @Override
        public ClusterImage image() {
            return ClusterImage.EMPTY;
        }

        @Override
        @SuppressWarnings("unchecked")
        public <R> void propose(MetadataCommand<R> command, long deadlineMs, Loop on, Consumer<Proposed<R>> done) {
            asked.add(answer -> done.accept((Proposed<R>) answer));
        }

        @Override
        public void onChange(ChangeListener listener) {
            // Nothing changes.
        }

        @Override
        public @Nullable String trouble() {
            return null;
        }
    });

    @Test
    void theLoopIsGivenBackWhileManyAreWoken() {
        for (int i = 0; i < MANY; i++) {
            int number = i;
            proofs.watch(proofs.next() - Math.min(i, 1), () -> woken.add(number));
        }
        asked.getFirst().accept(new MetadataLog.Committed<>(List.of()));
        assertTrue(woken.size() < MANY, "in one turn");
        loop.runAll();
        assertEquals(MANY, woken.size());
        assertEquals(1, asked.size(), "nothing is asked for those who have it");
    }

    @Test
    void oneThatGivesUpWhileOthersAreWokenIsNot() {
        List<Watch> watches = new ArrayList<>();
        long proof = proofs.next();
        watches.add(proofs.watch(proof, () -> watches.get(1).cancel()));
        watches.add(proofs.watch(proof, () -> woken.add(1)));
        asked.getFirst().accept(new MetadataLog.Committed<>(List.of()));
        loop.runAll();
        assertEquals(List.of(), woken);
    }
}

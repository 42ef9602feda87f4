package io.chapar.broker.replica;

import io.chapar.broker.metadata.AskedMetadata;
import io.chapar.broker.metadata.BrokerImage;
import io.chapar.broker.metadata.ClusterImage;
import io.chapar.broker.metadata.MetadataRecord;
import io.chapar.broker.metadata.Registration;
import io.chapar.broker.partition.Watch;
import io.chapar.broker.runtime.ManualLoop;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Many wait for one proof.
class LeadershipProofsTest {
    private static final int MANY = 1_000;

    private final ManualLoop loop = new ManualLoop();
    private final List<Integer> woken = new ArrayList<>();

    private ClusterImage image = image(10);
    private final AskedMetadata metadata = new AskedMetadata(() -> image);
    private final LeadershipProofs proofs = new LeadershipProofs(1, 10, loop, metadata);

    @Test
    void theLoopIsGivenBackWhileManyAreWoken() {
        for (int i = 0; i < MANY; i++) {
            int number = i;
            proofs.watch(proofs.next() - Math.min(i, 1), () -> woken.add(number));
        }
        metadata.decided(0);
        assertTrue(woken.size() < MANY, "in one turn");
        loop.runAll();
        assertEquals(MANY, woken.size());
        assertEquals(1, metadata.asked().size(), "nothing is asked for those who have it");
    }

    private static ClusterImage image(long life) {
        Registration here = new Registration(1, new UUID(life, 1), null, null, null);
        return ClusterImage.EMPTY.apply(List.of(
                new MetadataRecord.BrokerKept(new BrokerImage(here, life, BrokerImage.Standing.ACTIVE))));
    }

    private void watch(long proof) {
        proofs.watch(proof, () -> {
            woken.add(woken.size());
            if (woken.size() < MANY && !proofs.isThere(proof)) {
                watch(proof);
            }
        });
    }

    /// Another process has this broker's id by now, and leads what this one believes to lead.
    @Test
    void nothingIsProvenToALifeThatIsOver() {
        long proof = proofs.next();
        watch(proof);
        image = image(20);
        metadata.decided(0);
        loop.advance(10 * LeadershipProofs.PAUSE_MS);
        assertFalse(proofs.isThere(proof));
        assertEquals(List.of(), woken, "whoever is woken asks again, and would for as long as it may");
        assertEquals(1, metadata.asked().size(), "nothing else can come of it");
    }

    /// It held for as long as nobody had replaced this broker.
    @Test
    void whatWasProvenIsNotAnyMoreOnceTheLifeIsOver() {
        long proof = proofs.next();
        watch(proof);
        metadata.decided(0);
        loop.runAll();
        assertTrue(proofs.isThere(proof));
        image = image(20);
        assertFalse(proofs.isThere(proof));
        woken.clear();
        watch(proof);
        loop.advance(10 * LeadershipProofs.PAUSE_MS);
        assertEquals(List.of(), woken);
        assertEquals(1, metadata.asked().size());
    }

    @Test
    void oneThatGivesUpWhileOthersAreWokenIsNot() {
        List<Watch> watches = new ArrayList<>();
        long proof = proofs.next();
        watches.add(proofs.watch(proof, () -> watches.get(1).cancel()));
        watches.add(proofs.watch(proof, () -> woken.add(1)));
        metadata.decided(0);
        loop.runAll();
        assertEquals(List.of(), woken);
    }
}

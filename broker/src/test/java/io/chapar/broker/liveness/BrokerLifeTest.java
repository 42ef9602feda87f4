package io.chapar.broker.liveness;

import io.chapar.broker.liveness.LifeProof.Place;
import io.chapar.broker.liveness.LifeProof.Proven;
import io.chapar.broker.metadata.MetadataCommand.RegisterBroker;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

class BrokerLifeTest {
    private static final UUID BOOT = new UUID(77, 1);
    private static final Place HERE = new Place(BOOT, 5, 6, null);
    private static final Place AFTER_POWER_LOSS = new Place(new UUID(77, 2), 5, 6, null);
    private static final UUID FIRST = new UUID(1, 1);
    private static final UUID SECOND = new UUID(1, 2);

    @TempDir
    Path folder;

    private static LifeNote note(boolean isClean, boolean hasFailed, @Nullable UUID boot) {
        return new LifeNote(isClean, hasFailed, boot, 5, 6, 9, List.of(FIRST));
    }

    @Test
    void whatProvesThatNothingWasLost() {
        Place distrusted = new Place(BOOT, 5, 6, "it is on a network");
        Place unknown = new Place(null, 5, 6, null);
        Map<List<Object>, Boolean> rows = new LinkedHashMap<>();
        rows.put(List.of("killed", note(false, false, BOOT), HERE), true);
        rows.put(List.of("clean", note(true, false, BOOT), HERE), true);
        rows.put(List.of("clean, then a new machine", note(true, false, BOOT), new Place(FIRST, 1, 2, null)), true);
        rows.put(List.of("clean, on a network", note(true, false, BOOT), distrusted), true);
        rows.put(List.of("clean, no boot id", note(true, false, null), unknown), true);
        rows.put(List.of("power loss", note(false, false, BOOT), AFTER_POWER_LOSS), false);
        rows.put(List.of("killed, on a network", note(false, false, BOOT), distrusted), false);
        rows.put(List.of("another device", note(false, false, BOOT), new Place(BOOT, 4, 6, null)), false);
        rows.put(List.of("another folder", note(false, false, BOOT), new Place(BOOT, 5, 7, null)), false);
        rows.put(List.of("no boot id now", note(false, false, BOOT), unknown), false);
        rows.put(List.of("no boot id then", note(false, false, null), HERE), false);
        rows.put(List.of("no boot id ever", note(false, false, null), unknown), false);
        rows.put(List.of("a sync failed", note(false, true, BOOT), HERE), false);
        rows.put(List.of("a sync failed, clean", note(true, true, BOOT), HERE), false);
        rows.forEach((row, expected) -> {
            LifeProof proof = LifeProof.judge((LifeNote) row.get(1), (Place) row.get(2));
            assertEquals(expected, proof.equals(new Proven(List.of(FIRST))), () -> row.getFirst() + ": " + proof);
        });
        assertInstanceOf(LifeProof.Unproven.class, LifeProof.judge(null, HERE));
    }

    /// A life that registers; the process is killed afterwards.
    private List<UUID> live(Place place, UUID incarnation) throws IOException {
        BrokerLife life = BrokerLife.open(folder, place);
        life.begin(incarnation);
        life.registered(12);
        return life.provenLives();
    }

    @Test
    void whoWasKilledHasAllAndWhoLostPowerHasNot() throws IOException {
        assertEquals(List.of(), live(HERE, FIRST));
        assertEquals(List.of(FIRST), live(HERE, SECOND));
        assertEquals(List.of(), live(AFTER_POWER_LOSS, FIRST));
        assertEquals(List.of(FIRST), live(AFTER_POWER_LOSS, SECOND));
    }

    /// That something may be lost of a life does not make the folder another one; a new one knows of none.
    @Test
    void aFolderKnowsTheLivesOfWhichSomethingMayBeLost() throws IOException {
        live(HERE, FIRST);
        assertEquals(List.of(), BrokerLife.open(folder, HERE).doubtfulLives());
        assertEquals(List.of(FIRST), BrokerLife.open(folder, AFTER_POWER_LOSS).doubtfulLives());
        BrokerLife life = BrokerLife.open(folder, AFTER_POWER_LOSS);
        assertEquals(List.of(FIRST), life.doubtfulLives());
        life.begin(SECOND);
        life = BrokerLife.open(folder, AFTER_POWER_LOSS);
        assertEquals(List.of(FIRST, SECOND), life.doubtfulLives());
        life.begin(new UUID(1, 3));
        life.registered(12);
        life = BrokerLife.open(folder, AFTER_POWER_LOSS);
        assertEquals(List.of(), life.doubtfulLives());
        assertEquals(List.of(new UUID(1, 3)), life.provenLives());
    }

    @Test
    void aCleanEndHoldsForOneStart() throws IOException {
        BrokerLife life = BrokerLife.open(folder, HERE);
        life.begin(FIRST);
        life.registered(12);
        life.endedCleanly();
        assertEquals(List.of(FIRST), BrokerLife.open(folder, AFTER_POWER_LOSS).provenLives());
        assertEquals(List.of(FIRST), BrokerLife.open(folder, AFTER_POWER_LOSS).provenLives());
        assertEquals(List.of(), BrokerLife.open(folder, HERE).provenLives());
    }

    /// Starts that fail before anything is registered leave the proof as it was; of one that was killed while it
    /// registered nobody knows whether it did.
    @Test
    void aStartThatFailsLosesNoProof() throws IOException {
        live(HERE, FIRST);
        for (int i = 0; i < 20; i++) {
            assertEquals(List.of(FIRST), BrokerLife.open(folder, HERE).provenLives());
        }
        BrokerLife.open(folder, HERE).begin(SECOND);
        assertEquals(List.of(FIRST, SECOND), live(HERE, new UUID(1, 3)));
        assertEquals(List.of(new UUID(1, 3)), BrokerLife.open(folder, HERE).provenLives());
        for (int i = 0; i < 20; i++) {
            BrokerLife.open(folder, HERE).begin(new UUID(2, i));
        }
        List<UUID> proven = BrokerLife.open(folder, HERE).provenLives();
        assertEquals(RegisterBroker.MOST_LIVES, proven.size());
        assertEquals(new UUID(1, 3), proven.getFirst(), "the metadata know it");
        assertEquals(new UUID(2, 19), proven.getLast());
    }

    /// The metadata know the life that lost something, and whether this is its folder.
    @Test
    void howeverManyStartsFailAfterALossOfPowerTheFolderKnowsWhoRegistered() throws IOException {
        live(HERE, FIRST);
        BrokerLife.open(folder, HERE).begin(SECOND);
        for (int i = 0; i < 20; i++) {
            BrokerLife.open(folder, AFTER_POWER_LOSS).begin(new UUID(2, i));
        }
        List<UUID> doubtful = BrokerLife.open(folder, AFTER_POWER_LOSS).doubtfulLives();
        assertEquals(FIRST, doubtful.getFirst());
        assertEquals(new UUID(2, 19), doubtful.getLast());
    }

    @Test
    void aFailedSyncTakesTheProofFromTheNextStart() throws IOException {
        BrokerLife life = BrokerLife.open(folder, HERE);
        life.begin(FIRST);
        life.syncFailed();
        life.registered(12);
        life.syncFailed();
        life.endedCleanly();
        assertEquals(List.of(), live(HERE, SECOND));
        assertEquals(List.of(SECOND), live(HERE, FIRST));
    }

    @Test
    void aFileThatIsDamagedOrGoneProvesNothing() throws IOException {
        Path file = folder.resolve(BrokerLife.NAME);
        live(HERE, FIRST);
        byte[] whole = Files.readAllBytes(file);
        Random random = new Random(3);
        for (int i = 0; i < 300; i++) {
            byte[] damaged = whole.clone();
            damaged[random.nextInt(damaged.length)] ^= (byte) (1 + random.nextInt(255));
            assertThrows(IOException.class, () -> LifeNote.decode(ByteBuffer.wrap(damaged)));
            ByteBuffer torn = ByteBuffer.wrap(whole, 0, random.nextInt(whole.length));
            assertThrows(IOException.class, () -> LifeNote.decode(torn.slice()));
        }
        assertEquals(note(false, false, BOOT).registered(12), LifeNote.decode(ByteBuffer.wrap(whole)));
        whole[40] ^= 1;
        Files.write(file, whole);
        assertEquals(List.of(), live(HERE, SECOND));
        assertEquals(List.of(SECOND), live(HERE, FIRST));
        Files.write(file, new byte[100_000]);
        assertEquals(List.of(), live(HERE, SECOND));
        Files.delete(file);
        assertEquals(List.of(), live(HERE, FIRST));
        assertEquals(List.of(FIRST), live(HERE, SECOND));
    }

    /// On this very machine.
    @Test
    void aFolderThatIsTrustedOrNot() throws IOException {
        BrokerLife life = BrokerLife.open(folder, true, false);
        life.begin(FIRST);
        life.registered(12);
        assertEquals(List.of(), BrokerLife.open(folder, false, false).provenLives());
        life.begin(FIRST);
        life.registered(12);
        life.endedCleanly();
        assertEquals(List.of(FIRST), BrokerLife.open(folder, false, false).provenLives());
    }
}

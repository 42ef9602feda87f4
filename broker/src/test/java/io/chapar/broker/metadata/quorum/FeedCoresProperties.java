package io.chapar.broker.metadata.quorum;

import io.chapar.broker.metadata.MetadataQuorum;
import io.chapar.broker.metadata.MetadataRecord;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.TreeMap;
import java.util.UUID;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// A broker that does not vote and three voters, some behind, cut off or gone, while questions and answers are lost and
/// late: it never has anything but what the log had at that version, and in the end all of it.
class FeedCoresProperties {
    private static final UUID GROUP = new UUID(1, 1);
    private static final UUID BEGUN_ANEW = new UUID(2, 2);

    @Property(tries = 300)
    void whatItHasIsWhatTheLogHadAndInTheEndAllOfIt(@ForAll long seed) {
        Model model = new Model(new Random(seed));
        model.reader.start(0);
        for (int step = 0; step < 300; step++) {
            model.happens();
        }
        model.calm = true;
        model.voters.forEach(voter -> voter.isThere = true);
        model.voters.forEach(voter -> voter.advance(model.log.size()));
        model.voters.forEach(voter -> voter.core.controller(1, model.nowMs));
        model.passes(20_000);
        assertEquals(model.log.getLast().image(), model.has.image());
        assertEquals(1, model.controller);
    }

    @Example
    void onlyWhoIsFarBehindIsGivenASnapshotAndInParts() {
        Model model = new Model(new Random(7));
        model.calm = true;
        model.reader.start(0);
        for (int i = 0; i < 30; i++) {
            model.appendLarge(200_000);
        }
        model.voters.forEach(voter -> voter.advance(model.log.size()));
        model.passes(5_000);
        assertEquals(model.log.getLast().image(), model.has.image());
        assertTrue(model.pieces > 1, "a snapshot of " + model.pieces + " parts");
        long before = model.pieces;
        model.append();
        model.voters.forEach(voter -> voter.advance(model.log.size()));
        model.passes(1_000);
        assertEquals(model.log.getLast().image(), model.has.image());
        assertEquals(before, model.pieces);
        assertEquals(0, model.voters.stream().mapToLong(voter -> voter.isThere ? 0 : 1).sum());
    }

    @Example
    void whoWaitsIsToldOneHopAfterAnEntry() {
        Model model = new Model(new Random(3));
        model.calm = true;
        model.reader.start(0);
        model.passes(3_000);
        int asked = model.asked;
        model.passes(10_000);
        assertTrue(model.asked - asked <= 11, "about one question a second where nothing happens");
        model.append();
        model.voters.forEach(voter -> voter.advance(model.log.size()));
        model.passes(10);
        assertEquals(model.log.getLast().image(), model.has.image());
    }

    @Example
    void aVoterThatKnowsOfNoControllerIsLeftForAnother() {
        Model model = new Model(new Random(3));
        model.calm = true;
        model.reader.start(0);
        model.voters.forEach(voter -> voter.core.controller(1, 0));
        model.passes(3_000);
        assertEquals(1, model.controller);
        int first = model.lastAsked;
        Voter cutOff = model.voters.get(first - 1);
        cutOff.core.controller(MetadataQuorum.NOBODY, model.nowMs);
        model.append();
        model.voters.stream().filter(voter -> voter != cutOff).forEach(voter -> voter.advance(model.log.size()));
        model.passes(FeedReaderCore.STALE_MS + 2 * FeedSourceCore.WAIT_MS);
        assertNotEquals(first, model.lastAsked);
        assertEquals(model.log.getLast().image(), model.has.image());
        assertEquals(1, model.controller);
    }

    @Example
    void whereNoVoterAnswersTheControllerIsForgottenAndOneIsAskedNowAndThen() {
        Model model = new Model(new Random(3));
        model.calm = true;
        model.reader.start(0);
        model.voters.forEach(voter -> voter.core.controller(1, 0));
        model.passes(3_000);
        model.voters.forEach(voter -> voter.isThere = false);
        model.passes(6_000);
        assertEquals(MetadataQuorum.NOBODY, model.controller);
        int before = model.asked;
        model.passes(10_000);
        assertTrue(model.asked - before >= 3 && model.asked - before <= 12, () -> "asked " + model.asked);
        model.append();
        model.voters.forEach(voter -> {
            voter.isThere = true;
            voter.advance(model.log.size());
        });
        model.passes(5_000);
        assertEquals(model.log.getLast().image(), model.has.image());
        assertEquals(1, model.controller);
    }

    /// After the loss of a majority: what the former quorum still says counts for nothing.
    @Example
    void aQuorumThatWasBegunAnewTakesTheFormersPlace() {
        Model model = new Model(new Random(3));
        model.calm = true;
        model.reader.start(0);
        model.passes(3_000);
        model.log.add(with(model.log.getLast(), new MetadataRecord.VersionReached(1_000_000)));
        Voter anew = new Voter(model, BEGUN_ANEW);
        anew.advance(model.log.size());
        anew.core.controller(3, model.nowMs);
        model.voters.set(2, anew);
        model.voters.get(0).isThere = false;
        model.voters.get(1).isThere = false;
        model.passes(10_000);
        assertEquals(1_000_000, model.has.image().version());
        assertEquals(3, model.controller);
        model.voters.get(0).isThere = true;
        model.voters.get(2).isThere = false;
        model.passes(10_000);
        assertEquals(1_000_000, model.has.image().version());
    }

    /// As where the digest of an image is another than the controller's.
    @Example
    void whatCannotBeFoldedIsAskedForAnewAndWholeFromAnotherVoter() {
        List<FeedReaderCore.Ask> asked = new ArrayList<>();
        FeedReaderCore reader = new FeedReaderCore(List.of(1, 2, 3), 0, effect -> {
            if (effect instanceof FeedReaderCore.Ask ask) {
                asked.add(ask);
            }
        });
        reader.start(0);
        FeedTold.Content entry = new FeedTold.Entries(List.of(ByteBuffer.allocate(1)));
        reader.answered(asked.getLast().attempt(), new FeedTold(FeedAsk.NO_GROUP, 1, 9, entry), 10);
        reader.broken(11);
        reader.tick(11 + FeedReaderCore.BROKEN_REST_MS - 1);
        assertEquals(1, asked.size(), "not at once");
        reader.tick(11 + FeedReaderCore.BROKEN_REST_MS);
        assertEquals(2, asked.getLast().voter());
        assertEquals(FeedAsk.NOTHING, asked.getLast().ask().version());
        reader.answered(asked.getLast().attempt(), new FeedTold(FeedAsk.NO_GROUP, 1, 9, entry), 2_000);
        assertEquals(3, asked.getLast().voter(), "entries are of no use then");
    }

    @Example
    void nonsenseIsRefused() {
        FeedAsk ask = new FeedAsk(GROUP, 3, FeedAsk.NOTHING, 0);
        assertEquals(ask, decodedAsk(FeedCodec.encode(ask)));
        ByteBuffer whole = FeedCodec.encode(ask);
        for (int length = 0; length < whole.remaining(); length++) {
            ByteBuffer cut = whole.slice(0, length);
            assertThrows(IOException.class, () -> FeedCodec.decodeAsk(cut));
        }
        assertThrows(IOException.class,
                () -> FeedCodec.decodeAsk(FeedCodec.encode(new FeedAsk(GROUP, -2, FeedAsk.NOTHING, 0))));
        FeedTold told = new FeedTold(GROUP, 1, 7, new FeedTold.Piece(7, QuorumState.MAX_SNAPSHOT_BYTES, 0,
                ByteBuffer.allocate(5)));
        ByteBuffer said = FeedCodec.encode(told);
        for (int length = 0; length < said.remaining() - 5; length++) {
            ByteBuffer cut = said.slice(0, length);
            assertThrows(IOException.class, () -> FeedCodec.decodeTold(cut));
        }
        assertThrows(IOException.class, () -> FeedCodec.decodeTold(FeedCodec.encode(
                new FeedTold(GROUP, 1, 7, new FeedTold.Piece(7, Integer.MAX_VALUE, 0, ByteBuffer.allocate(1))))));
        Random random = new Random(11);
        for (int i = 0; i < 2_000; i++) {
            byte[] noise = new byte[random.nextInt(80)];
            random.nextBytes(noise);
            if (noise.length > 0) {
                noise[0] = 1;
            }
            if (noise.length > 29) {
                noise[29] = (byte) random.nextInt(3);
            }
            try {
                FeedCodec.decodeTold(ByteBuffer.wrap(noise));
            } catch (IOException expected) {
                assertTrue(expected.getMessage().length() > 10);
            }
        }
    }

    private static FeedAsk decodedAsk(ByteBuffer bytes) {
        try {
            return FeedCodec.decodeAsk(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static QuorumState with(QuorumState before, MetadataRecord record) {
        try {
            return before.apply(entry(before, record)).after();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static QuorumEntry entry(QuorumState before, MetadataRecord record) {
        return new QuorumEntry(before.image().version(), null, List.of(record), List.of());
    }

    private static final class Voter {
        final Model model;
        final FeedSourceCore core;
        boolean isThere = true;
        int at;

        Voter(Model model, UUID group) {
            this.model = model;
            core = new FeedSourceCore(group, this::perform);
            at = 1;
            core.restored(model.log.getFirst(), 0);
        }

        void perform(FeedSourceCore.Effect effect) {
            switch (effect) {
                case FeedSourceCore.Tell(var answer, ByteBuffer told) -> answer.accept(told);
                case FeedSourceCore.Encode(QuorumState state) -> model.at(model.nowMs + 1,
                        () -> core.encoded(state.image().version(), state.snapshot(), model.nowMs));
                case FeedSourceCore.TooLarge large -> throw new AssertionError(large);
            }
        }

        void advance(int to) {
            while (at < to) {
                QuorumState before = model.log.get(at - 1);
                QuorumState after = model.log.get(at);
                at++;
                MetadataRecord record = model.records.get(after.image().version());
                if (record == null) {
                    core.restored(after, model.nowMs);
                } else {
                    core.applied(entry(before, record).encode(), before.image().version(), after, model.nowMs);
                }
            }
        }
    }

    private record Event(long atMs, long number, Runnable what) {}

    private static final class Model {
        final Random random;
        final List<QuorumState> log = new ArrayList<>(List.of(QuorumState.EMPTY));
        final Map<Long, MetadataRecord> records = new TreeMap<>();
        final List<Voter> voters = new ArrayList<>();
        final PriorityQueue<Event> events = new PriorityQueue<>(
                Comparator.comparingLong(Event::atMs).thenComparingLong(Event::number));
        final FeedReaderCore reader;
        QuorumState has = QuorumState.EMPTY;
        int controller = MetadataQuorum.NOBODY;
        long nowMs;
        long number;
        int pieces;
        int asked;
        int lastAsked;
        boolean calm;

        Model(Random random) {
            this.random = random;
            for (int i = 0; i < 3; i++) {
                voters.add(new Voter(this, GROUP));
            }
            reader = new FeedReaderCore(List.of(1, 2, 3), 1, this::perform);
        }

        void at(long ms, Runnable what) {
            events.add(new Event(ms, number++, what));
        }

        void append() {
            append(new MetadataRecord.ProducerIdsTaken(log.size()));
        }

        void appendLarge(int bytes) {
            append(new MetadataRecord.TopicCreated(new UUID(9, log.size()), "t" + log.size(), List.of(),
                    new TreeMap<>(Map.of("a", "x".repeat(50_000), "b", "y".repeat(50_000),
                            "c", "z".repeat(50_000), "d", "u".repeat(Math.min(60_000, bytes - 150_000))))));
        }

        private void append(MetadataRecord record) {
            log.add(with(log.getLast(), record));
            records.put(log.getLast().image().version(), record);
        }

        void happens() {
            Voter voter = voters.get(random.nextInt(3));
            switch (random.nextInt(8)) {
                case 0 -> append();
                case 1 -> voter.isThere = random.nextInt(3) != 0;
                case 2 -> voter.core.controller(random.nextInt(4) - 1, nowMs);
                case 3 -> {
                    if (voter.at < log.size() && random.nextInt(3) == 0) {
                        voter.at = log.size();
                        voter.core.restored(log.getLast(), nowMs);
                    }
                }
                case 4, 5 -> voter.advance(voter.at + random.nextInt(1 + log.size() - voter.at));
                default -> passes(random.nextInt(random.nextInt(10) == 0 ? 5_000 : 100));
            }
        }

        void passes(long ms) {
            long end = nowMs + ms;
            while (true) {
                long next = Math.min(events.isEmpty() ? Long.MAX_VALUE : events.peek().atMs(), reader.nextMs());
                for (Voter voter : voters) {
                    next = Math.min(next, voter.core.nextMs());
                }
                if (next > end) {
                    break;
                }
                nowMs = Math.max(nowMs, next);
                if (!events.isEmpty() && events.peek().atMs() <= nowMs) {
                    events.remove().what().run();
                } else {
                    reader.tick(nowMs);
                    voters.forEach(voter -> voter.core.tick(nowMs));
                }
            }
            nowMs = end;
        }

        private long delay() {
            return calm ? 1 : 1 + random.nextInt(random.nextInt(20) == 0 ? 4_000 : 20);
        }

        private boolean isLost() {
            return !calm && random.nextInt(10) == 0;
        }

        void perform(FeedReaderCore.Effect effect) {
            switch (effect) {
                case FeedReaderCore.Ask(long attempt, int node, FeedAsk ask, long withinMs) ->
                    ask(attempt, node, ask, withinMs);
                case FeedReaderCore.Fold(List<ByteBuffer> entries) -> at(nowMs, () -> fold(entries));
                case FeedReaderCore.Restore(ByteBuffer snapshot) -> at(nowMs, () -> restore(snapshot));
                case FeedReaderCore.Controller(int node) -> controller = node;
            }
        }

        private void ask(long attempt, int node, FeedAsk ask, long withinMs) {
            asked++;
            lastAsked = node;
            Voter voter = voters.get(node - 1);
            at(nowMs + withinMs, () -> reader.failed(attempt, nowMs));
            if (isLost() || !voter.isThere) {
                if (random.nextBoolean()) {
                    at(nowMs + 1, () -> reader.failed(attempt, nowMs));
                }
                return;
            }
            at(nowMs + delay(), () -> voter.core.asked(told -> answer(attempt, voter, told),
                    decodedAsk(FeedCodec.encode(ask)), nowMs + FeedSourceCore.WAIT_MS, nowMs));
        }

        private void answer(long attempt, Voter voter, ByteBuffer bytes) {
            if (isLost() || !voter.isThere) {
                return;
            }
            at(nowMs + delay(), () -> {
                try {
                    FeedTold told = FeedCodec.decodeTold(bytes);
                    pieces += told.content() instanceof FeedTold.Piece ? 1 : 0;
                    reader.answered(attempt, told, nowMs);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        }

        private void fold(List<ByteBuffer> entries) {
            try {
                for (ByteBuffer entry : entries) {
                    QuorumState.Applied applied = has.apply(QuorumEntry.decode(entry));
                    assertTrue(applied.tookEffect(), "each entry is the next");
                    has = applied.after();
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            known(null);
        }

        private void restore(ByteBuffer snapshot) {
            try {
                QuorumState restored = QuorumState.restore(snapshot);
                known(restored);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private void known(@Nullable QuorumState restored) {
            if (restored != null) {
                assertTrue(restored.image().version() >= has.image().version(), "never back");
                has = restored;
            }
            assertEquals(image(has.image().version()).image(), has.image());
            reader.folded(has.image().version(), nowMs);
        }

        private QuorumState image(long version) {
            return log.stream().filter(one -> one.image().version() == version).findFirst().orElseThrow();
        }
    }
}

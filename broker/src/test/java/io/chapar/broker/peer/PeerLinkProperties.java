package io.chapar.broker.peer;

import io.chapar.broker.peer.LinkWorld.Asking;
import io.chapar.broker.peer.LinkWorld.Begun;
import io.chapar.broker.peer.LinkWorld.Port;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Two cores on a wire that cuts, delays and splits at any byte: each question ends once, by its deadline, with its own
/// answer; and what is unsent was not begun.
final class PeerLinkProperties {
    @Test
    void eachQuestionEndsOnce() {
        Ends all = new Ends();
        for (long seed = 0; seed < 200; seed++) {
            run(seed, all);
        }
        assertTrue(all.answered > 1_500 && all.lost > 1_500 && all.unsent > 1_500, all::toString);
    }

    @Test
    @Tag("nightly")
    void eachQuestionEndsOnceInManyWorlds() {
        for (long seed = 1_000; seed < 21_000; seed++) {
            run(seed, new Ends());
        }
    }

    private static final class Ends {
        private int answered;
        private int lost;
        private int unsent;

        @Override
        public String toString() {
            return answered + " answered, " + lost + " lost, " + unsent + " unsent";
        }
    }

    private static void run(long seed, Ends all) {
        LinkWorld world = new LinkWorld(seed, 1 + seed % 40);
        Set<Long> begun = new TreeSet<>();
        List<Begun> waiting = new ArrayList<>();
        world.listener.answers = one -> {
            assertTrue(begun.add(one.number()), "each is begun once");
            if (world.random.nextInt(4) == 0) {
                waiting.add(one);
            } else {
                world.at(world.drawMs(), () -> one.answer(world.nowMs));
            }
        };
        world.listener.tells = said -> world.listener.answers.accept(
                new Begun(said.core(), said.id(), said.bytes().getLong(0), 0, said.bytes()));
        List<Asking> asked = new ArrayList<>();
        for (int step = 0; step < 150; step++) {
            step(world, asked, waiting);
        }
        world.port = Port.OPEN;
        world.moves = true;
        world.advance(20_000);
        for (Asking one : asked) {
            assertEquals(1, one.ends.size(), () -> "question " + one.number + " of seed " + seed);
            assertTrue(one.endedMs <= one.deadlineMs, () -> "question " + one.number + " of seed " + seed);
            switch (one.ends.getFirst()) {
                case Peers.Answered answer -> {
                    all.answered++;
                    assertEquals(new Peers.Answered(LinkWorld.answer(one.number)), answer, () -> "seed " + seed);
                }
                case Peers.Lost _ -> all.lost++;
                case Peers.Unsent _ -> {
                    all.unsent++;
                    assertFalse(begun.contains(one.number), () -> "question " + one.number + " of seed " + seed);
                }
            }
        }
        Asking last = world.dialler.ask(-1, 10_000);
        world.listener.answers = one -> one.answer(world.nowMs);
        world.advance(10_000);
        assertEquals(new Peers.Answered(LinkWorld.answer(-1)), last.end(), () -> "it is healed, seed " + seed);
    }

    private static void step(LinkWorld world, List<Asking> asked, List<Begun> waiting) {
        switch (world.random.nextInt(12)) {
            case 0, 1, 2 -> asked.add(world.dialler.ask(asked.size(), world.random.nextInt(2_000)));
            case 3, 4 -> asked.add(world.dialler.propose(asked.size(), world.random.nextInt(2_000)));
            case 5, 6, 7 -> {
                if (!waiting.isEmpty()) {
                    waiting.remove(world.random.nextInt(waiting.size())).answer(world.nowMs);
                }
            }
            case 8, 9 -> world.advance(world.random.nextInt(100));
            case 10 -> {
                if (world.random.nextInt(3) == 0) {
                    world.cut();
                }
            }
            default -> {
                world.port = switch (world.random.nextInt(12)) {
                    case 0 -> Port.CLOSED;
                    case 1 -> Port.SILENT;
                    default -> Port.OPEN;
                };
                world.moves = world.random.nextInt(16) != 0;
                world.advance(world.random.nextInt(1_500));
            }
        }
    }
}

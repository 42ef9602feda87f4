package io.chapar.broker.metadata.quorum;

import io.chapar.broker.config.HostPort;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;

import static java.util.Objects.requireNonNull;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Voters that are told of each other, while messages are lost, late and doubled, and nodes are killed and come back.
class FoundingCoreProperties {
    @Property(tries = 300)
    void theyBecomeOneQuorumAndOnlyOne(@ForAll long seed) {
        Model model = new Model(new Random(seed), false);
        model.run();
        UUID group = requireNonNull(model.nodes.getFirst().disk.membership()).group();
        for (Node node : model.nodes) {
            Membership membership = requireNonNull(node.disk.membership(), () -> "node " + node.id + " belongs");
            assertEquals(group, membership.group());
            assertEquals(model.nodes.size(), membership.voters().size());
            assertTrue(node.begun, () -> "node " + node.id + " takes part");
        }
        model.check();
    }

    /// Also where one disk is lost on the way, whatever was said before.
    @Property(tries = 500)
    void aLostDiskBeginsNoSecondQuorum(@ForAll long seed) {
        Model model = new Model(new Random(seed), true);
        model.run();
        model.check();
    }

    private static final class Model {
        private final Random random;
        private final List<Node> nodes = new ArrayList<>();
        private final List<Runnable> underWay = new ArrayList<>();
        /// Who takes part in each quorum with the folder that it counts on.
        private final Map<UUID, Set<Integer>> begun = new TreeMap<>();
        /// Those in which a majority did at some time.
        private final Set<UUID> able = new TreeSet<>();
        private boolean mayLoseADisk;
        private boolean calm;

        Model(Random random, boolean mayLoseADisk) {
            this.random = random;
            this.mayLoseADisk = mayLoseADisk;
            // Of one voter nobody else knows that it ever began.
            int count = mayLoseADisk ? 2 + random.nextInt(4) : 1 + random.nextInt(5);
            SortedMap<Integer, HostPort> listed = new TreeMap<>();
            for (int id = 1; id <= count; id++) {
                listed.put(id, new HostPort("host" + id, 9000 + id));
            }
            listed.keySet().forEach(id -> nodes.add(new Node(this, id, listed)));
        }

        void run() {
            nodes.forEach(Node::start);
            for (int step = 0; step < 300; step++) {
                Node node = nodes.get(random.nextInt(nodes.size()));
                switch (random.nextInt(8)) {
                    case 0 -> node.core.tick();
                    case 1 -> {
                        if (random.nextInt(5) == 0) {
                            node.start();
                        }
                    }
                    case 2 -> {
                        if (mayLoseADisk && random.nextInt(20) == 0) {
                            mayLoseADisk = false;
                            begun.values().forEach(all -> all.remove(node.id));
                            node.disk = new VoterIdentity(new UUID(random.nextLong(), random.nextLong()), null);
                            node.start();
                        }
                    }
                    default -> happens();
                }
            }
            calm = true;
            for (int round = 0; round < 20; round++) {
                while (!underWay.isEmpty()) {
                    happens();
                }
                nodes.forEach(node -> node.core.tick());
            }
        }

        private void happens() {
            if (!underWay.isEmpty()) {
                underWay.remove(random.nextInt(underWay.size())).run();
            }
        }

        private void send(Runnable event) {
            int fate = calm ? 9 : random.nextInt(10);
            if (fate < 2) {
                return;
            }
            underWay.add(event);
            if (fate == 2) {
                underWay.add(event);
            }
        }

        /// Of two quorums one at most could decide anything, ever.
        void check() {
            assertTrue(able.size() <= 1, () -> "quorums that could decide: " + able);
        }
    }

    private static final class Node {
        private final Model model;
        private final int id;
        private final SortedMap<Integer, HostPort> listed;
        private VoterIdentity disk;
        private FoundingCore core;
        private int life;
        private boolean begun;

        Node(Model model, int id, SortedMap<Integer, HostPort> listed) {
            this.model = model;
            this.id = id;
            this.listed = listed;
            disk = new VoterIdentity(new UUID(model.random.nextLong(), model.random.nextLong()), null);
        }

        /// Again, where it runs already: what it was about to do is gone.
        void start() {
            life++;
            int mine = life;
            begun = false;
            core = new FoundingCore(id, listed, disk, new UUID(model.random.nextLong(), model.random.nextLong()),
                    effect -> perform(effect, mine));
            core.start();
        }

        private void perform(FoundingCore.Effect effect, int mine) {
            switch (effect) {
                case FoundingCore.Say(int other, VoterIdentity identity) ->
                    model.send(() -> model.nodes.get(other - 1).hear(id, copy(identity), mine));
                case FoundingCore.Write(VoterIdentity identity) -> model.underWay.add(() -> {
                    if (life == mine) {
                        disk = copy(identity);
                        core.written();
                    }
                });
                case FoundingCore.Begin(Membership membership) -> {
                    assertEquals(membership, disk.membership(), "written down before it begins");
                    assertEquals(disk.folder(), membership.voter(id).folder());
                    begun = true;
                    Set<Integer> all = model.begun.computeIfAbsent(membership.group(), _ -> new TreeSet<>());
                    all.add(id);
                    if (all.size() > membership.voters().size() / 2) {
                        model.able.add(membership.group());
                    }
                }
                case FoundingCore.Refuse refuse -> assertTrue(refuse.reason().contains("node " + id));
            }
        }

        private void hear(int other, VoterIdentity said, int lifeOfOther) {
            VoterIdentity answer = core.heard(other, said);
            if (answer != null) {
                model.send(() -> {
                    Node back = model.nodes.get(other - 1);
                    if (back.life == lifeOfOther) {
                        back.core.heard(id, copy(answer));
                    }
                });
            }
        }

        private static VoterIdentity copy(VoterIdentity identity) {
            try {
                return VoterFile.decode(VoterFile.encode(identity));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}

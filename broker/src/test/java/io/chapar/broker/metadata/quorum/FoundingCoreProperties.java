package io.chapar.broker.metadata.quorum;

import io.chapar.broker.config.HostPort;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Comparator;
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
    private static final UUID SEED = new UUID(4, 4);

    @Property(tries = 300)
    void theyBecomeOneQuorumAndOnlyOne(@ForAll long seed) {
        theyBecomeOne(new Model(new Random(seed), false, false));
    }

    /// One of them has metadata of the time when it had no others: it begins, and the others are let in.
    @Property(tries = 300)
    void whoHasMetadataBeginsAndTheOthersJoin(@ForAll long seed) {
        Model model = new Model(new Random(seed), false, true);
        theyBecomeOne(model);
        for (Node node : model.nodes) {
            assertEquals(SEED, requireNonNull(node.disk.membership()).cluster());
        }
    }

    @Example
    void oneThatHasMetadataOfItsOwnJoinsNobody() {
        List<FoundingCore.Effect> done = new ArrayList<>();
        SortedMap<Integer, HostPort> listed = new TreeMap<>(
                Map.of(1, new HostPort("a", 1), 2, new HostPort("b", 2)));
        FoundingCore core = new FoundingCore(2, listed, new VoterIdentity(SEED, null, SEED), SEED, done::add);
        core.heard(1, new VoterIdentity(new UUID(3, 3), null, new UUID(3, 4)), true);
        assertTrue(((FoundingCore.Refuse) done.getLast()).reason().startsWith("nodes 1 and 2 both have metadata"));
        core = new FoundingCore(2, listed, new VoterIdentity(SEED, null, SEED), SEED, done::add);
        core.heard(1, new VoterIdentity(new UUID(3, 3), new Membership(SEED, SEED, List.of(
                new Voter(1, new UUID(3, 3), new HostPort("a", 1)))), null), true);
        assertTrue(((FoundingCore.Refuse) done.getLast()).reason().startsWith("node 1 belongs to a cluster, and"));
    }

    /// Two processes of one number: the one at the address in the list is let in.
    @Example
    void whoSaysAnothersNumberFromElsewhereIsNotLetIn() {
        List<FoundingCore.Effect> done = new ArrayList<>();
        SortedMap<Integer, HostPort> listed = new TreeMap<>(
                Map.of(1, new HostPort("a", 1), 2, new HostPort("b", 2)));
        Membership alone = new Membership(SEED, SEED, List.of(new Voter(1, new UUID(1, 1), new HostPort("a", 1))));
        FoundingCore core = new FoundingCore(
                1, listed, new VoterIdentity(new UUID(1, 1), alone, null), SEED, done::add);
        core.start();
        done.clear();
        UUID stray = new UUID(6, 6);
        for (int i = 0; i < 10; i++) {
            core.heard(2, new VoterIdentity(stray, alone, null), false);
            core.tick();
        }
        assertTrue(done.stream().allMatch(one -> one instanceof FoundingCore.Say(int node, var _) && node == 2));
        assertEquals(10, done.size(), "it is asked at its address");
        core.heard(2, new VoterIdentity(new UUID(2, 2), alone, null), true);
        assertEquals(new FoundingCore.Admit(new Voter(2, new UUID(2, 2), new HostPort("b", 2))), done.getLast());
    }

    private static void theyBecomeOne(Model model) {
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
        Model model = new Model(new Random(seed), true, false);
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

        /// Who votes in each quorum, as its log says.
        private final Map<UUID, List<Voter>> voting = new TreeMap<>();

        Model(Random random, boolean mayLoseADisk, boolean isGrowing) {
            this.random = random;
            this.mayLoseADisk = mayLoseADisk;
            // Of one voter nobody else knows that it ever began.
            int count = mayLoseADisk ? 2 + random.nextInt(4) : 1 + random.nextInt(5);
            SortedMap<Integer, HostPort> listed = new TreeMap<>();
            for (int id = 1; id <= count; id++) {
                listed.put(id, new HostPort("host" + id, 9000 + id));
            }
            int growing = isGrowing ? 1 + random.nextInt(count) : 0;
            listed.keySet().forEach(id -> nodes.add(new Node(this, id, listed, id == growing ? SEED : null)));
        }

        void run() {
            nodes.forEach(Node::start);
            for (int step = 0; step < 300; step++) {
                Node node = nodes.get(random.nextInt(nodes.size()));
                switch (random.nextInt(8)) {
                    case 0 -> {
                        node.core.tick();
                        tellWhoVotes(node);
                    }
                    case 1 -> {
                        if (random.nextInt(5) == 0) {
                            node.start();
                        }
                    }
                    case 2 -> {
                        if (mayLoseADisk && random.nextInt(20) == 0) {
                            mayLoseADisk = false;
                            begun.values().forEach(all -> all.remove(node.id));
                            node.disk = new VoterIdentity(new UUID(random.nextLong(), random.nextLong()), null, null);
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
                nodes.forEach(this::tellWhoVotes);
            }
        }

        private void tellWhoVotes(Node node) {
            Membership known = node.disk.membership();
            if (node.begun && known != null && voting.containsKey(known.group())) {
                VoterIdentity changed = node.core.voting(voting.get(known.group()));
                if (changed != null) {
                    node.disk = Node.copy(changed);
                }
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
        private final @Nullable UUID seed;
        private VoterIdentity disk;
        private FoundingCore core;
        private int life;
        private boolean begun;

        Node(Model model, int id, SortedMap<Integer, HostPort> listed, @Nullable UUID seed) {
            this.model = model;
            this.id = id;
            this.listed = listed;
            disk = new VoterIdentity(new UUID(model.random.nextLong(), model.random.nextLong()), null, null);
            this.seed = seed;
        }

        /// Again, where it runs already: what it was about to do is gone.
        void start() {
            life++;
            int mine = life;
            begun = false;
            core = new FoundingCore(id, listed, new VoterIdentity(disk.folder(), disk.membership(), seed),
                    new UUID(model.random.nextLong(), model.random.nextLong()),
                    effect -> perform(effect, mine));
            core.start();
        }

        private void perform(FoundingCore.Effect effect, int mine) {
            switch (effect) {
                case FoundingCore.Say(int other, VoterIdentity identity) ->
                    model.send(() -> model.nodes.get(other - 1).hear(id, copy(identity), mine));
                case FoundingCore.Write(VoterIdentity identity) -> model.underWay.add(() -> {
                    if (life == mine) {
                        disk = copy(new VoterIdentity(identity.folder(), identity.membership(), null));
                        core.written();
                    }
                });
                case FoundingCore.Begin(Membership membership) -> {
                    assertEquals(membership, disk.membership(), "written down before it begins");
                    begun = true;
                    if (!VoterIdentity.isCountedOn(membership, id, disk.folder())) {
                        return;
                    }
                    model.voting.putIfAbsent(membership.group(), membership.voters());
                    Set<Integer> all = model.begun.computeIfAbsent(membership.group(), _ -> new TreeSet<>());
                    all.add(id);
                    if (all.size() > membership.voters().size() / 2) {
                        model.able.add(membership.group());
                    }
                }
                case FoundingCore.Admit(Voter joining) -> {
                    UUID group = requireNonNull(disk.membership()).group();
                    List<Voter> voters = new ArrayList<>(model.voting.get(group));
                    assertTrue(voters.stream().noneMatch(one -> one.node() == joining.node()
                            && !one.folder().equals(joining.folder())), "no node votes with two folders");
                    if (voters.stream().noneMatch(one -> one.node() == joining.node())) {
                        voters.add(joining);
                        voters.sort(Comparator.comparingInt(Voter::node));
                        model.voting.put(group, voters);
                    }
                }
                case FoundingCore.Warn warn -> throw new AssertionError(warn);
                case FoundingCore.Refuse refuse -> assertTrue(refuse.reason().contains("node " + id));
            }
        }

        private void hear(int other, VoterIdentity said, int lifeOfOther) {
            VoterIdentity answer = core.heard(other, said, false);
            if (answer != null) {
                model.send(() -> {
                    Node back = model.nodes.get(other - 1);
                    if (back.life == lifeOfOther) {
                        back.core.heard(id, copy(answer), true);
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

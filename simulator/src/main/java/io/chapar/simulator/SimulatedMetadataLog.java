package io.chapar.simulator;

import io.chapar.broker.ClusterRules;
import io.chapar.broker.config.BrokerConfig;
import io.chapar.broker.metadata.BrokerImage;
import io.chapar.broker.metadata.ClusterImage;
import io.chapar.broker.metadata.ControllerCore;
import io.chapar.broker.metadata.MetadataCommand;
import io.chapar.broker.metadata.MetadataCommand.ProducerIdBlock;
import io.chapar.broker.metadata.MetadataRecord;
import io.chapar.broker.metadata.MetadataRecord.ProducerIdsTaken;
import io.chapar.broker.metadata.PartitionImage;
import io.chapar.broker.metadata.TopicImage;
import io.chapar.broker.metadata.quorum.QuorumRole;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import java.util.random.RandomGenerator;

/// The one order of all that is decided about a cluster of several brokers, at its worst: who may decide moves, and may
/// move back before it has learnt of what others decided; entries take their time, and some come into the order when
/// nobody waits for them any more; each broker hears of them in their order, as late as it may be.
///
/// ```
/// propose --> sent to the controller --> decided on its image --> in the order --> applied by each broker --> answered
///                      |                        |                     |
///                no controller: again     who asked waits      decided on an older image: again
/// ```
/// As [MetadataEntry] says, an entry changes the version that it was decided on alone. So nothing is asked of the order
/// but that it is one; and of who decides, nothing.
final class SimulatedMetadataLog {
    private static final int LOST_IN_ONE_OF = 30;
    private static final long LOOK_EVERY_US = 100_000;
    private static final long ELECTION_US = 800_000;
    private static final long MOST_MOVES_US = 8_000_000;
    private static final long MOST_LEARNING_US = 2_000_000;
    private static final long MOST_COMMIT_US = 5_000;
    private static final long SOON_US = 20_000;
    private static final int IDS = 10;
    private static final long MOST_TELLING_US = 500_000;
    private static final long MOST_STRAY_US = 4_000_000;

    private final World world;
    private final SimulatedPeers peers;
    private final FaultCount faults;
    private final RandomGenerator random;
    private final ControllerCore core;
    private final Witness witness;
    private final boolean moves;
    private final boolean loses;
    private final long slowestUs;
    private final CleanElections elections;
    private final CleanDepartures departures;
    private final RandomGenerator contests;
    /// Blocks of producer ids: behind which each ends, by the first.
    private final NavigableMap<Long, Long> given = new TreeMap<>();
    private final List<Placed> entries = new ArrayList<>();
    /// What each of them, applied in their order, has led to.
    private final List<ClusterImage> images = new ArrayList<>();
    /// Of the processes that run, by broker.
    private final Map<Integer, ClusterMetadata> views = new TreeMap<>();
    /// How many entries the last life of each broker had applied.
    private final Map<Integer, Integer> kept = new TreeMap<>();
    /// Until when no news reaches a broker.
    private final Map<Integer, Long> deafUntilUs = new TreeMap<>();
    private @Nullable ClusterMetadata controller;
    /// Who decided before, and, until then, still does; null for nobody.
    private @Nullable ClusterMetadata former;
    private long formerUntilUs;
    private long submitted;
    private Growth grows = Growth.NONE;
    private Decisions decisions = (_, _) -> { };
    private boolean electing;
    /// Nothing goes wrong at present.
    private boolean healed = true;

    /// An entry in the order, and the number that it was submitted by.
    private record Placed(long number, MetadataEntry entry) {}

    SimulatedMetadataLog(World world, Swarm swarm, SimulatedPeers peers, FaultCount faults,
            Witness witness) {
        this.world = world;
        this.peers = peers;
        this.faults = faults;
        this.witness = witness;
        elections = new CleanElections(world);
        departures = new CleanDepartures(world);
        random = world.random("metadata log");
        contests = world.random("contested producer ids");
        core = new ControllerCore(random, new ClusterRules(BrokerConfig.of(swarm.brokerSettings())));
        boolean calm = random.nextInt(3) == 0;
        loses = swarm.breaksConnections();
        moves = !calm && (swarm.killsBrokers() || swarm.cutsLinks());
        slowestUs = calm ? 5_000 : random.nextInt(3) == 0 ? 3_000_000 : 200_000;
        watch();
    }

    ClusterImage decided() {
        return images.isEmpty() ? ClusterImage.EMPTY : images.getLast();
    }

    /// Topics that the log tells the deletion of, from its beginning.
    Set<UUID> deletedTopics() {
        Set<UUID> deleted = new TreeSet<>();
        for (Placed placed : entries) {
            for (MetadataRecord record : placed.entry().records()) {
                if (record instanceof MetadataRecord.TopicDeleted gone) {
                    deleted.add(gone.topicId());
                }
            }
        }
        return deleted;
    }

    /// Whether it is registered, and not fenced.
    boolean isActive(int node) {
        BrokerImage broker = decided().brokers().get(node);
        return broker != null && broker.isActive();
    }

    /// The log as the life of a broker that begins now knows it: as its last life did, or somewhat less.
    ClusterMetadata open(SimulatedBroker broker, BrokerLoop loop) {
        int known = kept.getOrDefault(broker.nodeId(), 0);
        int from = known == 0 ? 0 : known - random.nextInt(Math.min(known, 5));
        ClusterMetadata view = new ClusterMetadata(this, broker, loop, from, image(from));
        views.put(broker.nodeId(), view);
        world.in(SOON_US, view::hearsRole);
        for (int count = from + 1; count <= entries.size(); count++) {
            deliver(view, count);
        }
        return view;
    }

    void close(ClusterMetadata view) {
        kept.put(view.node(), view.applied());
        views.remove(view.node(), view);
    }

    /// From here on it is at its worst, until [#heal].
    void strike() {
        healed = false;
        if (moves) {
            moveLater();
        }
    }

    void heal() {
        healed = true;
    }

    /// This broker hears nothing for so long of what is decided, unless it decides itself.
    void deafen(int node, long forUs) {
        faults.count("broker deaf to what is decided");
        deafUntilUs.put(node, world.nowUs() + forUs);
    }

    World world() {
        return world;
    }

    SimulatedPeers peers() {
        return peers;
    }

    FaultCount faults() {
        return faults;
    }

    RandomGenerator random() {
        return random;
    }

    ControllerCore core() {
        return core;
    }

    boolean isHealed() {
        return healed;
    }

    /// Whether this answer of the controller does not arrive.
    boolean losesAnswer() {
        return loses && !healed && random.nextInt(LOST_IN_ONE_OF) == 0;
    }

    /// What the first so many entries come to.
    ClusterImage image(int count) {
        return count == 0 ? ClusterImage.EMPTY : images.get(count - 1);
    }

    MetadataEntry entry(int count) {
        return entries.get(count - 1).entry();
    }

    long number(int count) {
        return entries.get(count - 1).number();
    }

    // ---- who decides

    /// Null while nobody does.
    @Nullable ClusterMetadata controller() {
        return controller;
    }

    /// Whoever asks may not have heard yet who it is.
    @Nullable ClusterMetadata controllerToAsk() {
        return former != null && decides(former) && random.nextBoolean() ? former : controller;
    }

    /// Whether this broker thinks that it is the controller.
    boolean decides(ClusterMetadata view) {
        return view == controller || (view == former && !healed && world.nowUs() < formerUntilUs);
    }

    /// As that broker is told when it asks now.
    QuorumRole roleOf(ClusterMetadata view) {
        if (decides(view)) {
            return new QuorumRole.Controls();
        }
        return controller == null ? new QuorumRole.NoController() : new QuorumRole.Follows(controller.node());
    }

    private void tellRoles() {
        for (ClusterMetadata view : views.values()) {
            long soonUs = 1 + random.nextLong(healed || view == controller ? SOON_US : MOST_TELLING_US);
            world.in(soonUs, view::hearsRole);
        }
    }

    private void watch() {
        world.in(LOOK_EVERY_US, () -> {
            if (!electing && (controller == null || !isAble(controller))) {
                electing = true;
                world.in(random.nextLong(ELECTION_US), () -> elect(null));
            }
            watch();
        });
    }

    private void moveLater() {
        world.in(1 + random.nextLong(MOST_MOVES_US), () -> {
            if (!healed) {
                if (!electing && controller != null) {
                    elect(controller);
                }
                moveLater();
            }
        });
    }

    /// @param but who is not to be elected again; null for nobody
    private void elect(@Nullable ClusterMetadata but) {
        electing = false;
        List<ClusterMetadata> able = views.values().stream().filter(view -> view != but && isAble(view)).toList();
        ClusterMetadata before = controller;
        controller = able.isEmpty() ? null : able.get(random.nextInt(able.size()));
        if (before != controller) {
            faults.count("controller moved");
            world.note("metadata", "controller is " + (controller == null ? "nobody" : controller.broker().name()), 0);
            tellRoles();
        }
        if (before != null && before != controller) {
            former = before;
            long learnsUs = 1 + random.nextLong(MOST_LEARNING_US);
            formerUntilUs = world.nowUs() + learnsUs;
            world.in(learnsUs, () -> {
                if (before != controller) {
                    before.deposed();
                    before.hearsRole();
                }
            });
        }
    }

    /// Whether it is there, and reaches as many others as it takes.
    private boolean isAble(ClusterMetadata view) {
        long reached = views.values().stream().filter(other -> isWell(other) && (other == view
                || (!peers.isCut(view.node(), other.node()) && !peers.isCut(other.node(), view.node())))).count();
        return isWell(view) && 2 * reached > peers.members();
    }

    private boolean isWell(ClusterMetadata view) {
        return views.get(view.node()) == view && view.broker().isMember() && view.broker().isAlive()
                && !view.broker().isPaused() && !view.broker().isPowerless();
    }

    // ---- the order

    /// On its way into the order: it comes there while who has decided it is the controller; otherwise perhaps, and
    /// perhaps much later.
    ///
    /// @return its number
    long submit(ClusterMetadata from, MetadataEntry entry) {
        entry.records().forEach(this::foresee);
        if (entry.records().stream().anyMatch(ProducerIdsTaken.class::isInstance)) {
            contest(from);
        }
        Placed placed = new Placed(++submitted, entry);
        world.in(1 + random.nextLong(MOST_COMMIT_US), () -> commit(from, placed));
        return placed.number();
    }

    /// Somebody gives producer ids. Another becomes the controller before that is in the order, and is asked for some
    /// as well.
    private void contest(ClusterMetadata from) {
        if (healed || !moves || from != controller || contests.nextBoolean()) {
            return;
        }
        faults.count("controller moved as it gave producer ids");
        world.in(0, () -> {
            if (from == controller && !electing) {
                elect(from);
            }
        });
        world.in(contests.nextLong(SOON_US), () -> views.values().stream().filter(view -> view != from)
                .findFirst().ifPresent(view -> view.order(new MetadataCommand.TakeProducerIds(IDS))));
    }

    /// Who asked for these producer ids is told that they are its own.
    void gave(ProducerIdBlock block) {
        Map.Entry<Long, Long> before = given.floorEntry(block.first() + block.count() - 1);
        if (before != null && before.getValue() > block.first()) {
            world.broken("A producer id is given to one producer only", "of " + block
                    + " some were given before, from " + before.getKey() + " up to " + before.getValue());
        }
        given.put(block.first(), block.first() + block.count());
    }

    private void commit(ClusterMetadata from, Placed entry) {
        if (from == controller && isAble(from)) {
            add(entry);
        } else if (from == controller && !healed) {
            world.in(LOOK_EVERY_US, () -> commit(from, entry));
        } else if (random.nextInt(4) != 0) {
            faults.count("metadata entry committed after its controller was gone");
            boolean stray = !healed && random.nextBoolean();
            world.in(random.nextLong(stray ? MOST_STRAY_US : MOST_COMMIT_US), () -> add(entry));
        } else {
            faults.count("metadata entry lost with its controller");
            from.lost(entry.number());
        }
    }

    private void add(Placed placed) {
        MetadataEntry entry = placed.entry();
        ClusterImage before = decided();
        boolean applies = entry.base() == before.version();
        if (!applies) {
            faults.count("metadata entry decided on an older version");
        }
        entries.add(placed);
        images.add(applies ? before.apply(entry.records()) : before);
        if (applies) {
            entry.records().forEach(this::look);
            tell(before, entry.records());
        }
        world.note("metadata", "entry on " + entry.base() + (applies ? "" : ", dropped"), decided().version());
        views.values().forEach(view -> deliver(view, entries.size()));
    }

    /// Who has registered may lack what it had not synced. In a cluster of it alone there is nobody to follow: it leads
    /// with what its disk has kept.
    void registeredLacking() {
        ClusterImage image = decided();
        if (image.brokers().size() > 1) {
            return;
        }
        for (TopicImage topic : image.topics().values()) {
            for (int i = 0; i < topic.partitions(); i++) {
                witness.recordsMayBeLost(topic, i);
            }
        }
    }

    /// Of one that leads without having been in sync or eligible, nobody knows what it lacks.
    private void look(MetadataRecord record) {
        TopicImage topic = record instanceof MetadataRecord.PartitionsChanged changed
                ? decided().topic(changed.topicId()) : null;
        if (topic != null && record instanceof MetadataRecord.PartitionsChanged changed) {
            changed.after().forEach((partition, is) -> {
                if (is.recovering()) {
                    faults.count("leader elected who may have lost something");
                    witness.recordsMayBeLost(topic, partition);
                }
            });
        }
    }

    /// One entry may change a partition more than once.
    private void tell(ClusterImage before, List<MetadataRecord> records) {
        ClusterImage now = before;
        for (MetadataRecord record : records) {
            ClusterImage was = now;
            now = was.apply(List.of(record));
            departures.look(was, record);
            if (record instanceof MetadataRecord.PartitionsChanged changed) {
                elections.look(was, changed);
                note(now.topic(changed.topicId()), changed);
                decisions.changed(was, changed);
            }
        }
    }

    private void note(@Nullable TopicImage topic, MetadataRecord.PartitionsChanged changed) {
        String name = topic == null ? changed.topicId().toString() : topic.name();
        changed.after().forEach((number, after) -> world.note("metadata", name + "-" + number + " is " + after, 0));
    }

    /// What would come of it now, of those in sync.
    private void foresee(MetadataRecord record) {
        if (!(record instanceof MetadataRecord.PartitionsChanged changed)) {
            return;
        }
        TopicImage topic = decided().topic(changed.topicId());
        changed.after().forEach((number, after) -> {
            PartitionImage was = topic == null || !topic.hasPartition(number) ? after : topic.partition(number);
            after.isr().stream().filter(node -> after.leader() == was.leader() && !was.isr().contains(node))
                    .findFirst().ifPresent(newcomer -> grows.comes(after.leader(), newcomer));
        });
    }

    /// Hears of those who are about to be in sync.
    interface Growth {
        Growth NONE = new Growth() {
            @Override
            public void comes(int leader, int newcomer) {}

            @Override
            public @Nullable Held wished(MetadataCommand.ChangeIsr command) {
                return null;
            }
        };

        /// It is decided, and on its way into the order.
        void comes(int leader, int newcomer);

        /// A leader asks for it.
        ///
        /// @return null where that leaves at once
        @Nullable Held wished(MetadataCommand.ChangeIsr command);
    }

    /// A command that does not leave until then.
    ///
    /// @param isLost it never leaves, and who asked is told that nobody knows what became of it
    record Held(BooleanSupplier until, boolean isLost) {}

    @Nullable Held held(MetadataCommand<?> command) {
        return command instanceof MetadataCommand.ChangeIsr isr ? grows.wished(isr) : null;
    }

    /// Hears of partitions that have changed, once that is decided.
    interface Decisions {
        /// @param before what it was decided on
        void changed(ClusterImage before, MetadataRecord.PartitionsChanged changed);
    }

    void onDecision(Decisions listener) {
        decisions = listener;
    }

    void onGrowth(Growth listener) {
        grows = listener;
    }

    private void deliver(ClusterMetadata view, int count) {
        long most = view == controller || healed ? MOST_COMMIT_US : slowestUs;
        boolean slow = random.nextInt(4) == 0;
        world.in(1 + random.nextLong(slow ? most : Math.min(most, 20_000)), () -> arrive(view, count));
    }

    /// From the controller, as soon as that reaches it.
    private void arrive(ClusterMetadata view, int count) {
        if (!healed && deafUntilUs.getOrDefault(view.node(), 0L) > world.nowUs() && view != controller) {
            world.in(SOON_US, () -> arrive(view, count));
        } else if (controller != null && peers.isCut(controller.node(), view.node())) {
            world.in(LOOK_EVERY_US, () -> arrive(view, count));
        } else {
            view.hears(count);
        }
    }
}

package io.chapar.simulator;

import io.chapar.broker.config.DynamicSettings;
import io.chapar.broker.metadata.ClusterImage;
import io.chapar.broker.metadata.ConfigOwner;
import io.chapar.broker.metadata.InternalTopics;
import io.chapar.broker.metadata.MetadataCommand;
import io.chapar.broker.metadata.MetadataCommand.AlterReassignments;
import io.chapar.broker.metadata.MetadataCommand.Configure;
import io.chapar.broker.metadata.MetadataCommand.CreateTopics;
import io.chapar.broker.metadata.MetadataCommand.NewTopic;
import io.chapar.broker.metadata.MetadataCommand.ReassignmentWish;
import io.chapar.broker.metadata.MetadataCommand.RemoveBroker;
import io.chapar.broker.metadata.PartitionImage;
import io.chapar.broker.metadata.TopicImage;
import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiFunction;
import java.util.function.BiPredicate;
import java.util.random.RandomGenerator;

/// A cluster that grows and shrinks while everything runs. Most begin with one broker or three; the others join, and
/// get replicas of what there is; one is drained, stopped, and removed, and comes back under its number or does not.
/// Whoever takes part is killed in the midst of it; somebody removes a broker too soon, or gives it something again.
///
/// ```
/// some brokers --others join--> all of them --more replicas, on those--> spread
///                                   ^                                      | one is drained
///                                   |                                      v
///                     comes back ---+--- removed <--fenced-- stopped <--nothing left-- its replicas move
/// ```
/// A step is over when the image says so; what has begun when the faults end goes on to its end, and what has not does
/// not begin. Who votes about metadata changes with who belongs to the cluster, in one step each.
final class Resizing {
    /// Numbers that no seed draws by which a planted bug or an old mistake is known: those worlds stay as they were.
    private static final int NUMBERS = 48;
    private static final List<Integer> HAPPENS = List.of(2, 4, 5, 6, 10, 11, 18, 19, 22, 23, 24, 27);
    private static final int MOST_DEPARTURES = 2;
    private static final int COORDINATORS_REPLICAS = 3;
    private static final long LOOK_EVERY_US = 60_000;
    private static final long ASK_AGAIN_US = 400_000;
    /// Replicas that somebody else moves meanwhile are not waited for.
    private static final long MOST_SPREADING_US = 4_000_000;
    private static final long MOST_LEAVING_US = 3_000_000;
    private static final int KILLED_IN_ONE_OF = 15;
    private static final int TOO_SOON_IN_ONE_OF = 4;
    private static final int GIVEN_IN_ONE_OF = 2;
    private static final long SOON_US = 3_000;

    private final World world;
    private final Swarm swarm;
    private final SimulatedCluster cluster;
    private final SimulatedMetadataLog metadata;
    private final Failovers failovers;
    private final FaultCount faults;
    private final RandomGenerator random;
    private final boolean kills;
    private final ArrayDeque<Step> steps = new ArrayDeque<>();
    private boolean healed;
    private long askedUs;

    /// Looked at again and again until it is over.
    private interface Step {
        boolean isOver();
    }

    Resizing(World world, Swarm swarm, Extras extras, SimulatedCluster cluster, SimulatedMetadataLog metadata,
            Failovers failovers, FaultCount faults) {
        this.world = world;
        this.swarm = swarm;
        this.cluster = cluster;
        this.metadata = metadata;
        this.failovers = failovers;
        this.faults = faults;
        random = world.random("resizing");
        boolean happens = happens(swarm, extras, random);
        kills = random.nextInt(3) != 0;
        if (happens) {
            plan();
        }
    }

    static boolean happens(World world, Swarm swarm, Extras extras) {
        return happens(swarm, extras, world.random("resizing"));
    }

    /// What rots at one broker stays rotten there, whoever has more of it.
    private static boolean happens(Swarm swarm, Extras extras, RandomGenerator random) {
        return HAPPENS.contains(random.nextInt(NUMBERS)) && swarm.replicated() && !extras.flipsBits();
    }

    private void plan() {
        int first = random.nextInt(3) == 0 ? swarm.brokers()
                : swarm.brokers() > COORDINATORS_REPLICAS && random.nextBoolean() ? COORDINATORS_REPLICAS : 1;
        cluster.brokers().stream().skip(first).forEach(SimulatedBroker::goesOut);
        if (first < swarm.brokers()) {
            steps.add(this::haveJoined);
            steps.add(new Spread());
        }
        for (int i = random.nextInt(MOST_DEPARTURES); i >= 0; i--) {
            steps.add(new Departure());
            if (random.nextBoolean()) {
                steps.add(this::haveJoined);
                steps.add(new Spread());
            }
        }
    }

    void begin() {
        if (!isOver()) {
            look();
        }
    }

    private void look() {
        world.in(1 + random.nextLong(LOOK_EVERY_US), () -> {
            Step step = steps.peek();
            if (step != null && step.isOver()) {
                steps.remove(step);
                world.note("resizing", steps.size() + " steps to go, of brokers " + cluster.image().brokers().keySet(),
                        0);
            }
            if (step != null) {
                look();
            }
        });
    }

    /// Nothing goes wrong any more, and nothing more begins.
    void heal() {
        healed = true;
        Step step = steps.peek();
        steps.clear();
        if (step != null) {
            steps.add(step);
        }
    }

    boolean isOver() {
        return steps.isEmpty();
    }

    String inWords() {
        if (isOver()) {
            return "as large as it is to be";
        }
        String moving = cluster.image().topics().values().stream().flatMap(topic -> topic.all().stream()
                .filter(partition -> partition.reassignment() != null)
                .map(partition -> topic.name() + " is " + partition)).findFirst().orElse("nothing moves");
        return "of the brokers " + cluster.image().brokers().keySet() + " those get something that are "
                + takers() + ", and " + moving;
    }

    private void propose(MetadataCommand<?> command) {
        ClusterMetadata controller = metadata.controller();
        if (controller != null) {
            controller.order(command);
        }
    }

    /// Whether it is time to ask; commands get lost.
    private boolean asksAgain() {
        boolean due = world.nowUs() - askedUs >= ASK_AGAIN_US;
        if (due) {
            askedUs = world.nowUs();
        }
        return due;
    }

    private void move(BiFunction<TopicImage, PartitionImage, @Nullable List<Integer>> to) {
        List<ReassignmentWish> wishes = new ArrayList<>();
        for (TopicImage topic : cluster.image().topics().values()) {
            for (int i = 0; i < topic.partitions(); i++) {
                List<Integer> wished = to.apply(topic, topic.partition(i));
                if (wished != null) {
                    wishes.add(new ReassignmentWish(new TopicPartition(topic.name(), i), wished));
                }
            }
        }
        if (!wishes.isEmpty()) {
            propose(new AlterReassignments(true, wishes));
        }
    }

    private boolean isAny(BiPredicate<TopicImage, PartitionImage> is) {
        return cluster.image().topics().values().stream()
                .anyMatch(topic -> topic.all().stream().anyMatch(partition -> is.test(topic, partition)));
    }

    // ---- who takes part

    /// Those that may get something, who has least of it first.
    private List<Integer> takers() {
        ClusterImage image = cluster.image();
        TreeMap<Integer, Integer> keeps = new TreeMap<>();
        cluster.members().stream().map(SimulatedBroker::nodeId)
                .filter(node -> image.isActive(node) && !image.settings().isDrained(node))
                .forEach(node -> keeps.put(node, 0));
        image.topics().values().forEach(topic -> topic.all().forEach(partition ->
                partition.wanted().forEach(node -> keeps.computeIfPresent(node, (_, count) -> count + 1))));
        return keeps.keySet().stream().sorted(Comparator.comparing(keeps::get)).toList();
    }

    private int factor(TopicImage topic) {
        return InternalTopics.isInternal(topic.name()) ? COORDINATORS_REPLICAS : swarm.replicas();
    }

    private List<Integer> filledUp(List<Integer> replicas, TopicImage topic, List<Integer> takers) {
        List<Integer> to = new ArrayList<>(replicas);
        takers.stream().filter(node -> !to.contains(node)).limit(Math.max(0, factor(topic) - to.size()))
                .forEach(to::add);
        return to;
    }

    /// Somebody who has a part in a move ends in the midst of it.
    private void endOne(@Nullable SimulatedBroker leaving) {
        if (healed || !kills || failovers.rests() || random.nextInt(KILLED_IN_ONE_OF) != 0) {
            return;
        }
        List<Integer> busy = cluster.image().topics().values().stream().flatMap(topic -> topic.all().stream())
                .filter(partition -> partition.reassignment() != null)
                .flatMap(partition -> partition.replicas().stream()).toList();
        SimulatedBroker one = leaving != null && (busy.isEmpty() || random.nextInt(3) == 0) ? leaving
                : busy.isEmpty() ? null : failovers.broker(busy.get(random.nextInt(busy.size())));
        if (one != null && one.isAlive()) {
            faults.count("broker killed while the cluster got another size");
            failovers.end(one);
        }
    }

    // ---- steps

    /// Whoever does not belong to the cluster comes, in no time or one after the other.
    private boolean haveJoined() {
        cluster.brokers().stream().filter(broker -> !broker.isMember() && !broker.isAlive()).forEach(broker -> {
            if (random.nextInt(4) == 0) {
                faults.count("broker joined");
                broker.joins();
                broker.start();
            }
        });
        endOne(null);
        return cluster.brokers().stream().allMatch(broker -> metadata.isActive(broker.nodeId()));
    }

    /// Each partition gets as many replicas as it is to have, and some go to whoever has less.
    private final class Spread implements Step {
        private long begunUs;

        @Override
        public boolean isOver() {
            begunUs = begunUs == 0 ? world.nowUs() : begunUs;
            List<Integer> takers = takers();
            boolean isThin = isAny((topic, partition) -> partition.reassignment() != null
                    || partition.replicas().size() < Math.min(factor(topic), takers.size()));
            if (isThin && asksAgain()) {
                faults.count("replicas spread over more brokers");
                move((topic, partition) -> more(topic, partition, takers));
            }
            endOne(null);
            return !isThin || world.nowUs() - begunUs > MOST_SPREADING_US;
        }

        private @Nullable List<Integer> more(TopicImage topic, PartitionImage partition, List<Integer> takers) {
            if (partition.reassignment() != null
                    || partition.replicas().size() >= Math.min(factor(topic), takers.size())) {
                return null;
            }
            List<Integer> to = filledUp(partition.replicas(), topic, takers);
            int other = takers.getFirst();
            if (random.nextInt(3) == 0) {
                to.removeIf(node -> node == other);
                to.addFirst(other);
            } else if (random.nextInt(3) == 0 && !to.contains(other)) {
                to.set(random.nextInt(to.size()), other);
            }
            return to;
        }
    }

    /// A broker goes for good, by the steps that who runs it takes.
    private final class Departure implements Step {
        /// Null before it has begun.
        private @Nullable SimulatedBroker leaving;
        private long stoppedUs;

        @Override
        public boolean isOver() {
            List<SimulatedBroker> members = cluster.members();
            if (leaving == null && members.size() > 1) {
                leaving = members.get(random.nextInt(members.size()));
                faults.count("broker drained");
                world.note("resizing", leaving.name() + " is drained", 0);
            }
            return leaving == null || isGone(leaving);
        }

        private boolean isGone(SimulatedBroker broker) {
            int node = broker.nodeId();
            ClusterImage image = cluster.image();
            if (!image.brokers().containsKey(node)) {
                return true;
            }
            boolean isEmpty = !isAny((_, partition) -> isOf(partition, node));
            if (broker.isMember()) {
                drain(broker, image, isEmpty);
            } else if (broker.isAlive() && world.nowUs() - stoppedUs > MOST_LEAVING_US) {
                broker.kill(false);
            } else if (!broker.isAlive() && asksAgain()) {
                remove(node, isEmpty);
            }
            if (random.nextInt(TOO_SOON_IN_ONE_OF) == 0 && (image.isActive(node) || !isEmpty)) {
                faults.count("broker to be removed too soon");
                propose(new RemoveBroker(node));
            }
            endOne(broker.isMember() ? broker : null);
            return false;
        }

        private void drain(SimulatedBroker broker, ClusterImage image, boolean isEmpty) {
            int node = broker.nodeId();
            if (!image.settings().isDrained(node)) {
                if (asksAgain()) {
                    propose(new Configure(ConfigOwner.broker(node), new TreeMap<>(
                            Map.of(DynamicSettings.CORDONED, DynamicSettings.ALL_FOLDERS)), false, false));
                }
            } else if (!isEmpty) {
                if (asksAgain()) {
                    createOne();
                    List<Integer> takers = takers();
                    move((topic, partition) -> without(topic, partition, node, takers));
                }
            } else {
                stop(broker);
            }
        }

        /// Nobody has use for it: it shows who gets replicas while one is drained.
        private void createOne() {
            propose(new CreateTopics(List.of(
                    new NewTopic(Administrator.PREFIX + "while-drained-" + random.nextInt(3), 2, new TreeMap<>())),
                    false));
        }

        private void stop(SimulatedBroker broker) {
            stoppedUs = world.nowUs();
            faults.count("broker stopped for good");
            broker.goesOut();
            if (broker.isListening() && random.nextBoolean()) {
                broker.leave();
            } else {
                broker.kill(random.nextInt(3) == 0);
            }
        }

        private void remove(int node, boolean isEmpty) {
            if (!isEmpty) {
                List<Integer> takers = takers();
                move((topic, partition) -> without(topic, partition, node, takers));
                return;
            }
            if (!healed && random.nextInt(GIVEN_IN_ONE_OF) == 0) {
                faults.count("broker that goes given something again");
                giveOne(node);
            }
            // Behind what was just given to it.
            world.in(SOON_US, () -> propose(new RemoveBroker(node)));
            if (!healed && random.nextInt(GIVEN_IN_ONE_OF) == 0) {
                faults.count("broker that went given something");
                world.in(2 * SOON_US, () -> giveOne(node));
            }
        }

        private void giveOne(int node) {
            boolean[] given = new boolean[1];
            move((_, partition) -> {
                if (given[0] || partition.reassignment() != null) {
                    return null;
                }
                given[0] = true;
                List<Integer> to = new ArrayList<>(partition.replicas());
                to.add(node);
                return to;
            });
        }

        private @Nullable List<Integer> without(
                TopicImage topic, PartitionImage partition, int node, List<Integer> takers) {
            if (!partition.wanted().contains(node)) {
                return null;
            }
            List<Integer> to = new ArrayList<>(partition.wanted());
            to.removeIf(one -> one == node);
            List<Integer> all = filledUp(to, topic, takers);
            return all.isEmpty() ? null : all;
        }
    }

    private static boolean isOf(PartitionImage partition, int node) {
        return partition.replicas().contains(node) || partition.wanted().contains(node);
    }
}

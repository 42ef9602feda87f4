package io.chapar.simulator;

import io.chapar.protocol.TopicPartition;
import io.chapar.simulator.IdempotentWriter.Kind;
import io.chapar.simulator.Reader.Pace;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

import static java.util.Objects.requireNonNull;

/// One seed, from the beginning of its world to its verdict: brokers and clients start, faults strike, all heals,
/// everybody must get on again, and what is left must be right.
public final class Simulation {
    private static final long SECOND_US = 1_000_000;
    /// A processor may end a transaction after each record: so often, at the most, something then goes over the network
    /// in a row.
    private static final int TRIPS_OF_A_RECORD = 20;
    /// And so often somebody waits until what was written is committed: for the output and its partition, the position
    /// and its partition, the decision, the markers, and the end.
    private static final int COMMITS_OF_A_RECORD = 7;
    private static final int SETTLE_SECONDS = 60;
    private static final long LOOK_EVERY_US = 100_000;
    private static final long GO_ON_US = 2_000_000;
    private static final int MOST_HANGING = 3;
    private static final int MOST_RESIZING_SECONDS = 8;
    private static final String ROT_WRITER = "rotwriter";

    private final World world;
    private final Swarm swarm;
    private final Extras extras;
    private final FaultCount faults = new FaultCount();
    private final Network network;
    private final Ledger ledger = new Ledger();
    private final Readings readings = new Readings();
    private final TransactionStatesFollowTheRules coordinator = new TransactionStatesFollowTheRules();
    private final CommittedOffsetsFollowTheLog offsets = new CommittedOffsetsFollowTheLog();
    private final Ghosts ghosts;
    private final List<SimulatedBroker> brokers = new ArrayList<>();
    private final List<SimulatedCluster> clusters = new ArrayList<>();
    private final List<Actor> actors = new ArrayList<>();
    private final List<Reader> readers = new ArrayList<>();
    private final List<Processor> processors = new ArrayList<>();
    private final List<GroupMember> members = new ArrayList<>();
    private final ModernGroup modern;
    private final SharesFollowTheRules shares;
    private final List<TopicChurn> churn = new ArrayList<>();
    private final List<Administrator> administrators = new ArrayList<>();
    /// Where bits turn around in segments too; null where they do not.
    private @Nullable SimulatedCluster rotting;
    private final RandomGenerator random;
    private final RandomGenerator more;

    /// What came of a seed.
    ///
    /// @param broken the promise that does not hold, and how; null when all do
    public record Result(long seed, @Nullable String broken, long simulatedMs, long events, FaultCount faults,
            long traceHash, Trace trace, String world) {}

    private Simulation(long seed) {
        world = new World(seed);
        swarm = Swarm.drawn(world);
        extras = Extras.drawn(world, swarm);
        random = world.random("simulation");
        more = world.random("more of the simulation");
        network = new Network(world, swarm, extras, faults);
        modern = ModernGroup.drawn(world);
        shares = new SharesFollowTheRules(modern);
        PartsHaveOneOwner owners = new PartsHaveOneOwner(network.lateMembers());
        ghosts = new Ghosts(world, swarm, List.of(
                coordinator,
                new LogsGrowWithoutGaps(),
                new LeadersWriteInTheirEpoch(),
                new SequencesHaveNoGaps(),
                new MarkersEndTransactions(coordinator),
                new WritesFollowRegistration(coordinator),
                new CommittedReadersStopInTime(),
                new ProducersAreTheFoldOfTheLog(),
                new AnswersToProducersAreTrue(),
                new ReadersAreToldWhatWasAborted(),
                new EndsAreAnsweredTruthfully(coordinator),
                new ProducerIdsAreNobodyElses(),
                offsets,
                new PositionsFollowOutputs(offsets, "app"),
                new CommitsFollowReading(readings),
                new CommitsAreOfTheirGeneration(network.lateMembers()),
                new TimesAreFound(),
                new CompactionWaitsForTransactions(),
                new MarkersOutliveTheirData(),
                new MetadataGoesForward(),
                new RetentionTakesWhatItMay(),
                new FetchesAnswerWhatWasAsked(),
                new GenerationsAgree(),
                owners,
                new CommitsAreOfTheirMembersEpoch(owners),
                shares,
                network.lateWrites()));
    }

    /// Runs the seed to its end, or to the first promise that does not hold.
    public static Result run(long seed) {
        Simulation simulation = new Simulation(seed);
        simulation.run();
        World world = simulation.world;
        return new Result(seed, world.broken(), world.nowUs() / 1000, world.events(), simulation.faults,
                world.trace().hash(), world.trace(), simulation.swarm + " " + simulation.extras
                        + " " + simulation.modern);
    }

    private void run() {
        try {
            populate();
            brokers.forEach(SimulatedBroker::start);
            awaitBrokers();
            prepare();
            actors.forEach(Actor::start);
            Nemesis nemesis = new Nemesis(world, swarm, extras, network, faults, ghosts, brokers, actors);
            nemesis.begin();
            clusters.forEach(SimulatedCluster::strike);
            churn.forEach(TopicChurn::begin);
            administrators.forEach(Administrator::begin);
            if (extras.hanging()) {
                new Hanger(world, brokers.getFirst(), swarm, ledger).begin(1 + more.nextInt(MOST_HANGING));
            }
            pass((3 + random.nextInt(10)) * SECOND_US);
            passResizing();
            nemesis.heal();
            comeToSize();
            if (rotting != null) {
                read("late-reader-", Topics.ROTTING, rotting, false).start();
            }
            churn.forEach(TopicChurn::end);
            administrators.forEach(Administrator::end);
            List<Actor> last = new ArrayList<>(processors);
            last.addAll(members);
            actors.stream().filter(HeartbeatMember.class::isInstance).forEach(last::add);
            goOn(actors.stream().filter(actor -> !last.contains(actor)).toList());
            actors.stream().filter(actor -> !last.contains(actor)).forEach(Actor::stop);
            until(patience(), () -> actors.stream().allMatch(actor -> last.contains(actor) || actor.isStopped()),
                    "Clients come to an end");
            catchUp();
            last.forEach(Actor::stop);
            until(patience(), () -> actors.stream().allMatch(Actor::isStopped), "Clients come to an end");
            settle();
            readAgain();
            if (world.broken() == null) {
                History history = new History(world, ghosts, ledger);
                history.check(List.of("t0", "t1", "input", Topics.COMPACTED, Topics.SHORT), readers);
                history.checkProcessed("input", "output", "app");
            }
        } catch (RuntimeException e) {
            world.broken("The simulation itself does not fail", Failures.text("it", e));
        }
    }

    private void populate() {
        clusters.addAll(SimulatedCluster.all(world, network, swarm, extras, ghosts, faults));
        clusters.forEach(cluster -> brokers.addAll(cluster.brokers()));
        List<String> topics = List.of("t0", "t1");
        int writers = 2 + random.nextInt(3);
        for (int i = 0; i < writers; i++) {
            SimulatedCluster cluster = clusters.get(random.nextInt(clusters.size()));
            // Some names are used twice, which makes zombies of each other.
            String id = "txn" + random.nextInt(3);
            actors.add(new TransactionalWriter(
                    client("writer" + i, true), cluster, swarm, extras, ledger, offsets, id, topics));
        }
        populateOther(topics);
        populateExtras(topics);
        populateMore();
        actors.addAll(ModernMembers.of(modern, clusters.getFirst(), swarm, readings, topics, this::client));
        for (SimulatedCluster cluster : clusters) {
            for (boolean committed : new boolean[] {true, false}) {
                Reader reader = new Reader(client((committed ? "rc-" : "ru-") + cluster.name(), false), cluster, swarm,
                        topics, committed, Pace.ANY, ghosts, ledger);
                readers.add(reader);
                actors.add(reader);
            }
        }
    }

    private void populateOther(List<String> topics) {
        for (int i = random.nextInt(3); i > 0; i--) {
            Kind kind = random.nextInt(3) != 0 ? Kind.IDEMPOTENT : Kind.PLAIN;
            actors.add(single("single" + i, any(), topics, kind));
        }
        if (random.nextBoolean()) {
            SimulatedCluster cluster = any();
            actors.add(single("feeder", cluster, List.of("input"), Kind.IDEMPOTENT));
            actors.add(new TransactionalWriter(
                    client("txfeeder", true), cluster, swarm, extras, ledger, offsets, "feed", List.of("input")));
            int instances = 1 + random.nextInt(3);
            for (int i = 0; i < instances; i++) {
                processors.add(new Processor(client("processor" + i, true), cluster, swarm, "app", "input", "output"));
            }
            actors.addAll(processors);
            Reader reader = new Reader(client("rc-output", false), cluster, swarm, List.of("output"), true, Pace.ANY,
                    ghosts, ledger);
            readers.add(reader);
            actors.add(reader);
        }
        if (random.nextInt(3) == 0) {
            SimulatedCluster cluster = any();
            churn.add(new TopicChurn(world, cluster.brokers().getFirst(), "churn"));
            actors.add(new TransactionalWriter(client("churner", true), cluster, swarm, extras, ledger, offsets,
                    "churn", List.of("churn", "t0")));
            actors.add(single("churner2", cluster, List.of("churn"), Kind.IDEMPOTENT));
        }
    }

    private IdempotentWriter single(String name, SimulatedCluster cluster, List<String> topics, Kind kind) {
        return new IdempotentWriter(client(name, kind != Kind.PLAIN), cluster, swarm, extras, ledger, topics, kind);
    }

    private void populateExtras(List<String> topics) {
        if (extras.groupMembers()) {
            SimulatedCluster cluster = extra();
            boolean committedOnly = more.nextBoolean();
            for (int i = 1 + more.nextInt(4); i > 0; i--) {
                members.add(new GroupMember(client("member" + i, true), cluster, swarm, readings, ghosts, "members",
                        committedOnly, topics));
            }
            actors.addAll(members);
        }
        if (extras.bursts()) {
            actors.add(single("burster", extra(), List.of("t0"), Kind.PIPELINED));
        }
        if (extras.compaction()) {
            populate(Topics.COMPACTED, List.of(Topics.COMPACTED, "t0"));
        }
        if (extras.retention()) {
            populate(Topics.SHORT, List.of(Topics.SHORT, "t1"));
        }
        if (extras.flipsBits()) {
            rotting = extra();
            actors.add(single(ROT_WRITER, rotting, List.of(Topics.ROTTING), Kind.IDEMPOTENT));
            read("reader-", Topics.ROTTING, rotting, false);
        }
    }

    private void populateMore() {
        if (extras.administration()) {
            administrators.add(new Administrator(world, brokers.getFirst(), ghosts));
        }
        actors.addAll(Askers.of(world, clusters.getFirst(), swarm, extras, faults, this::client));
    }

    /// Writers and readers of a topic that is not like the others.
    private void populate(String topic, List<String> inTransactions) {
        SimulatedCluster cluster = extra();
        actors.add(single("single-" + topic, cluster, List.of(topic), Kind.IDEMPOTENT));
        actors.add(new TransactionalWriter(
                client("writer-" + topic, true), cluster, swarm, extras, ledger, offsets, topic, inTransactions));
        read("reader-", topic, cluster, more.nextBoolean());
    }

    private Reader read(String name, String topic, SimulatedCluster cluster, boolean committedOnly) {
        Reader reader = new Reader(client(name + topic, false), cluster, swarm, List.of(topic), committedOnly,
                Pace.ANY, ghosts, ledger);
        readers.add(reader);
        actors.add(reader);
        return reader;
    }

    private SimulatedCluster extra() {
        return clusters.get(more.nextInt(clusters.size()));
    }

    private SimulatedCluster any() {
        return clusters.get(random.nextInt(clusters.size()));
    }

    private SimulatedClient client(String name, boolean idempotent) {
        RandomGenerator dialects = world.random("dialect of " + name);
        Dialect dialect = swarm.mixedVersions()
                ? Dialect.drawn(dialects, dialects.nextInt(3) != 0) : Dialect.newest();
        return new SimulatedClient(world, network, name, dialect, idempotent);
    }

    // ---- phases

    private void prepare() {
        if (Topics.areNeeded(swarm, extras)) {
            clusters.forEach(cluster -> Topics.create(cluster, swarm, extras));
            pass(SECOND_US);
            awaitBrokers();
        }
        if (swarm.nearExhaustion()) {
            age();
        }
        if (modern.settings() != null) {
            clusters.getFirst().brokers().getFirst().propose(modern.settings());
            pass(SECOND_US);
        }
    }

    private void age() {
        List<String> ids = List.of("txn0", "txn1", "txn2", "feed");
        clusters.forEach(cluster -> NearExhaustion.write(world, cluster, swarm, ids));
        pass(SECOND_US);
        brokers.forEach(SimulatedBroker::stopCleanly);
        brokers.forEach(SimulatedBroker::start);
        awaitBrokers();
    }

    private void awaitBrokers() {
        until(60, () -> clusters.stream().allMatch(SimulatedCluster::isReady), "Brokers start");
    }

    /// What is under way has more time to meet what goes wrong.
    private void passResizing() {
        for (int i = 0; i < MOST_RESIZING_SECONDS && clusters.getFirst().isChanging(); i++) {
            pass(SECOND_US);
        }
    }

    private void comeToSize() {
        SimulatedCluster cluster = clusters.getFirst();
        until(patience(), () -> !cluster.isChanging(), "Clusters come to their size", cluster::sizeInWords);
        SlowFollowers slow = cluster.slowFollowers();
        if (world.broken() == null && slow != null && slow.holdsOne()) {
            until(patience(), slow::hasLeft, "Who lags for long leaves the set in sync", slow::inWords);
        }
    }

    private int patience() {
        return SETTLE_SECONDS + (3 * swarm.transactionTimeoutMs() + 6 * swarm.requestTimeoutMs()) / 1000;
    }

    /// For processors that have so many records before them.
    private long patience(long backlog) {
        long commitUs = Math.max(0, swarm.followerDelayMs()) * 1_000L;
        long recordUs = TRIPS_OF_A_RECORD * swarm.latencyUs() + COMMITS_OF_A_RECORD * commitUs;
        return patience() + backlog * recordUs / SECOND_US;
    }

    private void pass(long us) {
        long untilUs = world.nowUs() + us;
        while (world.broken() == null && world.step(untilUs)) {
            // each step is one event
        }
    }

    private void until(long seconds, BooleanSupplier there, String promise) {
        until(seconds, there, promise, () -> waiting(actor -> !actor.isStopped()));
    }

    private void until(long seconds, BooleanSupplier there, String promise, Supplier<String> behind) {
        long untilUs = world.nowUs() + seconds * SECOND_US;
        while (world.broken() == null && !there.getAsBoolean()) {
            if (world.nowUs() >= untilUs) {
                world.broken("Everything gets on again when nothing fails any more: " + promise,
                        behind.get() + " after " + seconds + " s");
                return;
            }
            pass(LOOK_EVERY_US);
        }
    }

    private String waiting(Predicate<Actor> waits) {
        StringBuilder text = new StringBuilder();
        brokers.stream().filter(broker -> !broker.isListening())
                .forEach(broker -> text.append(broker.name()).append(' '));
        actors.stream().filter(waits)
                .forEach(actor -> text.append(actor.name()).append(" (").append(actor.successes()).append(") "));
        return text.append("not yet").toString();
    }

    /// Everybody succeeds again. Who has for a while is done: whoever needs longest is not looked on by all others.
    private void goOn(List<Actor> done) {
        TreeMap<String, Long> before = new TreeMap<>();
        TreeMap<String, Long> sinceUs = new TreeMap<>();
        actors.forEach(actor -> before.put(actor.name(), actor.successes()));
        Predicate<Actor> waits = actor -> mustSucceed(actor)
                && actor.successes() <= requireNonNull(before.get(actor.name()), "put above");
        until(patience(), () -> {
            done.stream().filter(actor -> mustSucceed(actor) && !waits.test(actor)
                    && world.nowUs() - sinceUs.computeIfAbsent(actor.name(), _ -> world.nowUs()) >= GO_ON_US)
                    .forEach(Actor::stop);
            return actors.stream().noneMatch(waits);
        }, "Clients succeed", () -> waiting(waits));
    }

    /// A partition whose segments are damaged may be offline, and say so.
    private boolean mustSucceed(Actor actor) {
        return (actor instanceof TransactionalWriter || actor instanceof IdempotentWriter)
                && !(actor.name().equals(ROT_WRITER) && ghosts.hasDamage());
    }

    /// Processors and groups come to the end of their input.
    private void catchUp() {
        if (!processors.isEmpty() && !ghosts.isLossy()) {
            long backlog = new History(world, ghosts, ledger).backlog("input", "output", "app");
            until(patience(backlog),
                    () -> new History(world, ghosts, ledger).unprocessed("input", "output", "app") == null,
                    "Processors come to the end of their input");
            passEnds();
            ghosts.lastCall("input");
        }
        SharesAtTheEnd unshared = new SharesAtTheEnd(modern, shares, ghosts, clusters.getFirst());
        until(patience() + ModernGroup.DELIVERIES * ModernGroup.LOCK_MS / 1000, () -> unshared.any() == null,
                "Share groups come to the end of their topics", unshared::inWords);
        if ((!members.isEmpty() || modern.kind() == ModernGroup.Kind.CONSUMERS) && !ghosts.isLossy()) {
            GroupsAtTheEnd groups = new GroupsAtTheEnd(readings, ghosts, offsets);
            until(patience(), () -> groups.unread() == null, "Groups come to the end of their topics");
            until(patience(), () -> groups.uncommitted() == null, "Groups commit what they were given",
                    groups::whatIsUncommitted);
        }
    }

    /// Processors commit not only what they were given, but also what is behind it and nobody is given.
    private void passEnds() {
        SimulatedCluster cluster = processors.getFirst().cluster();
        LastWord last = new LastWord(client("last", true), cluster, swarm, ledger, "input");
        last.start();
        until(patience(), last::isStopped, "Clients come to an end", last::name);
        until(patience(), () -> unpassed(cluster) == null, "Processors' positions come to the end of their input",
                () -> unpassed(cluster));
    }

    private @Nullable String unpassed(SimulatedCluster cluster) {
        for (int i = 0; i < swarm.partitions(); i++) {
            TopicPartition partition = new TopicPartition("input", i);
            long committed = offsets.committed(cluster, "app", partition);
            long end = requireNonNull(ghosts.log(cluster, partition), "the input was seen").end();
            if (committed < end) {
                return partition + " is committed up to " + committed + " of " + end;
            }
        }
        return null;
    }

    /// When all is over, everything that there is can be read from the beginning to the end.
    private void readAgain() {
        if (world.broken() != null || ghosts.isLossyAltogether()) {
            return;
        }
        List<Reader> again = new ArrayList<>();
        for (SimulatedCluster cluster : clusters) {
            List<String> topics = ghosts.topicsToRead(cluster);
            for (boolean committed : new boolean[] {true, false}) {
                again.add(new Reader(
                        client((committed ? "again-rc-" : "again-ru-") + cluster.name(), false), cluster, swarm,
                        topics, committed, Pace.STEADY, ghosts, ledger));
            }
        }
        again.removeIf(Reader::hasNothingToRead);
        again.forEach(Actor::start);
        until(patience(), () -> again.stream().allMatch(Reader::isAtEnd), "Readers come to the end",
                () -> again.stream().map(Reader::behind).toList().toString());
        again.forEach(Actor::stop);
        until(patience(), () -> again.stream().allMatch(Actor::isStopped), "Readers come to an end");
        readers.addAll(again);
    }

    /// No transaction stays open longer than its time.
    private void settle() {
        until(SETTLE_SECONDS, () -> RetentionTakesWhatItMay.tooMuch(ghosts) == null, "Retention takes what is too much",
                () -> RetentionTakesWhatItMay.tooMuch(ghosts));
        until(patience(), () -> openTransaction() == null, "Transactions end");
        UnlikeReplicas unlike = new UnlikeReplicas(ghosts);
        until(patience(), () -> unlike.any() == null, "Replicas become the same", unlike::inWords);
        ghosts.lookAgain();
        String missing = ghosts.missing();
        if (missing != null) {
            world.broken("What was committed survives every restart", missing);
        }
        String open = openTransaction();
        if (world.broken() == null && open != null) {
            world.broken("Nothing hangs", open);
        }
    }

    private @Nullable String openTransaction() {
        if (ghosts.isLossyAltogether()) {
            // The coordinator may have lost its record of one.
            return null;
        }
        for (GhostLog log : ghosts.all()) {
            boolean exists = log.exists() && !ghosts.isLossy(log);
            if (exists && log.firstOpen() < log.end()) {
                return log.name() + " has a transaction open from " + log.firstOpen();
            }
        }
        for (SimulatedCluster cluster : clusters) {
            String open = coordinator.open(cluster);
            if (open != null) {
                return open;
            }
        }
        return null;
    }
}

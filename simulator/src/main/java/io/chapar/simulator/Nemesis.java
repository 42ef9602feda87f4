package io.chapar.simulator;

import io.chapar.broker.coordinator.CoordinatorKeys;
import io.chapar.broker.log.disk.Loss;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/// Lets faults strike, one after the other, of the kinds that the seed has drawn; and ends them all.
final class Nemesis {
    private static final long MOST_JUMP_MS = 20 * 60_000;
    private static final int SYNC_MS = 200;
    private static final List<Loss> LOSSES = List.of(Loss.ALL_UNSYNCED, Loss.TAILS, Loss.SECTORS);
    private static final List<List<String>> REFUSED = List.of(
            List.of("t0", "t1"), List.of("t0"), List.of("input"), List.of("output", "t1"),
            List.of(CoordinatorKeys.CONSUMER_OFFSETS), List.of(CoordinatorKeys.TRANSACTION_STATE));

    private final World world;
    private final Swarm swarm;
    private final Network network;
    private final FaultCount faults;
    private final Rot rot;
    private final List<SimulatedBroker> brokers;
    private final List<Actor> actors;
    private final RandomGenerator random;
    private final RandomGenerator stops;
    private final List<Runnable> kinds = new ArrayList<>();
    private final boolean flipsBits;
    /// Null where nobody follows anybody.
    private final @Nullable Failovers failovers;
    private boolean over;

    Nemesis(World world, Swarm swarm, Extras extras, Network network, FaultCount faults, Ghosts ghosts,
            List<SimulatedBroker> brokers, List<Actor> actors) {
        this.world = world;
        this.swarm = swarm;
        this.network = network;
        this.faults = faults;
        rot = new Rot(world, faults, ghosts);
        this.brokers = brokers;
        this.actors = actors;
        flipsBits = extras.flipsBits();
        random = world.random("nemesis");
        stops = world.random("stops of brokers");
        add(swarm.breaksConnections() || extras.bursts(), network::breakOne);
        add(swarm.cutsLinks(), this::cutLink);
        add(swarm.killsBrokers(), this::killBroker);
        add(swarm.stopsBetweenFileOperations(), this::stopInDisk);
        add(swarm.losesPower(), this::losePower);
        add(swarm.breaksDisks(), this::breakDisk);
        add(swarm.slowSyncs(), this::slowSyncs);
        add(swarm.refusesWrites(), this::refuseWrites);
        add(swarm.removesMembers(), () -> network.lateMembers().removeOne());
        add(swarm.killsClients(), this::killClient);
        add(swarm.pauses(), this::pause);
        add(swarm.jumpsClocks(), this::jumpClock);
        add(extras.flipsBits(), this::flipBits);
        add(swarm.cluster() && swarm.cutsLinks(), this::cutPeers);
        failovers = brokers.getFirst().cluster().failovers();
    }

    private void add(boolean known, Runnable fault) {
        if (known) {
            kinds.add(fault);
        }
    }

    void begin() {
        brokers.getFirst().cluster().begin();
        if (!kinds.isEmpty()) {
            next();
        }
    }

    private void next() {
        world.in((1 + random.nextLong(swarm.faultEveryMs() * 2)) * 1000, () -> {
            if (!over) {
                Runnable fault = kinds.get(random.nextInt(kinds.size()));
                if (failovers == null || !failovers.rests()) {
                    fault.run();
                }
                next();
            }
        });
    }

    private void during(long mostMs, Runnable end) {
        world.in((1 + random.nextLong(mostMs)) * 1000, () -> {
            if (!over) {
                end.run();
            }
        });
    }

    private <T> T any(List<T> among) {
        return among.get(random.nextInt(among.size()));
    }

    private void cutLink() {
        SimulatedClient client = any(actors).client();
        SimulatedBroker broker = any(brokers);
        int which = random.nextInt(3);
        if (which != 0) {
            network.cut(client, broker, Network.Way.TO_BROKER);
        }
        if (which != 1) {
            network.cut(client, broker, Network.Way.TO_CLIENT);
        }
        during(random.nextBoolean() ? 1_000 : 3L * swarm.requestTimeoutMs(), () -> network.heal(client, broker));
    }

    /// Between two brokers of a cluster, one way or both.
    private void cutPeers() {
        SimulatedBroker one = any(brokers);
        List<SimulatedBroker> others = one.cluster().brokers().stream().filter(other -> other != one).toList();
        SimulatedPeers peers = one.cluster().peers();
        if (peers == null || others.isEmpty()) {
            return;
        }
        int from = one.nodeId();
        int to = any(others).nodeId();
        boolean both = random.nextBoolean();
        peers.cut(from, to);
        if (both) {
            peers.cut(to, from);
        }
        during(3_000, () -> {
            peers.heal(from, to);
            peers.heal(to, from);
        });
    }

    private void killBroker() {
        SimulatedBroker broker = any(brokers);
        if (broker.isAlive()) {
            boolean isKnown = broker.cluster().metadata() != null && stops.nextBoolean();
            if (isKnown) {
                leave(broker);
                return;
            }
            faults.count("broker killed");
            if (random.nextInt(4) == 0) {
                broker.stopCleanly();
            } else {
                broker.kill(random.nextInt(3) == 0);
            }
            during(3_000, () -> restart(broker));
        }
    }

    /// And some time later again, whatever it is doing then; or it is killed in the midst of it.
    private void leave(SimulatedBroker broker) {
        broker.leave();
        switch (stops.nextInt(3)) {
            case 0 -> during(1_000, broker::leave);
            case 1 -> during(500, () -> {
                broker.kill(false);
                broker.startLater();
            });
            default -> { }
        }
    }

    private void restart(SimulatedBroker broker) {
        if (!broker.isAlive()) {
            broker.start();
        }
    }

    private void stopInDisk() {
        SimulatedBroker broker = any(brokers);
        if (broker.isListening()) {
            broker.stopInDisk(random.nextInt(30), false);
            during(4_000, () -> restart(broker));
        }
    }

    private void losePower() {
        SimulatedBroker broker = any(brokers);
        if (broker.isAlive()) {
            faults.count("power lost");
            if (swarm.durable() && random.nextBoolean()) {
                losePowerInSync(broker);
                return;
            }
            if (random.nextBoolean()) {
                broker.stopInDisk(random.nextInt(30), true);
            } else {
                broker.losePower(any(LOSSES));
            }
            during(3_000, () -> restart(broker));
        }
    }

    /// While what was just written is on its way to stable storage.
    private void losePowerInSync(SimulatedBroker broker) {
        broker.disk().faults().syncDelayMs(SYNC_MS);
        during(SYNC_MS, () -> {
            broker.losePower(any(LOSSES));
            broker.disk().faults().syncDelayMs(0);
            during(3_000, () -> restart(broker));
        });
    }

    private void breakDisk() {
        SimulatedBroker broker = any(brokers);
        switch (random.nextInt(3)) {
            case 0 -> {
                faults.count("disk full");
                broker.disk().faults().capacityBytes(random.nextInt(200_000));
            }
            case 1 -> {
                faults.count("write failed");
                broker.disk().faults().failWriteAfter(random.nextInt(20));
            }
            default -> {
                faults.count("fsync failed");
                broker.syncsFail();
            }
        }
        boolean bySomebody = random.nextBoolean();
        during(2_000, () -> {
            mend(broker);
            // Somebody starts the broker anew, or it goes on by itself.
            if (bySomebody) {
                broker.kill(false);
                during(1_000, () -> restart(broker));
            }
        });
    }

    private static void mend(SimulatedBroker broker) {
        broker.disk().faults().capacityBytes(Long.MAX_VALUE).failWriteAfter(-1).failSyncs(false).syncDelayMs(0)
                .readOnly(_ -> false);
    }

    /// All partitions of some topics are offline for a while, and come back by themselves, while all others go on: what
    /// was begun with some of them cannot be ended there.
    private void refuseWrites() {
        SimulatedBroker broker = any(brokers);
        List<String> topics = any(REFUSED);
        faults.count("topics refused writes");
        world.note("nemesis", broker.name() + " cannot write to " + topics, 0);
        broker.disk().faults().readOnly(path -> topics.stream().anyMatch(topic -> path.startsWith(topic + "-")));
        during(2_000, () -> broker.disk().faults().readOnly(_ -> false));
    }

    private void slowSyncs() {
        SimulatedBroker broker = any(brokers);
        faults.count("fsync slow");
        broker.disk().faults().syncDelayMs(1 + random.nextInt(2_000));
        during(3_000, () -> broker.disk().faults().syncDelayMs(0));
    }

    private void killClient() {
        Actor actor = any(actors);
        if (actor.client().isAlive()) {
            faults.count("client killed");
            actor.client().kill();
            during(3_000, () -> {
                if (!actor.client().isAlive()) {
                    actor.start();
                }
            });
        }
    }

    /// While the broker is down: what it has read already, it may remember.
    private void flipBits() {
        SimulatedBroker broker = any(brokers);
        if (broker.isListening()) {
            stopToFlipBits(broker);
            during(2_000, () -> restart(broker));
        }
    }

    private void stopToFlipBits(SimulatedBroker broker) {
        if (random.nextBoolean()) {
            broker.stopCleanly();
        } else {
            broker.kill(false);
        }
        rot.strike(broker);
    }

    private void pause() {
        Machine machine = random.nextInt(3) == 0 ? any(brokers) : any(actors).client();
        if (machine.isAlive() && !machine.isPaused()) {
            faults.count("process paused");
            machine.pause();
            during(random.nextBoolean() ? 1_000 : 2L * Math.max(swarm.transactionTimeoutMs(), swarm.sessionTimeoutMs()),
                    machine::resume);
        }
    }

    private void jumpClock() {
        Machine machine = random.nextBoolean() ? any(brokers) : any(actors).client();
        faults.count("clock jumped");
        machine.jump((random.nextBoolean() ? 1 : -1) * random.nextLong(random.nextInt(3) == 0 ? MOST_JUMP_MS : 2_000));
    }

    /// Bits turn around for the last time. From here on nothing goes wrong any more: what is cut is joined, who is dead
    /// starts, who stands still goes on, clocks are set right.
    void heal() {
        over = true;
        brokers.getFirst().cluster().end();
        world.note("nemesis", "heals everything", 0);
        for (SimulatedBroker broker : brokers) {
            if (flipsBits && broker.isListening()) {
                stopToFlipBits(broker);
            }
            mend(broker);
            broker.resume();
            broker.setRight();
            broker.disk().faults().stopAtOperation(Long.MAX_VALUE);
            if (swarm.hasDiskFaults()) {
                broker.kill(false);
            }
            restart(broker);
        }
        network.healAll();
        for (SimulatedBroker broker : brokers) {
            if (broker.cluster().peers() != null && broker.cluster().metadata() != null) {
                broker.cluster().peers().healAll();
                if (broker.cluster().streams() != null) {
                    broker.cluster().streams().healAll();
                }
                broker.cluster().metadata().heal();
            }
        }
        for (Actor actor : actors) {
            actor.client().resume();
            actor.client().setRight();
            if (!actor.client().isAlive()) {
                actor.start();
            }
        }
    }
}

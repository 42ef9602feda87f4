package io.chapar.simulator;

import io.chapar.broker.BrokerCore;
import io.chapar.broker.handler.Features;
import io.chapar.broker.liveness.BrokerSessions;
import io.chapar.broker.liveness.Heartbeats;
import io.chapar.broker.liveness.LeaderBalance;
import io.chapar.broker.metadata.BrokerImage;
import io.chapar.broker.metadata.ClusterImage;
import io.chapar.broker.metadata.MetadataCommand.RegisterBroker;
import io.chapar.broker.metadata.MetadataLog;
import io.chapar.broker.metadata.Registration;
import io.chapar.broker.metadata.quorum.QuorumRole;
import io.chapar.broker.peer.LinkEvents.Evidence;
import io.chapar.broker.peer.Peers;
import io.chapar.broker.peer.socket.Suspect;
import io.chapar.broker.shard.Shards;
import io.chapar.protocol.message.BrokerHeartbeatRequest;
import io.chapar.protocol.message.BrokerHeartbeatResponse;
import org.jspecify.annotations.Nullable;

import java.util.List;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Supplier;

/// One life of a broker as its cluster knows it: it reports to whoever decides, holds the sessions of all others while
/// it decides itself, tells of addresses that refuse, and, in some worlds, lets those lead that should. All of that is
/// the real thing; who decides is what [SimulatedMetadataLog] says.
final class LifeInCluster {
    private static final int HEARTBEATS_IN_A_SESSION = 5;
    private static final long REGISTER_MS = 2_000;
    private static final long AGAIN_MS = 200;

    private final SimulatedBroker broker;
    private final ClusterMetadata metadata;
    private final BrokerLoop loop;
    private final Swarm swarm;
    private final FaultCount faults;
    private final BrokerSessions sessions;
    /// Null before the life is registered.
    private @Nullable Heartbeats heartbeats;
    /// Null while it is not about to stop.
    private @Nullable Leaving leaving;

    /// Before the life is registered, so that no change is missed.
    LifeInCluster(
            SimulatedBroker broker, ClusterMetadata metadata, BrokerLoop loop, Swarm swarm, FaultCount faults) {
        this.broker = broker;
        this.metadata = metadata;
        this.loop = loop;
        this.swarm = swarm;
        this.faults = faults;
        sessions = new BrokerSessions(metadata, loop, swarm.brokerSessionMs());
        LeaderBalance balance = swarm.balancesLeaders() ? new LeaderBalance(metadata, loop) : null;
        metadata.gate(sessions);
        Consumer<QuorumRole> listener = role -> {
            sessions.role(role);
            if (balance != null) {
                balance.role(role);
            }
            if (heartbeats != null) {
                heartbeats.controllerChanged();
            }
        };
        metadata.onRole(listener);
        listener.accept(metadata.role());
    }

    /// Again and again, until somebody says that it has begun.
    ///
    /// @param lives what its folder knows
    /// @param decided how the cluster is
    void register(Registration self, ProvenLives lives, Supplier<ClusterImage> decided, Peers peers, Runnable then) {
        register(self, lives.begin(self.incarnation()), !lives.mayLack(), decided, peers, then);
    }

    private void register(Registration self, List<UUID> lives, boolean isNothingLost, Supplier<ClusterImage> decided,
            Peers peers, Runnable then) {
        BrokerImage known = decided.get().brokers().get(self.node());
        boolean isTaken = known != null && Failovers.isOfNobody(known.registration().incarnation());
        // Who took the id meanwhile had this folder.
        List<UUID> before = known != null && isTaken ? List.of(known.registration().incarnation()) : lives;
        boolean hasAll = isNothingLost && !isTaken && !before.isEmpty();
        metadata.propose(new RegisterBroker(self, Features.finalizedLevels(), hasAll, before),
                loop.nowMs() + REGISTER_MS, loop, how -> {
                    if (how instanceof MetadataLog.Committed<BrokerImage>(BrokerImage is)) {
                        report(is, peers);
                        then.run();
                    } else {
                        loop.schedule(AGAIN_MS, () -> register(self, lives, isNothingLost, decided, peers, then));
                    }
                });
    }

    private void report(BrokerImage self, Peers peers) {
        long sessionMs = swarm.brokerSessionMs();
        heartbeats = new Heartbeats(self, new Heartbeats.Times(sessionMs / HEARTBEATS_IN_A_SESSION, sessionMs), loop,
                metadata, peers, sessions, metadata::role, new Heartbeats.Events() {
                    @Override
                    public void replaced(String why) {
                        isReplaced(why);
                    }

                    @Override
                    public void mayStop() {
                        if (leaving != null) {
                            leaving.mayStop();
                        }
                    }
                });
        heartbeats.start();
    }

    void ready(BrokerCore opened) {
        if (heartbeats != null) {
            opened.cutOff(heartbeats::isCutOff);
            heartbeats.ready();
        }
    }

    /// Another process has its id.
    private void isReplaced(String why) {
        broker.world().note(broker.name(), "is replaced: " + why, 0);
        faults.count("broker replaced by another process of its id");
        broker.world().in(0, () -> {
            broker.kill(false);
            broker.startLater();
        });
    }

    /// As who runs it asks for: others lead what it led before it stops, and it is started again. Asked twice, it does
    /// so once.
    void leave(Shards shards) {
        if (leaving == null) {
            broker.world().note(broker.name(), "leaves", 0);
            faults.count("broker left");
            leaving = new Leaving(broker, this, shards, loop);
            leaving.begin();
        }
    }

    void stopping() {
        if (heartbeats != null) {
            heartbeats.stopping();
        }
    }

    /// A report of another broker; the answer comes on the loop.
    void reported(BrokerHeartbeatRequest report, Consumer<BrokerHeartbeatResponse> answer) {
        loop.execute(() -> sessions.heard(report, report.brokerId(), report.brokerEpoch(), answer));
    }

    /// Nobody is at that broker's address.
    void isRefusedBy(int node) {
        loop.execute(() -> {
            BrokerImage known = metadata.image().brokers().get(node);
            if (known != null) {
                broker.world().note(broker.name(), "is refused by broker" + node, 0);
                sessions.suspect(
                        new Suspect(node, known.registration().incarnation(), known.epoch(), Evidence.REFUSED));
            }
        });
    }
}

package io.chapar.simulator;

import io.chapar.protocol.message.ApiKey;

import java.nio.ByteBuffer;
import java.util.Map;
import java.util.TreeMap;
import java.util.random.RandomGenerator;

/// Ends of transactions that are not answered for so long that their clients give up waiting: either they get no
/// further than the machine of the coordinator, which ends the transaction itself when its time is over, or they are
/// done and nobody hears of it.
final class LostEnds {
    private static final int LOST_IN_ONE_OF = 3;
    /// After so many times what it gives each request a client gives up.
    private static final long PATIENCE = 3;
    private static final long MORE = 5;

    /// What becomes of one.
    enum Way { ANSWERED, DONE, LOST }

    private record Silence(long untilUs, boolean done) {}

    private final World world;
    private final Swarm swarm;
    private final FaultCount faults;
    private final RandomGenerator random;
    private final Map<String, Silence> silences = new TreeMap<>();
    private boolean known;

    /// @param known whether this world knows such a fault
    LostEnds(World world, Swarm swarm, FaultCount faults, boolean known) {
        this.world = world;
        this.swarm = swarm;
        this.faults = faults;
        this.known = known;
        random = world.random("lost ends");
    }

    /// From here on all are answered.
    void end() {
        known = false;
    }

    /// @param mayComeLate whether it may be done though its client has given it up
    Way way(String client, byte[] frame, boolean mayComeLate) {
        if (!known || ApiKey.of(ByteBuffer.wrap(frame).getShort(0)) != ApiKey.END_TXN) {
            return Way.ANSWERED;
        }
        Silence silence = silences.get(client);
        if (silence == null || silence.untilUs() <= world.nowUs()) {
            if (random.nextInt(LOST_IN_ONE_OF) != 0) {
                return Way.ANSWERED;
            }
            long leastMs = random.nextInt(4) == 0 ? 0 : PATIENCE * swarm.requestTimeoutMs();
            long ms = leastMs + random.nextLong(MORE * swarm.requestTimeoutMs());
            silence = new Silence(world.nowUs() + ms * 1_000, random.nextInt(3) == 0);
            silences.put(client, silence);
            faults.count("end of a transaction not answered");
        }
        return silence.done() && mayComeLate ? Way.DONE : Way.LOST;
    }
}

package io.chapar.simulator;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.random.RandomGenerator;

/// Bits that turn around on the disk of a broker that is down. Where a file can be made anew from others, nothing may
/// be missing because of it; where it cannot, in the segments of one topic, what is gone is gone, but no reader may be
/// given something else.
///
/// The base offset and the leader epoch of a batch lie in front of its checksum, and the list of leader epochs, the
/// index of times and that of aborted transactions have none: in Kafka's format they cannot be told from what they
/// were, and stay.
final class Rot {
    private static final List<String> MADE_ANEW = List.of(".snapshot", ".index", "/offset-checkpoint");
    private static final int MOST_IN_SEGMENTS = 2;
    private static final int MOST_ELSEWHERE = 60;
    private static final int LENGTH_AT = 8;
    private static final int HEAD_BYTES = 12;
    private static final int MAGIC_AT = 16;

    private final World world;
    private final FaultCount faults;
    private final Ghosts ghosts;
    private final RandomGenerator random;

    Rot(World world, FaultCount faults, Ghosts ghosts) {
        this.world = world;
        this.faults = faults;
        this.ghosts = ghosts;
        random = world.random("rot");
    }

    void strike(SimulatedBroker broker) {
        for (int i = random.nextInt(MOST_IN_SEGMENTS + 1); i > 0; i--) {
            flip(broker, true);
        }
        for (int i = random.nextInt(MOST_ELSEWHERE); i > 0; i--) {
            flip(broker, false);
        }
    }

    private void flip(SimulatedBroker broker, boolean segment) {
        List<String> paths = broker.disk().paths().stream().filter(path -> segment
                ? path.startsWith(Topics.ROTTING) && path.endsWith(".log")
                : MADE_ANEW.stream().anyMatch(path::endsWith)).toList();
        if (paths.isEmpty()) {
            return;
        }
        String path = paths.get(random.nextInt(paths.size()));
        byte[] content = broker.disk().content(path);
        int at = content.length == 0 ? -1 : segment ? inABatch(content) : random.nextInt(content.length);
        if (at < 0) {
            return;
        }
        if (segment) {
            ghosts.damaged(broker, Topics.ROTTING);
        }
        faults.count(segment ? "bit flipped in a segment" : "bit flipped in a file that is made anew");
        world.note(broker.name(), "bit flipped in " + path + " at byte", at);
        broker.disk().flipBit(path, at, random.nextInt(8));
    }

    /// A byte of some whole batch that its checksum, or its form, answers for; -1 when there is none.
    private int inABatch(byte[] segment) {
        ByteBuffer bytes = ByteBuffer.wrap(segment);
        int skip = random.nextInt(10);
        int chosen = -1;
        int size = 0;
        for (int at = 0; at + MAGIC_AT < segment.length && skip-- >= 0; at += size) {
            size = HEAD_BYTES + bytes.getInt(at + LENGTH_AT);
            if (size <= MAGIC_AT || at + size > segment.length) {
                break;
            }
            chosen = at + (random.nextInt(16) == 0
                    ? LENGTH_AT + random.nextInt(HEAD_BYTES - LENGTH_AT)
                    : MAGIC_AT + random.nextInt(size - MAGIC_AT));
        }
        return chosen;
    }
}

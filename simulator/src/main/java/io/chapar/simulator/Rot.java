package io.chapar.simulator;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.random.RandomGenerator;

import static java.util.Objects.requireNonNull;

/// Bits that turn around on the disk of a broker that is down. Where a file can be made anew from others, nothing may
/// be missing because of it; where it cannot, in the segments of one topic, what is gone is gone, but no reader may be
/// given something else. With a damaged metadata log a broker does not start, until somebody has put the file right.
///
/// The base offset and the leader epoch of a batch lie in front of its checksum: in Kafka's format they cannot be told
/// from what they were, and stay. So does the last entry of the metadata log, which cannot be told from one that a
/// crash has torn.
final class Rot {
    private static final String SNAPSHOT = ".snapshot";
    private static final String TXN_INDEX = ".txnindex";
    private static final List<String> MADE_ANEW =
            List.of(".index", ".timeindex", "/offset-checkpoint", "/leader-epoch-checkpoint");
    private static final String METADATA = "metadata.log";
    private static final int MOST_IN_SEGMENTS = 2;
    private static final int MOST_ELSEWHERE = 60;
    private static final int ONE_BY_ONE_SELDOM = 4;
    private static final int ALL_OF_A_KIND_SELDOM = 3;
    private static final int ONE_BIT_OF_BYTES = 100;
    private static final int METADATA_SELDOM = 4;
    private static final int METADATA_HEAD_BYTES = 8;
    private static final int METADATA_ENTRY_HEAD_BYTES = 12;
    private static final int LENGTH_AT = 8;
    private static final int HEAD_BYTES = 12;
    private static final int MAGIC_AT = 16;

    private final World world;
    private final FaultCount faults;
    private final Ghosts ghosts;
    private final RandomGenerator random;
    /// A segment's index of aborted transactions is made anew with the snapshot at its beginning, and snapshots are
    /// with the log: a world strikes the ones or the others, never both.
    private final String theOne;

    Rot(World world, FaultCount faults, Ghosts ghosts) {
        this.world = world;
        this.faults = faults;
        this.ghosts = ghosts;
        random = world.random("rot");
        theOne = random.nextInt(3) == 0 ? TXN_INDEX : SNAPSHOT;
    }

    void strike(SimulatedBroker broker) {
        if (random.nextInt(METADATA_SELDOM) == 0) {
            flipInMetadata(broker);
        }
        for (int i = random.nextInt(MOST_IN_SEGMENTS + 1); i > 0; i--) {
            flip(broker, true);
        }
        if (random.nextInt(ONE_BY_ONE_SELDOM) != 0) {
            flipAll(broker, theOne);
        }
        if (random.nextInt(ALL_OF_A_KIND_SELDOM) == 0) {
            flipAll(broker, MADE_ANEW.get(random.nextInt(MADE_ANEW.size())));
            return;
        }
        for (int i = random.nextInt(MOST_ELSEWHERE); i > 0; i--) {
            flip(broker, false);
        }
    }

    /// Of producers whose batches are deleted, snapshots alone tell.
    private boolean isMadeAnew(String path) {
        boolean only = theOne.equals(SNAPSHOT) && path.startsWith(Topics.SHORT + "-");
        return (path.endsWith(theOne) && !only) || MADE_ANEW.stream().anyMatch(path::endsWith);
    }

    /// In every file of one kind, the more bits the larger it is, so that none is left that helps to do without the
    /// others.
    private void flipAll(SimulatedBroker broker, String kind) {
        for (String path : broker.disk().paths()) {
            int bytes = path.endsWith(kind) && isMadeAnew(path) ? content(broker, path).length : 0;
            for (int left = bytes; left > 0; left -= ONE_BIT_OF_BYTES) {
                flip(broker, path, random.nextInt(bytes), "bit flipped in a file that is made anew");
            }
        }
    }

    private void flip(SimulatedBroker broker, String path, int at, String kind) {
        faults.count(kind);
        world.note(broker.name(), "bit flipped in " + path + " at byte", at);
        broker.disk().flipBit(path, at, random.nextInt(8));
    }

    private static byte[] content(SimulatedBroker broker, String path) {
        return requireNonNull(broker.disk().content(path), "the file is there");
    }

    /// In front of the last entry.
    private void flipInMetadata(SimulatedBroker broker) {
        if (broker.cluster().metadata() != null) {
            // The log of the cluster lies elsewhere.
            return;
        }
        byte[] content = content(broker, METADATA);
        ByteBuffer bytes = ByteBuffer.wrap(content);
        int last = METADATA_HEAD_BYTES;
        for (int next = last; next < content.length; next += METADATA_ENTRY_HEAD_BYTES + bytes.getInt(next + 4)) {
            last = next;
        }
        if (last > METADATA_HEAD_BYTES) {
            int at = random.nextInt(last);
            int bit = random.nextInt(8);
            faults.count("bit flipped in the metadata log");
            world.note(broker.name(), "bit flipped in " + METADATA + " at byte", at);
            broker.disk().flipBit(METADATA, at, bit);
            broker.metadataIsDamaged(() -> broker.disk().flipBit(METADATA, at, bit));
        }
    }

    private void flip(SimulatedBroker broker, boolean segment) {
        List<String> paths = broker.disk().paths().stream().filter(path -> segment
                ? path.startsWith(Topics.ROTTING) && path.endsWith(".log")
                : isMadeAnew(path)).toList();
        if (paths.isEmpty()) {
            return;
        }
        String path = paths.get(random.nextInt(paths.size()));
        byte[] content = content(broker, path);
        int at = content.length == 0 ? -1 : segment ? inABatch(content) : random.nextInt(content.length);
        if (at < 0) {
            return;
        }
        if (segment) {
            ghosts.damaged(broker, Topics.ROTTING);
        }
        flip(broker, path, at, segment ? "bit flipped in a segment" : "bit flipped in a file that is made anew");
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

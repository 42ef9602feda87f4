package io.chapar.simulator;

import io.chapar.broker.partition.Partition;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.message.Response;
import org.jspecify.annotations.Nullable;

import java.util.List;

import static java.util.Objects.requireNonNull;

/// Something that must always hold. A subclass looks where it can see a breach, and is named after what it promises.
abstract class Promise {
    private final String text;
    /// Null until it joins.
    private @Nullable Ghosts ghosts;

    Promise(String text) {
        this.text = text;
    }

    final void join(Ghosts all) {
        ghosts = all;
    }

    final Ghosts ghosts() {
        return requireNonNull(ghosts, "joined before anything happens");
    }

    final String text() {
        return text;
    }

    final void breach(String how) {
        ghosts().world().broken(text, how);
    }

    /// A batch stands in the log; the ghost has not taken it in yet.
    void appended(GhostLog log, SeenBatch batch) {}

    /// The ghost has taken it in.
    void folded(GhostLog log, SeenBatch batch) {}

    /// What the log holds now, from its beginning: where it is compacted, less than was appended.
    void readWhole(GhostLog log, List<SeenBatch> batches) {}

    /// Something about the partition has changed, and all its batches are taken in.
    void moved(GhostLog log, Partition partition) {}

    /// The log is about to begin there; what was appended has been taken in.
    ///
    /// @param opened the partition has just been opened: nobody saw how it came to begin there
    void startMoves(GhostLog log, Partition partition, long to, boolean opened) {}

    /// Somebody leads the partition in a new epoch.
    void ledAnew(GhostLog log) {}

    /// After a task of a broker, when everything that it appended has been taken in.
    void stepped(SimulatedBroker broker) {}

    void asked(SimulatedBroker broker, ServerConnection.Exchange exchange) {}

    /// The answer as the client will read it. What the same task appended has been taken in.
    void answered(SimulatedBroker broker, ServerConnection.Exchange exchange, Response response) {}

    /// The ghost of the log begins anew: what was lost is lost.
    void startedOver(GhostLog log) {}

    void stopped(SimulatedBroker broker) {}

    /// The disk has taken the partition offline: whoever coordinated over it does no more.
    void wentOffline(SimulatedBroker broker, TopicPartition partition) {}
}

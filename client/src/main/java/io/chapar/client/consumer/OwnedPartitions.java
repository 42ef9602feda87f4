package io.chapar.client.consumer;

import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;

import java.util.Collection;
import java.util.SortedSet;
import java.util.TreeSet;

/// The partitions that a member owns, and the listener's part in every change of them. On the loop only.
///
/// - New ones are held when they are announced, and read once the listener has heard of them.
/// - What goes is dropped once the listener has heard that it goes, or that it is lost.
/// - One event is told at a time; until it is acknowledged, nothing else changes but that everything may be lost.
/// - What is lost is told before anything else comes or goes: others may read it already.
final class OwnedPartitions {
    /// What becomes of the partitions themselves.
    interface Reading {
        /// New ones, not to be read before [#release].
        void hold(Collection<TopicPartition> added);

        void release(Collection<TopicPartition> added);

        void drop(Collection<TopicPartition> gone);
    }

    private final Reading partitions;
    private final Runnable told;
    private final TreeSet<TopicPartition> owned = new TreeSet<>();
    private boolean lost;
    private @Nullable GroupEvent event;
    private @Nullable Runnable afterEvent;

    /// `told` runs when there is an event to take.
    OwnedPartitions(Reading partitions, Runnable told) {
        this.partitions = partitions;
        this.told = told;
    }

    SortedSet<TopicPartition> all() {
        return new TreeSet<>(owned);
    }

    /// What the listener has to hear now, or null.
    @Nullable GroupEvent event() {
        return event;
    }

    /// The listener has heard it. False when this is not what it had to hear.
    boolean acknowledge(GroupEvent heard) {
        if (!heard.equals(event)) {
            return false;
        }
        Runnable then = afterEvent;
        event = null;
        afterEvent = null;
        if (then != null) {
            then.run();
        }
        return true;
    }

    /// Others may read what is owned here.
    void lose() {
        lost = !owned.isEmpty();
    }

    boolean isLost() {
        return lost;
    }

    /// Whether the listener has something to hear before the member may join again: what is lost goes, and what is not
    /// of the topics that it keeps meanwhile.
    boolean mustTellBeforeJoining(SortedSet<String> kept) {
        if (lost && !owned.isEmpty()) {
            raise(new GroupEvent.Lost(owned), () -> giveUp(all()));
            return true;
        }
        lost = false;
        TreeSet<TopicPartition> revoked = new TreeSet<>(owned);
        revoked.removeIf(partition -> kept.contains(partition.topic()));
        if (revoked.isEmpty()) {
            return false;
        }
        raise(new GroupEvent.Revoked(revoked), () -> giveUp(revoked));
        return true;
    }

    /// Whether nothing goes when these are all that is assigned.
    boolean areKeptBy(SortedSet<TopicPartition> assigned) {
        return assigned.containsAll(owned);
    }

    /// First what goes, then what comes.
    void install(SortedSet<TopicPartition> assigned) {
        TreeSet<TopicPartition> revoked = new TreeSet<>(owned);
        revoked.removeAll(assigned);
        TreeSet<TopicPartition> added = new TreeSet<>(assigned);
        added.removeAll(owned);
        if (revoked.isEmpty()) {
            announce(added);
            return;
        }
        raise(new GroupEvent.Revoked(revoked), () -> {
            giveUp(revoked);
            if (!lost) {
                announce(added);
            }
        });
    }

    private void announce(SortedSet<TopicPartition> added) {
        owned.addAll(added);
        partitions.hold(added);
        raise(new GroupEvent.Assigned(added), () -> partitions.release(added));
    }

    /// What the listener must hear before the member leaves, or null. Nothing else is told from here on.
    @Nullable GroupEvent farewell() {
        if (owned.isEmpty()) {
            return null;
        }
        return lost ? new GroupEvent.Lost(owned) : new GroupEvent.Revoked(owned);
    }

    /// All go, and the listener hears no more of them.
    void clear() {
        partitions.drop(all());
        owned.clear();
        event = null;
        afterEvent = null;
        lost = false;
    }

    private void giveUp(SortedSet<TopicPartition> gone) {
        owned.removeAll(gone);
        partitions.drop(gone);
    }

    private void raise(GroupEvent what, Runnable then) {
        event = what;
        afterEvent = then;
        told.run();
    }
}

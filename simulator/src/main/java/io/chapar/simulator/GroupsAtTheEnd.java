package io.chapar.simulator;

import org.jspecify.annotations.Nullable;

import java.util.List;
import java.util.Objects;

/// Whether groups have read and committed all that there is, once nobody writes any more.
final class GroupsAtTheEnd {
    private final Readings readings;
    private final Ghosts ghosts;
    private final CommittedOffsetsFollowTheLog offsets;

    GroupsAtTheEnd(Readings readings, Ghosts ghosts, CommittedOffsetsFollowTheLog offsets) {
        this.readings = readings;
        this.ghosts = ghosts;
        this.offsets = offsets;
    }

    /// What no member of its group was given; null when there is nothing.
    @Nullable String unread() {
        for (Readings.Group group : readings.all()) {
            for (GhostLog log : ghosts.all()) {
                boolean read = log.cluster() == group.cluster()
                        && List.of("t0", "t1").contains(log.id().topic());
                String missed = read ? Readings.missed(group, log, 0, log.end()) : null;
                if (missed != null) {
                    return missed;
                }
            }
        }
        return null;
    }

    /// What a group was given and has not committed; null when there is nothing.
    @Nullable String uncommitted() {
        for (Readings.Group group : readings.all()) {
            for (GhostLog log : ghosts.all()) {
                boolean read = log.cluster() == group.cluster()
                        && List.of("t0", "t1").contains(log.id().topic());
                long committed = read ? offsets.committed(group.cluster(), group.id(), log.id()) : Long.MAX_VALUE;
                if (committed <= log.lastShown(group.committedOnly()) && log.lastShown(group.committedOnly()) >= 0) {
                    return group.id() + " committed " + committed + " of " + log.name() + ", which goes on to "
                            + log.lastShown(group.committedOnly());
                }
            }
        }
        return null;
    }

    String whatIsUncommitted() {
        return Objects.requireNonNullElse(uncommitted(), "all is committed");
    }
}

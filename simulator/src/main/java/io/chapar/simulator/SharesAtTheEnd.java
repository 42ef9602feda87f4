package io.chapar.simulator;

import org.jspecify.annotations.Nullable;

import java.util.List;
import java.util.Objects;

/// Whether a share group has come to the end of all that there is, once nobody writes any more.
final class SharesAtTheEnd {
    private final ModernGroup group;
    private final SharesFollowTheRules shares;
    private final Ghosts ghosts;
    private final SimulatedCluster cluster;

    SharesAtTheEnd(ModernGroup group, SharesFollowTheRules shares, Ghosts ghosts, SimulatedCluster cluster) {
        this.group = group;
        this.shares = shares;
        this.ghosts = ghosts;
        this.cluster = cluster;
    }

    /// What is left; null when there is nothing.
    @Nullable String any() {
        if (group.kind() != ModernGroup.Kind.SHARE || ghosts.isLossy()) {
            return null;
        }
        for (GhostLog log : ghosts.all()) {
            boolean read = log.cluster() == cluster && List.of("t0", "t1").contains(log.id().topic());
            if (read && shares.start(log) <= log.lastShown(group.committedOnly())) {
                return log.name() + " goes on to " + log.lastShown(group.committedOnly()) + ", and the group begins at "
                        + shares.start(log);
            }
        }
        return null;
    }

    String inWords() {
        return Objects.requireNonNullElse(any(), "all is read");
    }
}

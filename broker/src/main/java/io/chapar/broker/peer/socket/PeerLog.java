package io.chapar.broker.peer.socket;

import io.chapar.broker.budget.LogBudget;
import io.chapar.broker.budget.RarerLines;
import io.chapar.broker.peer.Greeting;
import io.chapar.broker.peer.LinkRefusal;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

import static java.util.Objects.requireNonNull;

/// Says what becomes of links, at most a line of each kind a second, and what is refused again and again ever more
/// seldom: neither strangers nor a wrong secret fill the log. From any loop.
final class PeerLog {
    private static final Logger LOG = LoggerFactory.getLogger(PeerLog.class);

    /// By why: whoever dials has not proven who it is.
    private final Map<LinkRefusal, RarerLines> refused = new EnumMap<>(LinkRefusal.class);
    /// By the broker that was dialled: at most as many as the cluster ever had.
    private final ConcurrentMap<Integer, RarerLines> notTaken = new ConcurrentHashMap<>();
    private final LogBudget ended = new LogBudget(1);

    PeerLog() {
        for (LinkRefusal why : LinkRefusal.values()) {
            refused.put(why, new RarerLines());
        }
    }

    /// A link that was dialled here.
    ///
    /// @param other null where it never proved who it is
    void ended(String host, @Nullable Greeting other, String why, @Nullable LinkRefusal refusal, long nowMs) {
        if (refusal != null) {
            String end = requireNonNull(refused.get(refusal), "all have one").line(nowMs);
            if (end != null) {
                LOG.atLevel(refusal.passes() ? Level.INFO : Level.WARN)
                        .log("Refused a link from {}: {}{}", host, why, end);
            }
        } else if (other != null) {
            String end = ended.line(nowMs);
            if (end != null) {
                LOG.info("The link from broker {} at {} ended: {}{}", other.node(), host, why, end);
            }
        }
    }

    /// A link that was dialled from here, and is not to be before somebody changes something, or soon.
    void refused(int node, LinkRefusal refusal, long nowMs) {
        String end = notTaken.computeIfAbsent(node, _ -> new RarerLines()).line(nowMs);
        if (end != null) {
            LOG.atLevel(refusal.passes() ? Level.INFO : Level.WARN)
                    .log("Broker {} and this broker do not link: {}{}", node, refusal.why(), end);
        }
    }

    /// A link that was dialled from here has come about.
    void linked(int node) {
        RarerLines before = notTaken.get(node);
        if (before != null) {
            before.over();
        }
    }

    /// A link that was dialled from here.
    void unlinked(int node, String why, long nowMs) {
        String end = ended.line(nowMs);
        if (end != null) {
            LOG.info("The link to broker {} ended: {}{}", node, why, end);
        }
    }
}

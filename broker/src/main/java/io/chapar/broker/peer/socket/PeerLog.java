package io.chapar.broker.peer.socket;

import io.chapar.broker.budget.LogBudget;
import io.chapar.broker.peer.Greeting;
import io.chapar.broker.peer.LinkRefusal;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/// Says what becomes of links, at most a line of each kind a second: strangers do not fill the log. From any loop.
final class PeerLog {
    private static final Logger LOG = LoggerFactory.getLogger(PeerLog.class);

    private final LogBudget refused = new LogBudget(1);
    private final LogBudget notTaken = new LogBudget(1);
    private final LogBudget ended = new LogBudget(1);

    /// A link that was dialled here.
    ///
    /// @param other null where it never proved who it is
    void ended(String host, @Nullable Greeting other, String why, @Nullable LinkRefusal refusal, long nowMs) {
        if (refusal != null) {
            String end = refused.line(nowMs);
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
        String end = notTaken.line(nowMs);
        if (end != null) {
            LOG.atLevel(refusal.passes() ? Level.INFO : Level.WARN)
                    .log("Broker {} and this broker do not link: {}{}", node, refusal.why(), end);
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

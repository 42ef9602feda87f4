package io.chapar.broker.liveness;

import io.chapar.broker.metadata.BrokerImage;
import io.chapar.broker.metadata.ClusterImage;
import io.chapar.broker.metadata.MetadataCommand;
import io.chapar.broker.metadata.MetadataCommand.FenceBroker;
import io.chapar.broker.metadata.MetadataCommand.UnfenceBroker;
import io.chapar.broker.metadata.PartitionImage;
import io.chapar.broker.runtime.Beat;
import io.chapar.protocol.ErrorCode;
import org.jspecify.annotations.Nullable;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.LongSupplier;

/// Which brokers are in session with the controller: its soft state, which is never written down. A new controller
/// begins with [#elected], and what it orders are commands like any other: a wrong fence costs an election, and the
/// broker is back by its next heartbeat.
///
/// ```
/// silent ----no heartbeat for a session-------+
/// doubted ---no heartbeat for [#DOUBTED_MS]---+
/// refuses ---the controller's own attempt-----+--> FenceBroker --> fenced --heartbeat: caught up--> UnfenceBroker
/// wishes it --in its heartbeats---------------+                      |
///                                                                    +--fenced often lately: when it has been steady,
///                                                                       a little while another is missing, at once
///                                                                       where nobody else may lead
/// ```
/// What is known about a broker is about one life of it, named by its epoch; words about another life are dropped. What
/// is ordered follows from what is known and what the image shows, so that an order that was lost is given again; of a
/// broker one is under way at most, and after one that did not succeed there is a pause.
///
/// Owned by the controller's loop. Times are that loop's, in milliseconds.
final class LivenessCore {
    /// Between two looks at who has gone, at the most: there is one as soon as a session ends. So a controller that
    /// stood still finds out before it judges.
    static final long LOOK_MS = 500;
    /// A controller's own look that comes so late says that the controller stood still, not the brokers.
    static final long OWN_PAUSE_MS = 300;
    /// Where others say that no process is there, one heartbeat that is missing is enough.
    static final long DOUBTED_MS = 700;
    /// From the end of an order that did not succeed to the next one.
    static final long PAUSE_MS = 200;
    static final int FLAPS = 3;
    static final long FLAP_WINDOW_MS = 300_000;
    static final long STEADY_MS = 60_000;
    /// While another is missing as well.
    static final long STEADY_IF_MISSED_MS = 3_000;
    private static final long NONE = 0;

    /// To be put into the log; [#ended] has to be told how that ended.
    ///
    /// @param why for whoever reads the broker's log, as the end of a sentence about it
    record Order(long id, MetadataCommand<ErrorCode> command, String why) {}

    /// @param version of the image that the broker has
    /// @param isReady whether its logs are open
    /// @param wantsFence whether it does not want to lead, nor be in sync with anybody
    record Report(int node, long epoch, long version, boolean isReady, boolean wantsFence) {}

    private static final class Session {
        private final long epoch;
        private long until;
        /// Null while this controller has not heard of it.
        private @Nullable Long heardMs;
        private boolean refuses;
        private boolean wantsFence;
        /// Null while it does not report, or is not ready.
        private @Nullable Long steadySinceMs;
        private long order = NONE;
        private long restsUntil = Long.MIN_VALUE;
        private boolean isFenceCounted;
        /// When it was fenced against its will, for as long as that counts; at most [#FLAPS].
        private final ArrayDeque<Long> fences = new ArrayDeque<>();

        Session(long epoch, long until) {
            this.epoch = epoch;
            this.until = until;
        }

        boolean isGone(long nowMs) {
            return refuses || until <= nowMs;
        }

        /// When something may have to be ordered that no report brings about.
        long nextMs(long nowMs) {
            return until > nowMs ? until : restsUntil > nowMs ? restsUntil : Long.MAX_VALUE;
        }

        /// @param steadyMs for how long who has come and gone is to be steady
        boolean isTrusted(LongSupplier steadyMs, long nowMs) {
            while (!fences.isEmpty() && nowMs - fences.peek() > FLAP_WINDOW_MS) {
                fences.poll();
            }
            return steadySinceMs != null
                    && (fences.size() < FLAPS || nowMs - steadySinceMs >= steadyMs.getAsLong());
        }

        void countFence(long nowMs) {
            if (!isFenceCounted) {
                isFenceCounted = true;
                fences.add(nowMs);
                if (fences.size() > FLAPS) {
                    fences.poll();
                }
            }
        }
    }

    private final long sessionMs;
    /// At most one for each broker in the image.
    private final Map<Integer, Session> sessions = new TreeMap<>();
    private long dueMs = Long.MAX_VALUE;
    private long lookedMs;
    private long lastOrder = NONE;

    /// @param sessionMs how long a broker may be silent
    LivenessCore(long sessionMs) {
        this.sessionMs = sessionMs;
    }

    /// This broker has just become the controller: everybody is given a whole session, since it may have reported to
    /// the one before until now.
    void elected(ClusterImage image, long nowMs) {
        sessions.clear();
        welcome(image, nowMs);
        looked(nowMs);
    }

    /// A life that the image shows for the first time is in session: it has just registered.
    void welcome(ClusterImage image, long nowMs) {
        for (BrokerImage broker : image.brokers().values()) {
            Session session = sessions.get(broker.id());
            if (session == null || session.epoch != broker.epoch()) {
                sessions.put(broker.id(), new Session(broker.epoch(), nowMs + sessionMs));
            }
        }
    }

    /// A broker reports. What is to be ordered now follows.
    List<Order> heartbeat(Report report, ClusterImage image, long nowMs) {
        BrokerImage known = image.brokers().get(report.node());
        if (known == null || known.epoch() != report.epoch()) {
            return List.of();
        }
        Session session = sessions.get(report.node());
        if (session == null || session.epoch != report.epoch()) {
            session = new Session(report.epoch(), nowMs + sessionMs);
            sessions.put(report.node(), session);
        }
        if (session.isGone(nowMs)) {
            session.steadySinceMs = null;
        }
        session.until = nowMs + sessionMs;
        session.heardMs = nowMs;
        session.refuses = false;
        session.wantsFence = report.wantsFence();
        if (!report.isReady() || report.wantsFence() || report.version() < known.epoch()) {
            session.steadySinceMs = null;
        } else if (session.steadySinceMs == null) {
            session.steadySinceMs = nowMs;
        }
        return orders(report.node(), session, image, nowMs);
    }

    /// The controller's own attempts to reach this address were refused: no process is there.
    List<Order> refused(int node, long epoch, ClusterImage image, long nowMs) {
        Session session = sessions.get(node);
        if (session == null || session.epoch != epoch) {
            return List.of();
        }
        session.refuses = true;
        return orders(node, session, image, nowMs);
    }

    /// Another broker says that this one is gone, which it cannot prove.
    List<Order> doubted(int node, long epoch, ClusterImage image, long nowMs) {
        Session session = sessions.get(node);
        if (session == null || session.epoch != epoch) {
            return List.of();
        }
        long since = session.heardMs == null ? nowMs : session.heardMs;
        session.until = Math.min(session.until, since + DOUBTED_MS);
        dueMs = Math.min(dueMs, Math.max(nowMs, session.until));
        return orders(node, session, image, nowMs);
    }

    /// Whether a fence of that life is on its way by order of this controller.
    boolean isOrdered(int node, long epoch) {
        Session session = sessions.get(node);
        return session != null && session.epoch == epoch && session.order != NONE;
    }

    /// @param hasSucceeded whether it is committed, and the image shows it
    void ended(long order, boolean hasSucceeded, long nowMs) {
        for (Session session : sessions.values()) {
            if (session.order == order) {
                session.order = NONE;
                session.restsUntil = hasSucceeded ? nowMs : nowMs + PAUSE_MS;
                dueMs = Math.min(dueMs, session.restsUntil);
            }
        }
    }

    /// How long no other life may begin in the place of this one; 0 when it may now.
    long inSessionForMs(int node, long epoch, long nowMs) {
        Session session = sessions.get(node);
        return session == null || session.epoch != epoch || session.isGone(nowMs) ? 0 : session.until - nowMs;
    }

    /// Looks who has gone. To be called when [#nextMs] has come. Whoever finds that it stood still itself gives
    /// everybody as much more time before it judges.
    List<Order> tick(ClusterImage image, long nowMs) {
        if (nowMs - dueMs > OWN_PAUSE_MS) {
            long pausedMs = nowMs - lookedMs;
            sessions.values().forEach(session -> session.until += pausedMs);
        }
        welcome(image, nowMs);
        sessions.keySet().retainAll(image.brokers().keySet());
        List<Order> orders = new ArrayList<>();
        sessions.forEach((node, session) -> {
            if (session.isGone(nowMs)) {
                session.steadySinceMs = null;
            }
            orders.addAll(orders(node, session, image, nowMs));
        });
        looked(nowMs);
        return orders;
    }

    private void looked(long nowMs) {
        lookedMs = nowMs;
        dueMs = Beat.before(nowMs + LOOK_MS, nowMs);
        for (Session session : sessions.values()) {
            dueMs = Math.min(dueMs, session.nextMs(nowMs));
        }
    }

    /// When [#tick] is due; [Long#MAX_VALUE] before [#elected]. May be earlier after each call.
    long nextMs() {
        return dueMs;
    }

    private List<Order> orders(int node, Session session, ClusterImage image, long nowMs) {
        BrokerImage known = image.brokers().get(node);
        if (known == null || known.epoch() != session.epoch || session.order != NONE || nowMs < session.restsUntil) {
            return List.of();
        }
        if (known.isActive() && (session.wantsFence || session.isGone(nowMs))) {
            if (!session.wantsFence) {
                session.countFence(nowMs);
            }
            session.order = ++lastOrder;
            return List.of(new Order(lastOrder, new FenceBroker(node, session.epoch), why(session, nowMs)));
        }
        if (!known.isActive() && !session.isGone(nowMs) && session.isTrusted(() -> steadyMs(node, image), nowMs)) {
            session.isFenceCounted = false;
            session.order = ++lastOrder;
            return List.of(new Order(lastOrder, new UnfenceBroker(node, session.epoch), "it reports and is ready"));
        }
        return List.of();
    }

    /// Of one that comes and goes. Where nothing else can lead, leaders that come and go are better than none; while
    /// another is missing as well, too few may be in sync.
    private static long steadyMs(int node, ClusterImage image) {
        if (image.topics().values().stream().anyMatch(topic ->
                topic.all().stream().anyMatch(partition -> isOfflineWithout(node, partition)))) {
            return 0;
        }
        return image.brokers().values().stream().anyMatch(other -> other.id() != node && !other.isActive())
                ? STEADY_IF_MISSED_MS : STEADY_MS;
    }

    private static boolean isOfflineWithout(int node, PartitionImage partition) {
        return partition.leader() == PartitionImage.NO_LEADER && (partition.isr().contains(node)
                || partition.elr().contains(node) || partition.lastLeader() == node);
    }

    private static String why(Session session, long nowMs) {
        if (session.wantsFence) {
            return "it asked for it";
        }
        if (session.refuses) {
            return "no process is at its address";
        }
        return session.heardMs == null ? "it does not report to the present controller"
                : "it has not reported for " + (nowMs - session.heardMs) + " ms";
    }
}

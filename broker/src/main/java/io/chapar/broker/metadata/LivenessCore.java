package io.chapar.broker.metadata;

import io.chapar.broker.metadata.MetadataCommand.FenceBroker;
import io.chapar.broker.metadata.MetadataCommand.UnfenceBroker;
import org.jspecify.annotations.Nullable;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

import static java.util.Objects.requireNonNull;

/// Which brokers are in session with the controller: its soft state, which is never written down. A new controller
/// begins with [#elected], and what it decides are commands like any other: a wrong fence costs an election, and the
/// broker is back by its next heartbeat.
///
/// ```
/// silent ----no heartbeat for a session---+
/// suspected --its address refuses twice---+--> FenceBroker --> fenced --heartbeat: caught up--> UnfenceBroker
///                                                                |
///                                                                +--fenced often lately: when it has been steady
/// ```
/// What is known about a broker is about one life of it, named by its epoch; words about an earlier life are dropped.
///
/// Owned by the controller's loop. Times are that loop's, in milliseconds.
final class LivenessCore {
    /// A controller's own timer that comes so late says that the controller stood still, not the brokers.
    static final long OWN_PAUSE_MS = 300;
    static final int FLAPS = 3;
    static final long FLAP_WINDOW_MS = 300_000;
    static final long STEADY_MS = 60_000;

    private static final class Session {
        private final long epoch;
        private long until;
        private boolean refuses;
        /// Null while it does not report, or is not ready.
        private @Nullable Long steadySinceMs;

        Session(long epoch, long until) {
            this.epoch = epoch;
            this.until = until;
        }
    }

    private final long sessionMs;
    private final Map<Integer, Session> sessions = new TreeMap<>();
    /// When each was fenced lately, for as long as that counts.
    private final Map<Integer, ArrayDeque<Long>> fences = new TreeMap<>();
    private long dueMs;

    /// @param sessionMs how long a broker may be silent
    LivenessCore(long sessionMs) {
        this.sessionMs = sessionMs;
    }

    /// This broker has just become the controller: whoever is active is given a whole session, since it may have
    /// reported to the one before until now.
    void elected(ClusterImage image, long nowMs) {
        sessions.clear();
        fences.clear();
        image.brokers().values().stream().filter(BrokerImage::isActive)
                .forEach(broker -> sessions.put(broker.id(), new Session(broker.epoch(), nowMs + sessionMs)));
        dueMs = nextMs();
    }

    /// A broker reports. What is to be decided now follows.
    ///
    /// @param version of the image that it has
    /// @param isReady whether its logs are open
    List<MetadataCommand<?>> heartbeat(
            int node, long epoch, long version, boolean isReady, ClusterImage image, long nowMs) {
        BrokerImage known = image.brokers().get(node);
        if (known == null || known.epoch() != epoch) {
            return List.of();
        }
        Session session = sessions.get(node);
        if (session == null || session.epoch != epoch) {
            session = new Session(epoch, nowMs + sessionMs);
            sessions.put(node, session);
            dueMs = Math.min(dueMs, session.until);
        }
        session.until = nowMs + sessionMs;
        session.refuses = false;
        if (!isReady || version < known.epoch()) {
            session.steadySinceMs = null;
            return List.of();
        }
        if (session.steadySinceMs == null) {
            session.steadySinceMs = nowMs;
        }
        boolean trusted = !flaps(node, nowMs) || nowMs - session.steadySinceMs >= STEADY_MS;
        return known.isActive() || !trusted ? List.of() : List.of(new UnfenceBroker(node, epoch));
    }

    /// The controller's own attempt to reach this address was refused: no process is there.
    void refused(int node, long epoch) {
        Session session = sessions.get(node);
        if (session != null && session.epoch == epoch) {
            session.refuses = true;
        }
    }

    /// How long another life of this id may not begin; 0 when it may now.
    long inSessionForMs(int node, long nowMs) {
        Session session = sessions.get(node);
        return session == null || session.refuses ? 0 : Math.max(0, session.until - nowMs);
    }

    /// Looks who has gone. To be called again when [#nextMs] has come. Whoever finds that it stood still itself gives
    /// everybody a whole session before it judges.
    List<MetadataCommand<?>> tick(ClusterImage image, long nowMs) {
        if (nowMs - dueMs > OWN_PAUSE_MS) {
            sessions.values().forEach(session -> session.until = nowMs + sessionMs);
        }
        List<MetadataCommand<?>> gone = new ArrayList<>();
        for (int node : List.copyOf(sessions.keySet())) {
            Session session = requireNonNull(sessions.get(node), "a key of the map");
            if (session.refuses || session.until <= nowMs) {
                sessions.remove(node);
                BrokerImage known = image.brokers().get(node);
                if (known != null && known.epoch() == session.epoch && known.isActive()) {
                    fences.computeIfAbsent(node, _ -> new ArrayDeque<>()).add(nowMs);
                    gone.add(new FenceBroker(node, session.epoch));
                }
            }
        }
        dueMs = nextMs();
        return gone;
    }

    /// When somebody may have been silent for too long; [Long#MAX_VALUE] while nobody is in session.
    long nextMs() {
        return sessions.values().stream().mapToLong(session -> session.until).min().orElse(Long.MAX_VALUE);
    }

    private boolean flaps(int node, long nowMs) {
        ArrayDeque<Long> lately = fences.getOrDefault(node, new ArrayDeque<>());
        while (!lately.isEmpty() && nowMs - lately.peek() > FLAP_WINDOW_MS) {
            lately.poll();
        }
        return lately.size() >= FLAPS;
    }
}

package io.chapar.broker.liveness;

import io.chapar.broker.metadata.BrokerImage;
import io.chapar.broker.metadata.ClusterImage;
import io.chapar.broker.metadata.MetadataLog;
import io.chapar.broker.metadata.quorum.QuorumRole;
import io.chapar.broker.peer.Peers;
import io.chapar.broker.peer.Peers.Answered;
import io.chapar.broker.runtime.Beat;
import io.chapar.broker.runtime.Loop;
import io.chapar.broker.runtime.WakeUp;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.BrokerHeartbeatRequest;
import io.chapar.protocol.message.BrokerHeartbeatResponse;

import java.util.List;
import java.util.function.Supplier;

/// One life of this broker, as it reports itself to whoever decides: every [Times#intervalMs], on a [Beat], at once
/// where its wish or the controller changes, and after [#PAUSE_MS] where nothing came of it. The controller is told in
/// the same way where that is this broker itself, without a socket.
///
/// ```
/// Starting --ready--> Serving --stopping--> Leaving --the controller lets it go--> told that it may stop
///     | wants to be       | wants to            | wants to shut down
///     | fenced            | be unfenced         |
///     +-------------------+---------------------+--another process has its place--> told that it is replaced; silent
/// ```
/// Owned by the metadata log's loop; whatever does not say otherwise is called there.
public final class Heartbeats {
    /// Of BrokerHeartbeat.
    public static final short VERSION = 1;
    static final long PAUSE_MS = 100;
    static final int MOST_UNDER_WAY = 3;

    /// @param intervalMs from one report to the next
    /// @param sessionMs after which a controller that hears nothing fences this broker
    public record Times(long intervalMs, long sessionMs) {}

    /// What its broker is told, on the loop; each once.
    public interface Events {
        /// This life is over, since another process has this broker's id: it may serve nobody any more.
        ///
        /// @param why as a sentence
        void replaced(String why);

        /// The broker is fenced by its own wish: nobody needs it any more.
        void mayStop();
    }

    private enum Phase { STARTING, SERVING, LEAVING, OVER }

    private final BrokerImage life;
    private final Times times;
    private final Loop loop;
    private final MetadataLog metadata;
    private final Peers peers;
    private final BrokerSessions own;
    private final Supplier<QuorumRole> role;
    private final Events events;
    private Phase phase = Phase.STARTING;
    private boolean isToldToStop;
    private final WakeUp wakeUp;
    private int underWay;
    private long sent;
    private long answered;
    private volatile long heardMs;
    private volatile boolean isFenced = true;

    /// Says nothing yet.
    ///
    /// @param life that has been registered
    /// @param own what answers where this broker decides
    /// @param role who decides, as far as is known; asked on the loop
    public Heartbeats(BrokerImage life, Times times, Loop loop, MetadataLog metadata, Peers peers, BrokerSessions own,
            Supplier<QuorumRole> role, Events events) {
        this.life = life;
        this.times = times;
        this.loop = loop;
        this.metadata = metadata;
        this.peers = peers;
        this.own = own;
        this.role = role;
        this.events = events;
        heardMs = loop.nowMs();
        wakeUp = new WakeUp(loop, this::report);
    }

    // ---- its broker's word

    /// Begins to report. Once.
    public void start() {
        metadata.onChange((_, after, _) -> compare(after));
        compare(metadata.image());
        report();
    }

    /// The logs are open: this broker may lead.
    public void ready() {
        if (phase == Phase.STARTING) {
            phase = Phase.SERVING;
            report();
        }
    }

    /// This broker wants to stop, and is to be fenced before.
    public void stopping() {
        if (phase == Phase.STARTING || phase == Phase.SERVING) {
            phase = Phase.LEAVING;
            report();
        }
    }

    /// Another broker decides, or may.
    public void controllerChanged() {
        report();
    }

    /// Says nothing any more.
    public void close() {
        phase = Phase.OVER;
        wakeUp.cancel();
    }

    // ---- what is known of its session; from any thread

    /// When the latest report left that a controller has answered.
    public long lastHeardMs() {
        return heardMs;
    }

    /// Whether no controller can have ended the session for silence yet, and the latest that answered had this broker
    /// unfenced.
    public boolean isInSession(long nowMs) {
        return !isFenced && nowMs - heardMs < times.sessionMs();
    }

    /// Whether no controller has been heard of for two sessions: others may lead by now what this broker led, and it
    /// does not get to know.
    public boolean isCutOff(long nowMs) {
        return nowMs - heardMs >= 2 * times.sessionMs();
    }

    // ---- reporting

    /// Where this is called again and again, the bound on what is under way holds.
    private void report() {
        if (phase == Phase.OVER) {
            return;
        }
        wakeUp.cancel();
        wakeUp.at(Beat.before(loop.nowMs() + times.intervalMs(), loop.nowMs()));
        if (underWay >= MOST_UNDER_WAY) {
            return;
        }
        long number = ++sent;
        long nowMs = loop.nowMs();
        switch (role.get()) {
            case QuorumRole.NoController _ -> wakeUp.at(nowMs + PAUSE_MS);
            case QuorumRole.Controls _ -> {
                underWay++;
                own.heartbeat(request(), loop, response -> ended(number, nowMs, new Answered(response)));
            }
            case QuorumRole.Follows(int controller) -> {
                underWay++;
                peers.ask(controller, request(), VERSION, loop, nowMs + Math.max(PAUSE_MS, times.sessionMs() / 2),
                        asked -> ended(number, nowMs, asked));
            }
        }
    }

    private BrokerHeartbeatRequest request() {
        return new BrokerHeartbeatRequest(life.id(), life.epoch(), metadata.image().version(),
                phase == Phase.STARTING, phase == Phase.LEAVING, List.of(), null);
    }

    private void ended(long number, long sentMs, Peers.Asked how) {
        underWay--;
        if (phase == Phase.OVER) {
            return;
        }
        ErrorCode error = how instanceof Answered(BrokerHeartbeatResponse response)
                ? ErrorCode.of(response.errorCode()) : ErrorCode.NETWORK_EXCEPTION;
        switch (error) {
            case NONE -> heard(number, sentMs, how);
            case STALE_BROKER_EPOCH, BROKER_ID_NOT_REGISTERED ->
                    replaced("The cluster does not know this life of broker " + life.id() + " any more (" + error
                            + "): another process has registered with its id.");
            default -> wakeUp.at(loop.nowMs() + PAUSE_MS);
        }
    }

    private void heard(long number, long sentMs, Peers.Asked how) {
        if (number < answered || !(how instanceof Answered(BrokerHeartbeatResponse response))) {
            return;
        }
        answered = number;
        heardMs = sentMs;
        isFenced = response.isFenced();
        if (response.shouldShutDown() && phase == Phase.LEAVING && !isToldToStop) {
            isToldToStop = true;
            events.mayStop();
        }
    }

    /// The image may show it earlier than any answer.
    private void compare(ClusterImage image) {
        BrokerImage here = image.brokers().get(life.id());
        if (here != null && here.epoch() > life.epoch()) {
            replaced("Another process has registered as broker " + life.id() + ".");
        }
    }

    private void replaced(String why) {
        if (phase != Phase.OVER) {
            close();
            events.replaced(why);
        }
    }
}

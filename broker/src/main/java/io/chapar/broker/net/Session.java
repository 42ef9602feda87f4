package io.chapar.broker.net;

import io.chapar.broker.config.HostPort;
import io.chapar.broker.request.Software;

/// Who is at the other end of a connection, and what the broker has decided about them.
///
/// @param listener the name of the listener that let the client in
/// @param advertised what clients of that listener are told to dial
/// @param clientHost the address it came from, without port
/// @param principal in whose name it asks
/// @param software what it is made with, as it says
/// @param phase before [Phase#AUTHENTICATED] nothing is served but what leads there
/// @param throttledUntilNs no request begins before, on the clock of the connection's events; [#NOT_THROTTLED]
public record Session(
        String listener,
        HostPort advertised,
        String clientHost,
        String principal,
        Software software,
        Phase phase,
        long throttledUntilNs) {
    public static final String ANONYMOUS = "User:ANONYMOUS";
    static final long NOT_THROTTLED = Long.MIN_VALUE;
    private static final String ONLY_LISTENER = "PLAINTEXT";

    /// How far the client has come with saying who it is.
    public enum Phase { UNAUTHENTICATED, AUTHENTICATED }

    /// Whoever can connect is let in, as nobody in particular.
    public static Session anonymous(HostPort advertised, String clientHost) {
        return new Session(
                ONLY_LISTENER, advertised, clientHost, ANONYMOUS, Software.UNKNOWN, Phase.AUTHENTICATED, NOT_THROTTLED);
    }

    /// Until then, or for as long as it is already.
    Session throttledUntil(long untilNs) {
        boolean isLonger = throttledUntilNs != NOT_THROTTLED && throttledUntilNs - untilNs > 0;
        return new Session(listener, advertised, clientHost, principal, software, phase,
                isLonger ? throttledUntilNs : untilNs);
    }

    Session introduced(Software as) {
        return new Session(listener, advertised, clientHost, principal, as, phase, throttledUntilNs);
    }

    boolean isThrottled(long nowNs) {
        return throttledUntilNs != NOT_THROTTLED && throttledUntilNs - nowNs > 0;
    }
}

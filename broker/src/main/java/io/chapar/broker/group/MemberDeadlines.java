package io.chapar.broker.group;

import io.chapar.broker.group.consumer.Standing.Phase;

import java.util.List;

/// When members of a group are taken for lost: after a session in which they were silent, or when they hold on for too
/// long to what is not theirs any more.
final class MemberDeadlines {
    /// After what could not be written the group is left alone for so long.
    private static final int PAUSE_MS = 1_000;

    private final Expiries sessions = new Expiries();
    private final Expiries revocations = new Expiries();
    private long pausedUntilMs = 0;

    void renewSession(String memberId, long untilMs) {
        sessions.put(memberId, untilMs);
    }

    /// A member that is told to give something up has so long for it, from when it is first told in that epoch.
    ///
    /// @param sameEpoch whether it was in the same epoch before
    void watch(String memberId, Phase before, Phase now, boolean sameEpoch, long untilMs) {
        if (now != Phase.UNREVOKED) {
            revocations.remove(memberId);
        } else if (before != Phase.UNREVOKED || !sameEpoch || !revocations.has(memberId)) {
            revocations.put(memberId, untilMs);
        }
    }

    void forget(String memberId) {
        sessions.remove(memberId);
        revocations.remove(memberId);
    }

    /// Members that are lost. To be removed, or put off by [#putOff].
    List<String> takeLost(long nowMs, int most) {
        List<String> lost = sessions.takeDue(nowMs, most);
        for (String member : revocations.takeDue(nowMs, most - lost.size())) {
            if (!lost.contains(member)) {
                lost.add(member);
            }
        }
        return lost;
    }

    /// They could not be removed, and are to be then.
    void putOff(List<String> lost, long nowMs) {
        pause(nowMs);
        lost.forEach(member -> revocations.put(member, nowMs + PAUSE_MS));
    }

    void pause(long nowMs) {
        pausedUntilMs = nowMs + PAUSE_MS;
    }

    boolean isPaused(long nowMs) {
        return nowMs < pausedUntilMs;
    }

    /// @param workMs when there is other work
    long nextMs(long workMs) {
        return Math.max(pausedUntilMs, Math.min(workMs, Math.min(sessions.nextMs(), revocations.nextMs())));
    }
}

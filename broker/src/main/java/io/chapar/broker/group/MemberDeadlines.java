package io.chapar.broker.group;

import io.chapar.broker.group.consumer.Standing.Phase;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.SequencedSet;

/// When members of a group are taken for lost: after a session in which they were silent, or when they hold on for too
/// long to what is not theirs any more.
final class MemberDeadlines {
    /// After what could not be written the group is left alone for so long.
    private static final int PAUSE_MS = 1_000;

    private final Expiries sessions = new Expiries();
    private final Expiries revocations = new Expiries();
    /// Of members of the classic protocol, those that are to join again, or to ask for their part.
    private final Expiries calls = new Expiries();
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

    /// A member is told to join again, and has so long for it, from when it is first told.
    void call(String memberId, long untilMs) {
        if (!calls.has(memberId)) {
            calls.put(memberId, untilMs);
        }
    }

    /// It has done as it was told.
    void answered(String memberId) {
        calls.remove(memberId);
    }

    void forget(String memberId) {
        sessions.remove(memberId);
        revocations.remove(memberId);
        calls.remove(memberId);
    }

    /// Members that are lost. To be removed, or put off by [#putOff].
    List<String> takeLost(long nowMs, int most) {
        SequencedSet<String> lost = new LinkedHashSet<>(sessions.takeDue(nowMs, most));
        lost.addAll(revocations.takeDue(nowMs, most - lost.size()));
        lost.addAll(calls.takeDue(nowMs, most - lost.size()));
        return new ArrayList<>(lost);
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
        long lostMs = Math.min(sessions.nextMs(), Math.min(revocations.nextMs(), calls.nextMs()));
        return Math.max(pausedUntilMs, Math.min(workMs, lostMs));
    }
}

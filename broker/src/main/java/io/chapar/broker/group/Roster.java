package io.chapar.broker.group;

import io.chapar.broker.group.GroupRecord.StoredMember;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.SequencedMap;
import java.util.TreeMap;

import static java.util.Objects.requireNonNull;

/// The members of a group, in the order in which they came, and what they come to together. The sums are kept with each
/// change, so that what one member asks takes no longer among thousands.
final class Roster {
    private final NavigableMap<Long, Member> inOrder = new TreeMap<>();
    private final Map<String, Long> places = new LinkedHashMap<>();
    private final Map<String, String> memberOfInstance = new LinkedHashMap<>();
    private long cameBefore = 0;

    /// How many members have the protocol.
    private final Map<String, Integer> having = new LinkedHashMap<>();
    /// How many members have the timeout.
    private final NavigableMap<Integer, Integer> rebalanceTimeouts = new TreeMap<>();
    private long bytes = 0;
    private long assignedBytes = 0;
    /// When a member's session is to be looked at. Mostly it was prolonged meanwhile, with every heartbeat.
    private final Expiries sessions = new Expiries();

    // ---- who is in

    int size() {
        return inOrder.size();
    }

    Collection<Member> all() {
        return inOrder.values();
    }

    @Nullable Member first() {
        return inOrder.isEmpty() ? null : inOrder.firstEntry().getValue();
    }

    boolean has(String memberId) {
        return places.containsKey(memberId);
    }

    @Nullable Member find(String memberId) {
        Long place = places.get(memberId);
        return place == null ? null : inOrder.get(place);
    }

    /// Null when nobody is in under this instance.
    @Nullable String memberOf(String instanceId) {
        return memberOfInstance.get(instanceId);
    }

    void add(Member member) {
        put(member, cameBefore++);
    }

    private void put(Member member, long place) {
        places.put(member.id(), place);
        inOrder.put(place, member);
        String instance = member.instanceId();
        if (instance != null) {
            memberOfInstance.put(instance, member.id());
        }
        count(member);
        assignedBytes += member.assignment().remaining();
        watch(member);
    }

    void remove(Member member) {
        inOrder.remove(takeOut(member));
    }

    /// The place that has become free.
    private long takeOut(Member member) {
        long place = requireNonNull(places.remove(member.id()), "who goes was in");
        String instance = member.instanceId();
        if (instance != null) {
            memberOfInstance.remove(instance, member.id());
        }
        discount(member);
        assignedBytes -= member.assignment().remaining();
        sessions.remove(member.id());
        return place;
    }

    /// The new member stands in the old one's place.
    void replace(Member old, Member by) {
        put(by, takeOut(old));
    }

    /// Who is in now, as the log says it: members that are here stay as they are but for their assignment.
    ///
    /// @param protocol under which the others are known
    /// @return whether they are the same members as before
    boolean become(List<StoredMember> stored, @Nullable String protocol) {
        if (isOf(stored)) {
            Iterator<Member> members = all().iterator();
            stored.forEach(one -> assign(members.next(), one.assignment()));
            return true;
        }
        SequencedMap<String, Member> next = new LinkedHashMap<>();
        for (StoredMember one : stored) {
            Member known = find(one.memberId());
            Member member = known != null ? known : Member.of(one, protocol);
            member.assign(one.assignment());
            next.put(member.id(), member);
        }
        clear();
        next.values().forEach(this::add);
        return false;
    }

    private boolean isOf(List<StoredMember> stored) {
        if (stored.size() != size()) {
            return false;
        }
        Iterator<Member> members = all().iterator();
        for (StoredMember one : stored) {
            if (!one.memberId().equals(members.next().id())) {
                return false;
            }
        }
        return true;
    }

    void clear() {
        inOrder.clear();
        places.clear();
        memberOfInstance.clear();
        having.clear();
        rebalanceTimeouts.clear();
        bytes = 0;
        assignedBytes = 0;
        sessions.clear();
    }

    // ---- what changes of a member

    void update(Member member, GroupCommand.Join join) {
        discount(member);
        member.update(join);
        count(member);
    }

    void assign(Member member, ByteBuffer part) {
        assignedBytes += part.remaining() - member.assignment().remaining();
        member.assign(part);
    }

    private void count(Member member) {
        member.names().forEach(name -> having.merge(name, 1, Integer::sum));
        rebalanceTimeouts.merge(member.rebalanceTimeoutMs(), 1, Integer::sum);
        bytes += member.bytes();
    }

    private void discount(Member member) {
        member.names().forEach(name -> having.computeIfPresent(name, (_, many) -> many == 1 ? null : many - 1));
        rebalanceTimeouts.computeIfPresent(member.rebalanceTimeoutMs(), (_, many) -> many == 1 ? null : many - 1);
        bytes -= member.bytes();
    }

    // ---- sessions

    void renew(Member member, long nowMs) {
        member.renewSession(nowMs);
        watch(member);
    }

    void admit(Member member, long nowMs) {
        member.admit(nowMs);
        watch(member);
    }

    private void watch(Member member) {
        if (member.sessionDeadlineMs() < sessions.atMs(member.id())) {
            sessions.put(member.id(), member.sessionDeadlineMs());
        }
    }

    /// Members that were not heard of for as long as they may, the first of them first; no more than so many are looked
    /// at. Who is not removed then is looked at again when another session of it has passed.
    List<Member> takeSilent(long nowMs, int most) {
        List<Member> silent = new ArrayList<>();
        for (String memberId : sessions.takeDue(nowMs, most)) {
            Member member = requireNonNull(find(memberId), "who is watched is in");
            if (member.sessionDeadlineMs() <= nowMs) {
                silent.add(member);
                sessions.put(memberId, nowMs + Math.max(1, member.sessionTimeoutMs()));
            } else {
                sessions.put(memberId, member.sessionDeadlineMs());
            }
        }
        return silent;
    }

    /// Not after the first session ends; Long.MAX_VALUE for never.
    long nextSessionMs() {
        return sessions.nextMs();
    }

    // ---- together

    /// Of what the members say about themselves.
    long bytes() {
        return bytes;
    }

    long assignedBytes() {
        return assignedBytes;
    }

    /// The longest of the members' timeouts, or 0.
    int rebalanceTimeoutMs() {
        return rebalanceTimeouts.isEmpty() ? 0 : Math.max(0, rebalanceTimeouts.lastKey());
    }

    boolean allHave(String protocol) {
        return having.getOrDefault(protocol, 0) == size();
    }

    /// Each member votes for the first of its protocols that all have; the one with the most votes wins, and among
    /// equals the one that was voted for first.
    @Nullable String vote() {
        SequencedMap<String, Integer> votes = new LinkedHashMap<>();
        for (Member member : all()) {
            for (String name : member.names()) {
                if (allHave(name)) {
                    votes.merge(name, 1, Integer::sum);
                    break;
                }
            }
        }
        String winner = null;
        int most = 0;
        for (Map.Entry<String, Integer> entry : votes.entrySet()) {
            if (entry.getValue() > most) {
                winner = entry.getKey();
                most = entry.getValue();
            }
        }
        return winner;
    }
}

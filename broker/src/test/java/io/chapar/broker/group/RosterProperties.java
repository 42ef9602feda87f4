package io.chapar.broker.group;

import io.chapar.broker.group.GroupCommand.Join;
import io.chapar.broker.group.GroupCommand.Protocol;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// What is kept of all members together is what one finds who looks at each of them.
class RosterProperties {
    private static final List<String> NAMES = List.of("range", "sticky", "robin");

    private final List<Member> members = new ArrayList<>();
    private int named = 0;

    @Property(tries = 300, shrinking = ShrinkingMode.OFF)
    void sumsAreThoseOfTheMembers(@ForAll long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        Roster roster = new Roster();
        members.clear();
        long nowMs = 0;
        for (int i = 0; i < 80; i++) {
            nowMs += random.nextInt(2_000);
            step(roster, random, nowMs);
            assertSums(roster, nowMs, seed);
        }
    }

    private void step(Roster roster, SplittableRandom random, long nowMs) {
        int index = members.isEmpty() ? -1 : random.nextInt(members.size());
        switch (index < 0 ? 0 : random.nextInt(9)) {
            case 0, 1 -> {
                Member member = newMember(random);
                member.beginAsNewcomer(nowMs + random.nextInt(20_000));
                roster.add(member);
                members.add(member);
            }
            case 2 -> roster.remove(members.remove(index));
            case 3 -> {
                Member by = newMember(random);
                by.renewSession(nowMs);
                roster.replace(members.set(index, by), by);
            }
            case 4 -> roster.update(members.get(index), join(random));
            case 5 -> roster.assign(members.get(index), ByteBuffer.allocate(random.nextInt(9)));
            case 6 -> roster.renew(members.get(index), nowMs);
            case 7 -> roster.admit(members.get(index), nowMs);
            default -> store(roster, random);
        }
    }

    /// The log says who is in: the same members, or not all of them.
    private void store(Roster roster, SplittableRandom random) {
        if (random.nextBoolean()) {
            members.remove(random.nextInt(members.size()));
        }
        List<GroupRecord.StoredMember> stored = new ArrayList<>();
        members.forEach(one -> stored.add(one.stored("range", ByteBuffer.allocate(random.nextInt(9)))));
        roster.become(stored, "range");
    }

    private Member newMember(SplittableRandom random) {
        return new Member("m" + named++, join(random));
    }

    private static Join join(SplittableRandom random) {
        List<Protocol> protocols = new ArrayList<>();
        for (String name : NAMES) {
            if (random.nextInt(3) > 0) {
                protocols.add(random.nextInt(protocols.size() + 1), new Protocol(name, ByteBuffer.allocate(3)));
            }
        }
        return new Join("g", "", null, "app", "/127.0.0.1", 6_000 + random.nextInt(9_000), random.nextInt(4) * 1_000,
                "consumer", protocols, true, true);
    }

    private void assertSums(Roster roster, long nowMs, long seed) {
        assertEquals(members, List.copyOf(roster.all()), () -> "seed " + seed);
        assertEquals(members.stream().mapToLong(Member::bytes).sum(), roster.bytes());
        assertEquals(members.stream().mapToLong(one -> one.assignment().remaining()).sum(), roster.assignedBytes());
        assertEquals(members.stream().mapToInt(Member::rebalanceTimeoutMs).max().orElse(0),
                roster.rebalanceTimeoutMs());
        for (String name : NAMES) {
            assertEquals(members.stream().allMatch(one -> one.supports(name)), roster.allHave(name));
        }
        assertEquals(votes(), roster.vote());
        for (Member member : members) {
            assertEquals(member, roster.find(member.id()));
        }
        long soonest = members.stream().mapToLong(Member::sessionDeadlineMs).min().orElse(Long.MAX_VALUE);
        assertTrue(roster.nextSessionMs() <= soonest, () -> "seed " + seed);
        List<Member> silent = roster.takeSilent(nowMs, Integer.MAX_VALUE);
        silent.forEach(one -> assertTrue(one.sessionDeadlineMs() <= nowMs));
        silent.forEach(roster::remove);
        members.removeAll(silent);
        assertTrue(members.stream().allMatch(one -> one.sessionDeadlineMs() > nowMs), () -> "seed " + seed);
    }

    private String votes() {
        Map<String, Integer> votes = new LinkedHashMap<>();
        for (Member member : members) {
            for (Protocol one : member.protocols()) {
                if (members.stream().allMatch(each -> each.supports(one.name()))) {
                    votes.merge(one.name(), 1, Integer::sum);
                    break;
                }
            }
        }
        return votes.entrySet().stream().reduce((a, b) -> b.getValue() > a.getValue() ? b : a)
                .map(Map.Entry::getKey).orElse(null);
    }
}

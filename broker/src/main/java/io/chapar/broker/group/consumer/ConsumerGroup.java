package io.chapar.broker.group.consumer;

import io.chapar.broker.group.consumer.ConsumerGroupRecord.EpochForgotten;
import io.chapar.broker.group.consumer.ConsumerGroupRecord.EpochSet;
import io.chapar.broker.group.consumer.ConsumerGroupRecord.MemberForgotten;
import io.chapar.broker.group.consumer.ConsumerGroupRecord.MemberSet;
import io.chapar.broker.group.consumer.ConsumerGroupRecord.PartitionMetadataForgotten;
import io.chapar.broker.group.consumer.ConsumerGroupRecord.RegexForgotten;
import io.chapar.broker.group.consumer.ConsumerGroupRecord.RegexSet;
import io.chapar.broker.group.consumer.ConsumerGroupRecord.StandingForgotten;
import io.chapar.broker.group.consumer.ConsumerGroupRecord.StandingSet;
import io.chapar.broker.group.consumer.ConsumerGroupRecord.TargetEpochForgotten;
import io.chapar.broker.group.consumer.ConsumerGroupRecord.TargetEpochSet;
import io.chapar.broker.group.consumer.ConsumerGroupRecord.TargetForgotten;
import io.chapar.broker.group.consumer.ConsumerGroupRecord.TargetSet;
import io.chapar.broker.group.consumer.ConsumerMember.ClassicProtocol;
import io.chapar.broker.group.consumer.Standing.Owned;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

import static java.util.Objects.requireNonNull;

/// A group of the consumer protocol (KIP-848), as the log has it. [#apply] alone changes it, live and at replay.
///
/// Three epochs: the group's grows with whatever may change who has what; the target's is that of the group when
/// everybody's part was last shared out; a member's is that of the target it has come to.
public final class ConsumerGroup {
    private final String id;
    private int epoch = 0;
    private long metadataHash = 0;
    private int targetEpoch = 0;
    private long targetAtMs = 0;
    private boolean isStored = false;
    private final NavigableMap<String, ConsumerMember> members = new TreeMap<>();
    private final Map<String, String> memberOfInstance = new LinkedHashMap<>();
    private final Map<String, PartitionSet> targets = new LinkedHashMap<>();
    private final Map<String, Standing> standings = new LinkedHashMap<>();
    private final NavigableMap<String, RegexSet> regexes = new TreeMap<>();
    private final PartitionOwners owners = new PartitionOwners();

    /// How many members want the same.
    private final Map<Subscription, Integer> wanting = new LinkedHashMap<>();
    private final Map<String, Integer> wantingRegex = new LinkedHashMap<>();
    private int classicMembers = 0;
    /// Of the classic protocols, how many members can take part in each.
    private final Map<String, Integer> classicProtocols = new LinkedHashMap<>();
    private long memberBytes = 0;
    /// Of targets, standings and expressions.
    private long bytes = 0;
    /// All topics of all members, and by how many different subscriptions and expressions each is wanted.
    private final Map<String, Integer> topics = new TreeMap<>();

    public ConsumerGroup(String id) {
        this.id = id;
    }

    // ---- ask

    public String id() {
        return id;
    }

    public int epoch() {
        return epoch;
    }

    public long metadataHash() {
        return metadataHash;
    }

    public int targetEpoch() {
        return targetEpoch;
    }

    /// When everybody's part was last shared out.
    public long targetAtMs() {
        return targetAtMs;
    }

    public boolean isEmpty() {
        return members.isEmpty();
    }

    public int size() {
        return members.size();
    }

    /// Of those that speak the classic protocol.
    public int classicMembers() {
        return classicMembers;
    }

    /// Whether all that speak the classic protocol, but for this one, can take part in one of these.
    public boolean sharesProtocol(@Nullable ConsumerMember member, List<ClassicProtocol> protocols) {
        Set<String> own = names(member);
        int others = classicMembers - (member == null || member.classic() == null ? 0 : 1);
        return protocols.stream().map(ClassicProtocol::name).anyMatch(
                name -> classicProtocols.getOrDefault(name, 0) - (own.contains(name) ? 1 : 0) == others);
    }

    private static Set<String> names(@Nullable ConsumerMember member) {
        Set<String> names = new LinkedHashSet<>();
        if (member != null && member.classic() != null) {
            member.classic().protocols().forEach(one -> names.add(one.name()));
        }
        return names;
    }

    /// By name.
    public Collection<ConsumerMember> members() {
        return Collections.unmodifiableCollection(members.values());
    }

    public @Nullable ConsumerMember member(String memberId) {
        return members.get(memberId);
    }

    /// Null when nobody is in under this instance.
    public @Nullable ConsumerMember instance(String instanceId) {
        String memberId = memberOfInstance.get(instanceId);
        return memberId == null ? null : members.get(memberId);
    }

    public Standing standing(String memberId) {
        return standings.getOrDefault(memberId, Standing.NEW);
    }

    public PartitionSet target(String memberId) {
        return targets.getOrDefault(memberId, PartitionSet.EMPTY);
    }

    /// Nobody's part is what it should be while the target is of an earlier epoch.
    public boolean needsTarget() {
        return !members.isEmpty() && epoch > targetEpoch;
    }

    /// As Kafka names it.
    public String state() {
        if (members.isEmpty()) {
            return "Empty";
        }
        if (needsTarget()) {
            return "Assigning";
        }
        for (String member : members.keySet()) {
            if (!standing(member).isAt(targetEpoch)) {
                return "Reconciling";
            }
        }
        return "Stable";
    }

    /// Where the member stands after its next step towards its target.
    ///
    /// @param owned what it says it owns; null when it does not say
    /// @param directory to know the topics of its subscription by
    public Standing next(ConsumerMember member, @Nullable List<Owned> owned, TopicDirectory directory) {
        Standing now = standing(member.id());
        return new Reconciliation(member.id(), target(member.id()), targetEpoch,
                id -> wants(member.subscription(), directory.name(id)), owners)
                .next(now, owned);
    }

    /// @param name null for a topic that is no more
    private boolean wants(Subscription subscription, @Nullable String name) {
        if (name == null) {
            return false;
        }
        RegexSet resolved = subscription.regex() == null ? null : regexes.get(subscription.regex());
        return subscription.names().contains(name) || (resolved != null && resolved.topics().contains(name));
    }

    // ---- subscriptions

    /// What members want, each once.
    Collection<Subscription> subscriptions() {
        return wanting.keySet();
    }

    /// By name, and those that match, as far as that is known.
    SortedSet<String> topics(Subscription subscription) {
        RegexSet resolved = subscription.regex() == null ? null : regexes.get(subscription.regex());
        if (resolved == null || resolved.topics().isEmpty()) {
            return subscription.names();
        }
        SortedSet<String> all = new TreeSet<>(subscription.names());
        all.addAll(resolved.topics());
        return all;
    }

    /// What [#metadataHash] becomes once these are gone, this one has come, and these expressions are resolved anew.
    /// Takes time for what changes alone.
    ///
    /// @param base as it is now
    public long hashAfter(
            long base,
            Collection<ConsumerMember> gone,
            @Nullable ConsumerMember come,
            Map<String, RegexSet> fresh,
            TopicDirectory directory) {
        Map<Subscription, Integer> wishes = new LinkedHashMap<>();
        Map<String, Integer> expressions = new LinkedHashMap<>();
        fresh.keySet().forEach(regex -> expressions.put(regex, 0));
        gone.forEach(member -> change(member.subscription(), -1, wishes, expressions));
        if (come != null) {
            change(come.subscription(), 1, wishes, expressions);
        }
        Map<String, Integer> more = new LinkedHashMap<>();
        wishes.forEach((wish, by) -> {
            int before = wanting.getOrDefault(wish, 0);
            tally(before > 0 ? wish.names() : Collections.emptySortedSet(), -1, more);
            tally(before + by > 0 ? wish.names() : Collections.emptySortedSet(), 1, more);
        });
        expressions.forEach((regex, by) -> {
            int before = wantingRegex.getOrDefault(regex, 0);
            tally(before > 0 ? matched(regexes.get(regex)) : Collections.emptySortedSet(), -1, more);
            tally(before + by > 0 ? matched(fresh.getOrDefault(regex, regexes.get(regex)))
                    : Collections.emptySortedSet(), 1, more);
        });
        long hash = base;
        for (Map.Entry<String, Integer> one : more.entrySet()) {
            int before = topics.getOrDefault(one.getKey(), 0);
            boolean was = before > 0;
            boolean is = before + one.getValue() > 0;
            if (was != is) {
                long part = Targets.metadataHash(List.of(one.getKey()), directory);
                hash += is ? part : -part;
            }
        }
        return hash;
    }

    private static void change(
            Subscription wish, int by, Map<Subscription, Integer> wishes, Map<String, Integer> expressions) {
        wishes.merge(wish, by, Integer::sum);
        if (wish.regex() != null) {
            expressions.merge(wish.regex(), by, Integer::sum);
        }
    }

    private static void tally(SortedSet<String> names, int by, Map<String, Integer> counts) {
        names.forEach(name -> counts.merge(name, by, Integer::sum));
    }

    private static SortedSet<String> matched(@Nullable RegexSet resolved) {
        return resolved == null ? Collections.emptySortedSet() : resolved.topics();
    }

    /// Of all members together.
    public Set<String> topics() {
        return Collections.unmodifiableSet(topics.keySet());
    }

    private void want(SortedSet<String> names, int by) {
        for (String name : names) {
            if (topics.merge(name, by, Integer::sum) == 0) {
                topics.remove(name);
            }
        }
    }

    public boolean hasRegex() {
        return !wantingRegex.isEmpty();
    }

    /// Expressions that members subscribe with, resolved or not.
    public List<String> regexesWanted() {
        return new ArrayList<>(wantingRegex.keySet());
    }

    /// Null when it is not resolved.
    public @Nullable RegexSet regex(String regex) {
        return regexes.get(regex);
    }

    /// Expressions that nobody wants once these are gone.
    public List<String> regexesOnlyOf(Collection<ConsumerMember> gone) {
        Map<String, Integer> leaving = new LinkedHashMap<>();
        for (ConsumerMember member : gone) {
            String regex = member.subscription().regex();
            if (regex != null) {
                leaving.merge(regex, 1, Integer::sum);
            }
        }
        leaving.entrySet().removeIf(one -> wantingRegex.getOrDefault(one.getKey(), 0) > one.getValue()
                || !regexes.containsKey(one.getKey()));
        return new ArrayList<>(leaving.keySet());
    }

    /// The assignor that most members prefer; null when none of them has a preference.
    @Nullable String preferredAssignor() {
        Map<String, Integer> votes = new TreeMap<>();
        for (ConsumerMember member : members.values()) {
            if (member.assignor() != null) {
                votes.merge(member.assignor(), 1, Integer::sum);
            }
        }
        String best = null;
        for (Map.Entry<String, Integer> vote : votes.entrySet()) {
            if (best == null || vote.getValue() > votes.getOrDefault(best, 0)) {
                best = vote.getKey();
            }
        }
        return best;
    }

    // ---- apply

    public void apply(ConsumerGroupRecord record) {
        switch (record) {
            case EpochSet r -> {
                epoch = r.epoch();
                metadataHash = r.metadataHash();
                isStored = true;
            }
            case EpochForgotten _ -> {
                epoch = 0;
                metadataHash = 0;
                isStored = false;
            }
            case PartitionMetadataForgotten _ -> { }
            case MemberSet r -> set(r.member());
            case MemberForgotten r -> {
                ConsumerMember gone = members.remove(r.memberId());
                if (gone != null) {
                    uncount(gone);
                }
            }
            case TargetEpochSet r -> {
                targetEpoch = r.epoch();
                targetAtMs = r.atMs();
            }
            case TargetEpochForgotten _ -> {
                targetEpoch = 0;
                targetAtMs = 0;
            }
            case TargetSet r -> {
                PartitionSet before = targets.put(r.memberId(), r.target());
                bytes += ConsumerSizes.of(r.target()) - ConsumerSizes.of(before);
            }
            case TargetForgotten r -> bytes -= ConsumerSizes.of(targets.remove(r.memberId()));
            case StandingSet r -> stand(r.memberId(), r.standing());
            case StandingForgotten r -> stand(r.memberId(), null);
            case RegexSet r -> {
                RegexSet before = regexes.put(r.regex(), r);
                bytes += ConsumerSizes.of(r) - ConsumerSizes.of(before);
                if (wantingRegex.containsKey(r.regex())) {
                    want(matched(before), -1);
                    want(r.topics(), 1);
                }
            }
            case RegexForgotten r -> {
                RegexSet before = regexes.remove(r.regex());
                bytes -= ConsumerSizes.of(before);
                if (wantingRegex.containsKey(r.regex())) {
                    want(matched(before), -1);
                }
            }
        }
    }

    private void set(ConsumerMember said) {
        ConsumerMember member = said.with(shared(said.subscription()));
        ConsumerMember before = members.put(member.id(), member);
        if (before != null) {
            uncount(before);
        }
        memberBytes += ConsumerSizes.of(member);
        classicMembers += member.classic() == null ? 0 : 1;
        names(member).forEach(name -> classicProtocols.merge(name, 1, Integer::sum));
        if (member.instanceId() != null) {
            memberOfInstance.put(member.instanceId(), member.id());
        }
        if (wanting.merge(member.subscription(), 1, Integer::sum) == 1) {
            want(member.subscription().names(), 1);
        }
        String regex = member.subscription().regex();
        if (regex != null && wantingRegex.merge(regex, 1, Integer::sum) == 1) {
            want(matched(regexes.get(regex)), 1);
        }
    }

    /// Among thousands of members few want something else than all others.
    private Subscription shared(Subscription said) {
        if (wanting.containsKey(said)) {
            for (Subscription one : wanting.keySet()) {
                if (one.equals(said)) {
                    return one;
                }
            }
        }
        return said;
    }

    private void uncount(ConsumerMember member) {
        memberBytes -= ConsumerSizes.of(member);
        classicMembers -= member.classic() == null ? 0 : 1;
        names(member).forEach(name -> classicProtocols.merge(name, -1, ConsumerGroup::sumOrNone));
        if (member.instanceId() != null) {
            memberOfInstance.remove(member.instanceId(), member.id());
        }
        if (wanting.merge(member.subscription(), -1, Integer::sum) == 0) {
            wanting.remove(member.subscription());
            want(member.subscription().names(), -1);
        }
        String regex = member.subscription().regex();
        if (regex != null && wantingRegex.merge(regex, -1, Integer::sum) == 0) {
            wantingRegex.remove(regex);
            want(matched(regexes.get(regex)), -1);
        }
    }

    private static @Nullable Integer sumOrNone(Integer a, Integer b) {
        return a + b == 0 ? null : Integer.valueOf(a + b);
    }

    private void stand(String memberId, @Nullable Standing standing) {
        Standing before = standing == null ? standings.remove(memberId) : standings.put(memberId, standing);
        if (before != null) {
            owners.release(memberId, before.assigned());
            owners.release(memberId, before.revoking());
        }
        if (standing != null) {
            owners.take(memberId, standing.assigned());
            owners.take(memberId, standing.revoking());
        }
        bytes += ConsumerSizes.of(standing) - ConsumerSizes.of(before);
    }

    /// Whether the log has nothing of it.
    public boolean isVoid() {
        return !isStored && members.isEmpty() && targets.isEmpty() && standings.isEmpty() && regexes.isEmpty()
                && targetEpoch == 0;
    }

    /// Tombstones of all that the log has.
    public List<ConsumerGroupRecord> forget() {
        List<ConsumerGroupRecord> all = new ArrayList<>();
        standings.keySet().forEach(member -> all.add(new StandingForgotten(id, member)));
        targets.keySet().forEach(member -> all.add(new TargetForgotten(id, member)));
        all.add(new TargetEpochForgotten(id));
        members.keySet().forEach(member -> all.add(new MemberForgotten(id, member)));
        regexes.keySet().forEach(regex -> all.add(new RegexForgotten(id, regex)));
        all.add(new EpochForgotten(id));
        return all;
    }

    /// Tombstones of a member.
    public List<ConsumerGroupRecord> forget(String memberId) {
        requireNonNull(members.get(memberId), "a member that goes is here");
        return List.of(
                new StandingForgotten(id, memberId), new TargetForgotten(id, memberId),
                new MemberForgotten(id, memberId));
    }

    // ---- size

    /// Of what members say about themselves.
    public long memberBytes() {
        return memberBytes;
    }

    /// Of what members say about themselves, what they have, and what they shall have.
    public long bytes() {
        return memberBytes + bytes;
    }

    /// Breaks down what is known, for comparing what is live with what is replayed.
    @Override
    public String toString() {
        return "ConsumerGroup[" + id + " epoch " + epoch + " hash " + metadataHash + " target " + targetEpoch + " at "
                + targetAtMs + "\n members " + members + "\n targets " + new TreeMap<>(targets)
                + "\n standings " + new TreeMap<>(standings) + "\n regexes " + regexes
                + "\n owned " + owners.size() + " bytes " + bytes() + "]";
    }
}

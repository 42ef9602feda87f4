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
import io.chapar.broker.group.modern.ModernGroup;
import io.chapar.broker.group.modern.Roll;
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
public final class ConsumerGroup implements ModernGroup<ConsumerMember, PartitionSet, Standing> {
    private final String id;
    private final Roll.Changes<ConsumerMember, PartitionSet, Standing> changes = new Roll.Changes<>(
            PartitionSet.EMPTY, Standing.NEW, ConsumerSizes::of, ConsumerSizes::of, ConsumerSizes::of);
    private final NavigableMap<String, RegexSet> regexes = new TreeMap<>();
    private final PartitionOwners owners = new PartitionOwners();

    /// How many members want the same.
    private final Map<Subscription, Integer> wanting = new LinkedHashMap<>();
    private final Map<String, Integer> wantingRegex = new LinkedHashMap<>();
    private int classicMembers = 0;
    /// Of the classic protocols, how many members can take part in each.
    private final Map<String, Integer> classicProtocols = new LinkedHashMap<>();
    private long regexBytes = 0;
    /// All topics of all members, and by how many different subscriptions and expressions each is wanted.
    private final Map<String, Integer> topics = new TreeMap<>();

    public ConsumerGroup(String id) {
        this.id = id;
    }

    // ---- ask

    @Override
    public String id() {
        return id;
    }

    @Override
    public Roll<ConsumerMember, PartitionSet, Standing> roll() {
        return changes.roll();
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

    @Override
    public String state() {
        if (isEmpty()) {
            return "Empty";
        }
        if (needsTarget()) {
            return "Assigning";
        }
        for (ConsumerMember member : members()) {
            if (!standing(member.id()).isAt(targetEpoch())) {
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
        return new Reconciliation(member.id(), target(member.id()), targetEpoch(),
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
    @Override
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
        for (ConsumerMember member : members()) {
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
            case EpochSet r -> changes.setEpoch(r.epoch(), r.metadataHash());
            case EpochForgotten _ -> changes.forgetEpoch();
            case PartitionMetadataForgotten _ -> { }
            case MemberSet r -> set(r.member());
            case MemberForgotten r -> uncount(changes.remove(r.memberId()));
            case TargetEpochSet r -> changes.setTargetEpoch(r.epoch(), r.atMs());
            case TargetEpochForgotten _ -> changes.setTargetEpoch(0, 0);
            case TargetSet r -> changes.setTarget(r.memberId(), r.target());
            case TargetForgotten r -> changes.setTarget(r.memberId(), null);
            case StandingSet r -> stand(r.memberId(), r.standing());
            case StandingForgotten r -> stand(r.memberId(), null);
            case RegexSet r -> {
                RegexSet before = regexes.put(r.regex(), r);
                regexBytes += ConsumerSizes.of(r) - ConsumerSizes.of(before);
                if (wantingRegex.containsKey(r.regex())) {
                    want(matched(before), -1);
                    want(r.topics(), 1);
                }
            }
            case RegexForgotten r -> {
                RegexSet before = regexes.remove(r.regex());
                regexBytes -= ConsumerSizes.of(before);
                if (wantingRegex.containsKey(r.regex())) {
                    want(matched(before), -1);
                }
            }
        }
    }

    private void set(ConsumerMember said) {
        ConsumerMember member = said.with(shared(said.subscription()));
        uncount(changes.put(member));
        classicMembers += member.classic() == null ? 0 : 1;
        names(member).forEach(name -> classicProtocols.merge(name, 1, Integer::sum));
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

    private void uncount(@Nullable ConsumerMember member) {
        if (member == null) {
            return;
        }
        classicMembers -= member.classic() == null ? 0 : 1;
        names(member).forEach(name -> classicProtocols.merge(name, -1, ConsumerGroup::sumOrNone));
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
        Standing before = changes.stand(memberId, standing);
        if (before != null) {
            owners.release(memberId, before.assigned());
            owners.release(memberId, before.revoking());
        }
        if (standing != null) {
            owners.take(memberId, standing.assigned());
            owners.take(memberId, standing.revoking());
        }
    }

    @Override
    public boolean isVoid() {
        return roll().isVoid() && regexes.isEmpty();
    }

    /// Tombstones of all that the log has.
    public List<ConsumerGroupRecord> forget() {
        List<ConsumerGroupRecord> all = roll().forget(
                member -> new StandingForgotten(id, member), member -> new TargetForgotten(id, member),
                new TargetEpochForgotten(id), member -> new MemberForgotten(id, member));
        regexes.keySet().forEach(regex -> all.add(new RegexForgotten(id, regex)));
        all.add(new EpochForgotten(id));
        return all;
    }

    /// Tombstones of a member.
    public List<ConsumerGroupRecord> forget(String memberId) {
        requireNonNull(member(memberId), "a member that goes is here");
        return List.of(
                new StandingForgotten(id, memberId), new TargetForgotten(id, memberId),
                new MemberForgotten(id, memberId));
    }

    @Override
    public long bytes() {
        return roll().bytes() + regexBytes;
    }

    /// Breaks down what is known, for comparing what is live with what is replayed.
    @Override
    public String toString() {
        return "ConsumerGroup[" + id + " " + roll() + "\n regexes " + regexes
                + "\n owned " + owners.size() + " bytes " + bytes() + "]";
    }
}

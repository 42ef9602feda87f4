package io.chapar.client.consumer;

import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

import static java.util.Objects.requireNonNull;

/// As [CooperativeStickyAssignor], but partitions of one number go to one member together in topics that belong
/// together: it shares out the partitions of the first topic (by name) of each such set, and gives the others with
/// them. What belongs together is in the members' user data; sets of different members that have a topic in common are
/// one set. A member that has not subscribed to some topic of a set (of an earlier version, in a rolling upgrade) gets
/// the others without it: nobody reads that partition until its number goes to a member that wants both, since apart
/// they would not meet.
///
/// Where members tell what they have of partitions' state, partitions go where that is, and copies of it are shared out
/// too: [StatePlan].
///
/// ```
/// user data   generation i32 | sets, UTF-8: topics separated by ',', sets by ';'
///             among the sets at most one that is none: what the member has of state (StateCodec)
/// assignment  which copies a member is to keep (StateCodec), as user data
/// ```
final class TogetherAssignor implements Assignor {
    private static final String BETWEEN_SETS = ";";
    /// More than this of one member's sets is not read.
    private static final int MAX_BYTES = 1 << 20;

    private final CooperativeStickyAssignor sticky = new CooperativeStickyAssignor();
    private final String sets;
    private final @Nullable StateReport state;

    /// `sets` as in the user data; empty when only those of members are read.
    TogetherAssignor(String sets) {
        this(sets, null);
    }

    TogetherAssignor(String sets, @Nullable StateReport state) {
        this.sets = sets;
        this.state = state;
    }

    @Override
    public ByteBuffer userData(int generation) {
        String told = state == null ? sets : sets + BETWEEN_SETS + StateCodec.text(state);
        byte[] text = told.getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(Integer.BYTES + text.length).putInt(generation).put(text).flip();
    }

    @Override
    public SortedMap<String, SortedSet<TopicPartition>> assign(Map<String, Integer> partitionCounts,
            List<Member> members) {
        TreeMap<String, SortedSet<TopicPartition>> shares = new TreeMap<>();
        share(partitionCounts, members).forEach((id, share) -> shares.put(id, share.partitions()));
        return shares;
    }

    @Override
    public SortedMap<String, Share> share(Map<String, Integer> partitionCounts, List<Member> members) {
        Map<String, String> firsts = firsts(members);
        TreeMap<String, Integer> counts = new TreeMap<>();
        partitionCounts.forEach((topic, count) -> counts.merge(first(firsts, topic), count, Math::max));
        List<Member> reduced = members.stream().map(member -> reduced(member, firsts)).toList();
        TreeMap<String, List<String>> followers = new TreeMap<>();
        partitionCounts.keySet().forEach(topic ->
                followers.computeIfAbsent(first(firsts, topic), key -> new ArrayList<>()).add(topic));
        StatePlan state = new StatePlan(reports(members, firsts));
        SortedMap<String, Share> shares = new TreeMap<>();
        SortedMap<String, SortedSet<TopicPartition>> sharesOfFirsts = sticky.assign(counts, reduced, state);
        SortedMap<String, Standbys> copiesByMember = state.standbys();
        TreeMap<String, SortedSet<String>> subscribed = new TreeMap<>();
        members.forEach(member -> subscribed.put(member.id(), member.subscription().topics()));
        sharesOfFirsts.forEach((id, share) -> {
            TreeSet<TopicPartition> all = new TreeSet<>();
            SortedSet<String> wanted = requireNonNull(subscribed.get(id), "shares are those of members");
            for (TopicPartition one : share) {
                for (String topic : followers.getOrDefault(one.topic(), List.of())) {
                    if (wanted.contains(topic) && one.partition() < partitionCounts.getOrDefault(topic, 0)) {
                        all.add(new TopicPartition(topic, one.partition()));
                    }
                }
            }
            Standbys copies = copiesByMember.get(id);
            shares.put(id, new Share(all, copies == null ? null : StateCodec.bytes(copies)));
        });
        return shares;
    }

    private static SortedMap<String, StateReport> reports(List<Member> members, Map<String, String> firsts) {
        TreeMap<String, StateReport> reports = new TreeMap<>();
        for (Member member : members) {
            for (String set : sets(member)) {
                StateReport report = StateCodec.report(set);
                if (report != null) {
                    TreeMap<String, SortedMap<Integer, Integer>> degrees = new TreeMap<>();
                    report.degrees().forEach((topic, ofTopic) ->
                            degrees.merge(first(firsts, topic), ofTopic, TogetherAssignor::both));
                    reports.put(member.id(), new StateReport(report.instance(), report.shared(), report.standbys(),
                            degrees));
                }
            }
        }
        return reports;
    }

    /// States that belong together are worth what the one is that is further behind.
    private static SortedMap<Integer, Integer> both(
            SortedMap<Integer, Integer> one, SortedMap<Integer, Integer> other) {
        TreeMap<Integer, Integer> both = new TreeMap<>();
        one.forEach((partition, degree) -> {
            if (other.containsKey(partition)) {
                both.put(partition, Math.max(degree, other.get(partition)));
            }
        });
        return both;
    }

    private static Member reduced(Member member, Map<String, String> firsts) {
        GroupSubscription told = member.subscription();
        TreeSet<String> topics = new TreeSet<>();
        told.topics().forEach(topic -> topics.add(first(firsts, topic)));
        TreeSet<TopicPartition> owned = new TreeSet<>();
        told.owned().forEach(one -> owned.add(new TopicPartition(first(firsts, one.topic()), one.partition())));
        return new Member(member.id(), member.instanceId(),
                new GroupSubscription(topics, owned, told.generation(), told.userData()));
    }

    /// The first topic of each topic's set; none for those that stand alone.
    private static Map<String, String> firsts(List<Member> members) {
        TreeMap<String, String> firsts = new TreeMap<>();
        for (Member member : members) {
            for (String set : sets(member)) {
                String[] topics = set.startsWith(StateCodec.SIGN) ? new String[0] : set.split(",");
                for (String topic : topics) {
                    join(firsts, topics[0], topic);
                }
            }
        }
        return firsts;
    }

    private static String[] sets(Member member) {
        return text(member.subscription().userData()).split(BETWEEN_SETS);
    }

    private static void join(Map<String, String> firsts, String one, String other) {
        String a = first(firsts, one);
        String b = first(firsts, other);
        if (!a.equals(b)) {
            String least = a.compareTo(b) < 0 ? a : b;
            firsts.put(least.equals(a) ? b : a, least);
        }
    }

    private static String first(Map<String, String> firsts, String topic) {
        String at = topic;
        while (firsts.containsKey(at)) {
            at = firsts.get(at);
        }
        // The way is shorter for whoever asks next: a stranger's sets may make it as long as they are many.
        for (String each = topic; !each.equals(at);) {
            each = requireNonNull(firsts.put(each, at), "it was on the way");
        }
        return at;
    }

    private static String text(@Nullable ByteBuffer userData) {
        if (userData == null || userData.remaining() <= Integer.BYTES || userData.remaining() > MAX_BYTES) {
            return "";
        }
        ByteBuffer text = userData.duplicate();
        text.position(text.position() + Integer.BYTES);
        return StandardCharsets.UTF_8.decode(text).toString();
    }
}

package io.chapar.broker.group.consumer;

import io.chapar.broker.group.consumer.ConsumerGroupRecord.MemberSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.stream.IntStream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

class SharingTest {
    private static final int WISHES = 10;
    private static final int MEMBERS_OF_EACH = 200;
    private static final List<String> NAMES =
            IntStream.range(0, 1 << WISHES).mapToObj(i -> "t" + (10_000 + i)).toList();

    private static final class OnePartitionEach implements TopicDirectory {
        @Override
        public @Nullable Topic topic(String name) {
            return new Topic(new UUID(1, Integer.parseInt(name.substring(1))), 1);
        }

        @Override
        public @Nullable String name(UUID id) {
            return null;
        }

        @Override
        public Iterable<String> names() {
            return NAMES;
        }

        @Override
        public long version() {
            return 1;
        }
    }

    /// A few expressions can have each topic wanted by another set of members: its list for each of as many topics as
    /// there may be filled the heap, and did again at the next start.
    @Test
    void listsOfWhoWantsATopicAreNotKeptForEachTopic() {
        ConsumerGroup group = new ConsumerGroup("g");
        for (int wish = 0; wish < WISHES; wish++) {
            int bit = 1 << wish;
            TreeSet<String> wanted = new TreeSet<>();
            IntStream.range(0, NAMES.size()).filter(i -> (i & bit) != 0).forEach(i -> wanted.add(NAMES.get(i)));
            for (int member = 0; member < MEMBERS_OF_EACH; member++) {
                group.apply(new MemberSet("g", new ConsumerMember("m" + member + "-" + wish, null, null, "app", "/h",
                        new Subscription(wanted, null), 1, null, null)));
            }
        }
        Sharing sharing = new Sharing(group, new OnePartitionEach());
        Set<List<Sharing.Sharer>> kept = Collections.newSetFromMap(new IdentityHashMap<>());
        long wanting = 0;
        long made = 0;
        for (Sharing.SharedTopic topic : sharing.topics()) {
            List<Sharing.Sharer> sharers = topic.sharers();
            List<Sharing.Sharer> again = topic.sharers();
            assertEquals(sharers, again);
            wanting += sharers.size();
            kept.add(sharers);
            if (kept.add(again)) {
                made += again.size();
            }
        }
        assertEquals((long) WISHES * MEMBERS_OF_EACH * (NAMES.size() / 2), wanting);
        // A list that is made whenever it is asked for was made twice.
        long inMemory = kept.stream().mapToLong(List::size).sum() - 2 * made;
        assertTrue(inMemory <= 500_000, () -> inMemory + " are kept");
    }
}

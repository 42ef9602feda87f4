package io.chapar.client.consumer;

import io.chapar.protocol.TopicPartition;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

import static io.chapar.client.consumer.CoreFixture.P0;
import static io.chapar.client.consumer.CoreFixture.P1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

class OwnedPartitionsTest {
    private static final SortedSet<String> NONE = new TreeSet<>();
    private final List<String> trace = new ArrayList<>();
    private final OwnedPartitions owned = new OwnedPartitions(new OwnedPartitions.Reading() {
        @Override
        public void hold(Collection<TopicPartition> added) {
            trace.add("hold " + added);
        }

        @Override
        public void release(Collection<TopicPartition> added) {
            trace.add("release " + added);
        }

        @Override
        public void drop(Collection<TopicPartition> gone) {
            trace.add("drop " + gone);
        }
    }, () -> trace.add("told"));

    private static SortedSet<TopicPartition> set(TopicPartition... partitions) {
        return new TreeSet<>(List.of(partitions));
    }

    private void hear(GroupEvent event) {
        assertEquals(event, owned.event());
        assertTrue(owned.acknowledge(event));
    }

    private void own(TopicPartition... partitions) {
        owned.install(set(partitions));
        hear(new GroupEvent.Assigned(set(partitions)));
        trace.clear();
    }

    @Test
    void whatComesIsReadOnceTheListenerHasHeard() {
        owned.install(set(P0));
        assertEquals(List.of("hold [t-0]", "told"), trace);
        assertEquals(set(P0), owned.all());
        hear(new GroupEvent.Assigned(set(P0)));
        assertEquals("release [t-0]", trace.getLast());
        assertNull(owned.event());
    }

    @Test
    void whatGoesIsDroppedOnceTheListenerHasHeardAndBeforeAnythingComes() {
        own(P0);
        assertFalse(owned.areKeptBy(set(P1)));
        owned.install(set(P1));
        assertEquals(List.of("told"), trace);
        assertEquals(set(P0), owned.all());
        hear(new GroupEvent.Revoked(set(P0)));
        assertEquals(List.of("told", "drop [t-0]", "hold [t-1]", "told"), trace);
        hear(new GroupEvent.Assigned(set(P1)));
        assertEquals(set(P1), owned.all());
    }

    @Test
    void onlyTheEventThatIsToldCanBeAcknowledged() {
        owned.install(set(P0));
        assertFalse(owned.acknowledge(new GroupEvent.Assigned(set(P1))));
        assertFalse(owned.acknowledge(new GroupEvent.Revoked(set(P0))));
        hear(new GroupEvent.Assigned(set(P0)));
        assertFalse(owned.acknowledge(new GroupEvent.Assigned(set(P0))), "once");
    }

    @Test
    void beforeJoiningGoesWhatIsNotKept() {
        own(P0, P1);
        assertFalse(owned.mustTellBeforeJoining(new TreeSet<>(List.of("t"))));
        assertTrue(owned.mustTellBeforeJoining(NONE));
        hear(new GroupEvent.Revoked(set(P0, P1)));
        assertEquals(set(), owned.all());
        assertFalse(owned.mustTellBeforeJoining(NONE));
    }

    @Test
    void whatIsLostGoesBeforeJoiningAlsoWhenItsTopicIsKept() {
        own(P0);
        owned.lose();
        assertEquals(new GroupEvent.Lost(set(P0)), owned.farewell());
        assertTrue(owned.mustTellBeforeJoining(new TreeSet<>(List.of("t"))));
        hear(new GroupEvent.Lost(set(P0)));
        assertTrue(owned.isLost());
        assertFalse(owned.mustTellBeforeJoining(NONE));
        assertFalse(owned.isLost());
        assertEquals(List.of("told", "drop [t-0]"), trace);
    }

    @Test
    void nothingComesWhileSomethingIsLost() {
        own(P0);
        owned.install(set(P1));
        owned.lose();
        hear(new GroupEvent.Revoked(set(P0)));
        assertNull(owned.event());
        assertEquals(List.of("told", "drop [t-0]"), trace);
    }

    @Test
    void whoOwnsNothingLosesNothing() {
        owned.lose();
        assertFalse(owned.isLost());
        assertNull(owned.farewell());
    }

    @Test
    void afterTheFarewellNothingIsToldAnyMore() {
        own(P0);
        owned.install(set(P0, P1));
        GroupEvent.Assigned untold = new GroupEvent.Assigned(set(P1));
        assertEquals(untold, owned.event());
        assertEquals(new GroupEvent.Revoked(set(P0, P1)), owned.farewell());
        owned.clear();
        assertNull(owned.event());
        assertFalse(owned.acknowledge(untold));
        assertEquals("drop [t-0, t-1]", trace.getLast());
    }
}

package io.chapar.broker.group;

import org.junit.jupiter.api.Test;

import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

class ModernSideTest {
    /// All groups are told of all topics that have changed, in one turn: 10,000 may be deleted with one request.
    @Test
    void whatManyTopicsMeanForAGroupOfFewTakesNoLookAtEach() {
        Set<String> many = new LinkedHashSet<>(IntStream.range(0, 10_000).mapToObj(i -> "topic-" + i).toList()) {
            @Override
            public Iterator<String> iterator() {
                throw new AssertionError("it is looked at each of many");
            }
        };
        Set<String> few = new LinkedHashSet<>(List.of("other", "topic-77"));
        assertTrue(ModernSide.meet(few, many));
        assertTrue(ModernSide.meet(many, few));
        assertFalse(ModernSide.meet(many, Set.of("other")));
        assertFalse(ModernSide.meet(Set.of(), many));
    }
}

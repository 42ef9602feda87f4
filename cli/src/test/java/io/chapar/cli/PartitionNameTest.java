package io.chapar.cli;

import io.chapar.protocol.TopicPartition;
import org.junit.jupiter.api.Test;

import java.util.List;
import java.util.Set;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

class PartitionNameTest {
    private static final TopicPartition FIRST = new TopicPartition("orders", 0);
    private static final TopicPartition SECOND = new TopicPartition("orders", 1);

    @Test
    void nothingIsBegunByWhatOnlySomeOfThemSay() {
        assertDoesNotThrow(() -> PartitionName.requireAll(List.of(FIRST), Set.of(FIRST, SECOND)));
        assertEquals("orders/1 is not there, or cannot be asked", assertThrows(CommandFailure.class, () ->
                PartitionName.requireAll(List.of(FIRST, SECOND), Set.of(FIRST))).getMessage());
    }
}

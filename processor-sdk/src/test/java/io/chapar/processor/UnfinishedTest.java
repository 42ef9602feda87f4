package io.chapar.processor;

import io.chapar.protocol.TopicPartition;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

class UnfinishedTest {
    private static final TopicPartition IN = new TopicPartition("in", 0);
    private final Task task = new Task(new Schedule.InOrder(), false, false, States.none().of(IN));
    private final Unfinished unfinished = new Unfinished();

    private Ticket add(long offset) {
        Ticket ticket = new Ticket(task, new SourceRecord(IN, offset, 0, 0, null, null, List.of()), null);
        unfinished.add(ticket);
        return ticket;
    }

    private void finish(Ticket ticket) {
        ticket.start();
        ticket.finish();
        unfinished.finished();
    }

    private long first() {
        SourceRecord first = unfinished.first();
        assertNotNull(first);
        return first.offset();
    }

    @Test
    void theFirstOneIsNeverFinished() {
        Ticket three = add(3);
        Ticket five = add(5);
        add(8);
        finish(five);
        assertEquals(3, first());
        assertEquals(2, unfinished.count());
        finish(three);
        assertEquals(8, first());
        assertEquals(1, unfinished.count());
    }

    @Test
    void oneThatComesAgainTakesItsPlace() {
        add(3);
        Ticket five = add(5);
        add(8);
        finish(five);
        Ticket again = add(5);
        assertEquals(3, unfinished.count());
        assertEquals(List.of(3L, 5L, 8L), unfinished.takeAll().stream().map(ticket -> ticket.record().offset())
                .toList());
        assertTrue(again.isWaiting());
        assertTrue(unfinished.isEmpty());
        assertNull(unfinished.first());
    }

    @Test
    void aTailIsTakenOut() {
        add(3);
        add(5);
        add(8);
        List<Long> dropped = new ArrayList<>();
        unfinished.dropAbove(3, ticket -> dropped.add(ticket.record().offset()));
        assertEquals(List.of(8L, 5L), dropped);
        assertEquals(1, unfinished.count());
        add(5);
        assertEquals(2, unfinished.count());
    }
}

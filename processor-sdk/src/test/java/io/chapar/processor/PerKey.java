package io.chapar.processor;

import io.chapar.client.serde.Serdes;

import java.util.Iterator;
import java.util.TreeMap;
import java.util.TreeSet;

/// Records of one key in their order, records of different keys at the same time.
final class PerKey implements Schedule {
    private final TreeMap<Long, Ticket> waiting = new TreeMap<>();
    private final TreeSet<Integer> busy = new TreeSet<>();

    static Choice atOnce(int records) {
        return new Choice(independent -> new PerKey(), records, false);
    }

    private static int key(Ticket ticket) {
        return Serdes.int32().deserialize("", ticket.record().key());
    }

    @Override
    public void add(Ticket ticket) {
        waiting.put(ticket.record().offset(), ticket);
    }

    @Override
    public Ticket take(long below) {
        TreeSet<Integer> passed = new TreeSet<>(busy);
        for (Iterator<Ticket> tickets = waiting.headMap(below).values().iterator(); tickets.hasNext();) {
            Ticket ticket = tickets.next();
            if (passed.add(key(ticket))) {
                tickets.remove();
                busy.add(key(ticket));
                return ticket;
            }
        }
        return null;
    }

    @Override
    public boolean mayTake(long below) {
        return waiting.headMap(below).values().stream().anyMatch(ticket -> !busy.contains(key(ticket)));
    }

    @Override
    public Ticket peek() {
        return waiting.isEmpty() ? null : waiting.firstEntry().getValue();
    }

    @Override
    public void finished(Ticket ticket) {
        busy.remove(key(ticket));
    }

    @Override
    public boolean isEmpty() {
        return waiting.isEmpty();
    }

    @Override
    public void dropFrom(long from) {
        waiting.tailMap(from).clear();
    }
}

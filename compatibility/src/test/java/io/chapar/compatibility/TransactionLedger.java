package io.chapar.compatibility;

import java.util.LinkedHashMap;
import java.util.Map;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// What each transaction came to as its writer knows it, against what readers of committed data saw of it. A
/// transaction is named `writer.number`.
final class TransactionLedger {
    /// Nobody ever asked for its commit, until somebody did; what was asked and not answered may be either.
    private enum Known { NEVER_ASKED, UNKNOWN, COMMITTED }

    /// A bit per record seen.
    private final Map<String, Integer> seen = new LinkedHashMap<>();
    private final Map<String, Known> known = new LinkedHashMap<>();
    private int committed;
    private int aborted;

    synchronized void begun(String name) {
        known.put(name, Known.NEVER_ASKED);
    }

    synchronized void asked(String name) {
        known.put(name, Known.UNKNOWN);
    }

    synchronized void committed(String name) {
        known.put(name, Known.COMMITTED);
        committed++;
    }

    synchronized void abortedOne() {
        aborted++;
    }

    synchronized int committed() {
        return committed;
    }

    synchronized int aborted() {
        return aborted;
    }

    /// A reader of committed data got the record.
    synchronized void saw(String name, int record) {
        int before = seen.getOrDefault(name, 0);
        assertEquals(0, before & (1 << record), () -> "record " + record + " of " + name + " is there twice");
        assertTrue(known.get(name) != Known.NEVER_ASKED, () -> name + " was never committed and is visible");
        seen.put(name, before | (1 << record));
    }

    synchronized Map<String, ?> snapshot() {
        return Map.copyOf(known);
    }

    /// Null, or what is wrong with the transactions of a snapshot, all of which readers have had the time to see.
    synchronized String wrong(Map<String, ?> snapshot, int records) {
        int whole = (1 << records) - 1;
        for (Map.Entry<String, ?> each : snapshot.entrySet()) {
            int found = seen.getOrDefault(each.getKey(), 0);
            boolean right = switch ((Known) each.getValue()) {
                case COMMITTED -> found == whole;
                case UNKNOWN -> found == 0 || found == whole;
                case NEVER_ASKED -> true;
            };
            if (!right) {
                return each.getValue() + " " + each.getKey() + " shows " + Integer.toBinaryString(found);
            }
        }
        return null;
    }

    /// The number of the writer's last transaction that readers saw; -1 for none.
    synchronized int lastSeen(int writer) {
        int last = -1;
        for (String name : seen.keySet()) {
            int dot = name.indexOf('.');
            if (Integer.parseInt(name.substring(0, dot)) == writer) {
                last = Math.max(last, Integer.parseInt(name.substring(dot + 1)));
            }
        }
        return last;
    }

    @Override
    public synchronized String toString() {
        long unknown = known.values().stream().filter(each -> each == Known.UNKNOWN).count();
        long unknownButThere = known.entrySet().stream()
                .filter(each -> each.getValue() == Known.UNKNOWN && seen.containsKey(each.getKey())).count();
        return committed + " transactions committed, " + aborted + " aborted, " + unknown + " of unknown outcome ("
                + unknownButThere + " of them committed), " + known.size() + " begun";
    }
}

package io.chapar.txn;

import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// The heart of version 2: a client that goes on with its next transaction as soon as its EndTxn is answered, markers
/// that are still on their way, markers that arrive twice, and a coordinator that is replaced in the middle.
///
/// Explores every order of the steps of two transactions over two partitions with one takeover and one duplicate
/// marker. Partitions follow the rule of version 2: a marker's epoch is above the partition's, or equal with nothing
/// open; a first write needs the coordinator's yes and a guard that no marker of an earlier epoch's
/// end took away since.
class TriangleTest {
    private static final TopicPartition[] BOTH = {TxnFixture.A, TxnFixture.B};

    @Test
    void everyOrderOfEventsEndsBothTransactionsWhole() {
        Choices choices = new Choices();
        int runs = 0;
        do {
            new Run(choices).toTheEnd();
            runs++;
        } while (choices.next());
        assertTrue(runs > 1_000, "explored " + runs);
    }

    /// The odometer over all sequences of choices.
    private static final class Choices {
        private final List<int[]> taken = new ArrayList<>();
        private int depth = 0;

        int choose(int options) {
            if (depth == taken.size()) {
                taken.add(new int[] {0, options});
            }
            return taken.get(depth++)[0];
        }

        boolean next() {
            depth = 0;
            while (!taken.isEmpty()) {
                int[] last = taken.getLast();
                if (++last[0] < last[1]) {
                    return true;
                }
                taken.removeLast();
            }
            return false;
        }
    }

    private record Marker(TxnEffect.SendMarkers sent, TopicPartition partition) {}

    private static final class Partition {
        short epoch = -1;
        short openEpoch = -1;
        /// Epoch of the transaction whose first write is being asked about; -1 for none.
        short guard = -1;
        /// Per epoch of the data: what its marker said.
        final Map<Short, Outcome> decided = new LinkedHashMap<>();

        boolean marker(TxnEffect.SendMarkers marker) {
            boolean open = openEpoch >= 0;
            if (marker.producerEpoch() < epoch || (marker.producerEpoch() == epoch && open)) {
                return false;
            }
            if (open) {
                assertEquals(marker.producerEpoch() - 1, openEpoch, "a marker closes its own transaction");
                assertEquals(null, decided.put(openEpoch, marker.outcome()), "one marker per transaction");
            }
            openEpoch = -1;
            if (guard != marker.producerEpoch()) {
                guard = -1;
            }
            epoch = marker.producerEpoch();
            return true;
        }

        void write(short producerEpoch) {
            assertTrue(guard == producerEpoch && producerEpoch >= epoch, "a write that was verified is current");
            guard = -1;
            epoch = producerEpoch;
            openEpoch = producerEpoch;
        }
    }

    /// The client's next step, one after the other; the coordinator's and the partitions' in between in any order.
    private static final class Run {
        private final Choices choices;
        private final TxnFixture txn = new TxnFixture();
        private final Map<TopicPartition, Partition> partitions = new LinkedHashMap<>();
        private final List<Marker> underWay = new ArrayList<>();
        private final List<Marker> delivered = new ArrayList<>();
        private final Outcome[] outcomes = {Outcome.COMMIT, Outcome.ABORT};
        private TxnReply.Granted pair;
        private long asked = -1;
        private int transaction = 0;
        private int clientStep = 0;
        private boolean takeoverLeft = true;
        private boolean duplicateLeft = true;

        Run(Choices choices) {
            this.choices = choices;
            for (TopicPartition partition : BOTH) {
                partitions.put(partition, new Partition());
            }
            pair = txn.granted(txn.init("t"));
            txn.holdAppends = true;
            txn.holdMarkers = true;
        }

        void toTheEnd() {
            for (int steps = 0; steps < 200; steps++) {
                takeMarkers();
                List<Runnable> possible = possible();
                if (possible.isEmpty()) {
                    break;
                }
                possible.get(possible.size() == 1 ? 0 : choices.choose(possible.size())).run();
            }
            assertEquals(2, transaction, "both transactions are over");
            for (Partition partition : partitions.values()) {
                assertEquals(-1, partition.openEpoch, "nothing is left open");
                assertEquals(List.of(outcomes), List.copyOf(partition.decided.values()));
            }
            assertTrue(txn.state("t") instanceof TxnState.Completed, "completed");
        }

        private List<Runnable> possible() {
            List<Runnable> possible = new ArrayList<>();
            if (transaction < 2 && (asked < 0 || !txn.waits(asked))) {
                possible.add(this::clientGoesOn);
            }
            if (!txn.appends.isEmpty()) {
                possible.add(txn::commitNext);
            }
            if (!underWay.isEmpty()) {
                possible.add(() -> deliver(underWay.removeFirst()));
            }
            if (underWay.size() > 1) {
                possible.add(() -> deliver(underWay.removeLast()));
            }
            if (duplicateLeft && !delivered.isEmpty() && transaction == 1) {
                possible.add(() -> {
                    duplicateLeft = false;
                    deliver(delivered.getFirst());
                });
            }
            if (takeoverLeft && txn.state("t") instanceof TxnState.Preparing) {
                possible.add(this::takeOver);
            }
            return possible;
        }

        /// Steps 0 and 1 write to a partition each, after asking the coordinator to add it; step 2 ends.
        private void clientGoesOn() {
            if (asked >= 0) {
                TxnReply reply = txn.replies.get(asked);
                boolean lost = reply instanceof TxnReply.Refused refused
                        && refused.error() == ErrorCode.NOT_COORDINATOR;
                if (!lost) {
                    assertEquals(ErrorCode.NONE, txn.error(asked));
                    if (clientStep < 2) {
                        partitions.get(BOTH[clientStep]).write(pair.producerEpoch());
                    } else {
                        TxnReply.Granted next = txn.granted(asked);
                        assertEquals(pair.producerEpoch() + 1, next.producerEpoch());
                        pair = next;
                        transaction++;
                    }
                    clientStep = (clientStep + 1) % 3;
                }
            }
            ask();
        }

        private void ask() {
            if (transaction == 2) {
                asked = -1;
            } else if (clientStep < 2) {
                partitions.get(BOTH[clientStep]).guard = pair.producerEpoch();
                asked = txn.add("t", pair, BOTH[clientStep]);
            } else {
                asked = txn.end("t", pair, outcomes[transaction]);
            }
        }

        /// Requests under way get lost with the old coordinator; their client asks the new one.
        private void takeOver() {
            takeoverLeft = false;
            boolean waiting = asked >= 0 && txn.waits(asked);
            txn.restart();
            if (waiting) {
                ask();
            }
        }

        private void takeMarkers() {
            while (!txn.markers.isEmpty()) {
                TxnEffect.SendMarkers sent = txn.markers.removeFirst();
                sent.partitions().forEach(partition -> underWay.add(new Marker(sent, partition)));
            }
        }

        private void deliver(Marker marker) {
            delivered.add(marker);
            boolean accepted = partitions.get(marker.partition()).marker(marker.sent());
            txn.answerMarker(
                    marker.sent(), marker.partition(), accepted ? MarkerResult.WRITTEN : MarkerResult.SUPERSEDED);
        }
    }
}

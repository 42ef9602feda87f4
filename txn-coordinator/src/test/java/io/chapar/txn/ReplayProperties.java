package io.chapar.txn;

import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Random commands, failures, takeovers and time: what replay of the log shows is what the coordinator acts on, every
/// step in the log is legal, every request is answered once, and in the end nothing is left open.
class ReplayProperties {
    private static final String[] IDS = {"t", "u"};
    private static final TopicPartition[] PARTITIONS = {
        TxnFixture.A, TxnFixture.B, new TopicPartition("__consumer_offsets", 3)
    };

    @Property(tries = 2000)
    void replayedStateIsLiveState(@ForAll long seed, @ForAll @IntRange(min = 20, max = 150) int steps) {
        Random random = new Random(seed);
        TxnFixture txn = new TxnFixture();
        if (random.nextBoolean()) {
            short epoch = (short) (ProducerEpochs.LAST_USABLE - random.nextInt(3));
            txn.given(
                    "t",
                    new TxnState.Empty(7, epoch, (short) (epoch - 1), -1, TxnFixture.TIMEOUT_MS, txn.nowMs));
        }
        List<TxnReply.Granted> pairs = new ArrayList<>();
        List<Long> asked = new ArrayList<>();
        long restartedAt = 0;
        for (int i = 0; i < steps; i++) {
            if (random.nextInt(40) == 0) {
                txn.restart();
                restartedAt = asked.isEmpty() ? 0 : asked.getLast();
            }
            step(txn, random, pairs, asked);
            for (Long request : asked) {
                if (txn.replies.get(request) instanceof TxnReply.Granted pair && !pairs.contains(pair)) {
                    assertTrue(pair.producerEpoch() <= ProducerEpochs.LAST_USABLE, "a client holds 32767");
                    pairs.add(pair);
                }
            }
            assertEquals(txn.replayed(), txn.coordinator().states());
        }
        calmDown(txn);
        for (Long request : asked) {
            assertTrue(request <= restartedAt || !txn.waits(request), "every request is answered");
        }
        assertEquals(txn.replayed(), txn.coordinator().states());
        txn.coordinator().forEach((id, state) -> assertTrue(
                state instanceof TxnState.Empty || state instanceof TxnState.Completed, id + " is left " + state));
        stepsAreLegal(txn.log);
        oneOutcomeEach(txn.log);
    }

    private static void step(TxnFixture txn, Random random, List<TxnReply.Granted> pairs, List<Long> asked) {
        txn.holdAppends = random.nextInt(3) == 0;
        txn.holdMarkers = random.nextInt(3) == 0;
        txn.holdIds = random.nextInt(10) == 0;
        String id = IDS[random.nextInt(IDS.length)];
        TxnReply.Granted pair = pick(random, pairs);
        TopicPartition partition = PARTITIONS[random.nextInt(PARTITIONS.length)];
        Outcome outcome = random.nextBoolean() ? Outcome.COMMIT : Outcome.ABORT;
        TxnVersion version = random.nextInt(4) == 0 ? TxnVersion.V1 : TxnVersion.V2;
        switch (random.nextInt(12)) {
            case 0 -> asked.add(txn.init(id));
            case 1 -> asked.add(txn.init(id, pair));
            case 2, 3, 4 -> asked.add(txn.add(id, pair, partition));
            case 5 -> asked.add(txn.verify(id, pair, partition));
            case 6, 7 -> asked.add(txn.end(id, pair, outcome, version));
            case 8 -> txn.pass(random.nextInt(TxnFixture.TIMEOUT_MS));
            case 9 -> txn.nowMs -= random.nextInt(2_000);
            case 10 -> answerSomeMarker(txn, random);
            default -> {
                if (!txn.appends.isEmpty() && random.nextInt(3) == 0) {
                    txn.failNext(ErrorCode.COORDINATOR_NOT_AVAILABLE);
                } else if (!txn.appends.isEmpty()) {
                    txn.commitNext();
                }
            }
        }
    }

    private static TxnReply.Granted pick(Random random, List<TxnReply.Granted> pairs) {
        if (pairs.isEmpty()) {
            return new TxnReply.Granted(random.nextInt(3), (short) 0);
        }
        int back = random.nextInt(4) == 0 ? random.nextInt(pairs.size()) : 0;
        TxnReply.Granted pair = pairs.get(pairs.size() - 1 - back);
        return random.nextInt(10) != 0
                ? pair
                : new TxnReply.Granted(pair.producerId(), (short) Math.max(0, pair.producerEpoch() + random.nextInt(-2, 3)));
    }

    private static void answerSomeMarker(TxnFixture txn, Random random) {
        if (!txn.markersSent.isEmpty()) {
            TxnEffect.SendMarkers sent = txn.markersSent.get(random.nextInt(txn.markersSent.size()));
            TopicPartition partition = PARTITIONS[random.nextInt(PARTITIONS.length)];
            MarkerResult[] results = MarkerResult.values();
            txn.answerMarker(sent, partition, results[random.nextInt(results.length)]);
        }
    }

    private static void calmDown(TxnFixture txn) {
        txn.holdAppends = false;
        txn.holdMarkers = false;
        txn.holdIds = false;
        txn.settle();
        txn.pass(3L * TxnFixture.TIMEOUT_MS);
        txn.pass(3L * TxnFixture.TIMEOUT_MS);
    }

    private static void stepsAreLegal(List<TxnRecord> log) {
        Map<String, TxnState> last = new LinkedHashMap<>();
        for (TxnRecord record : log) {
            TxnState before = last.put(record.transactionalId(), record.state());
            boolean given = before == null && record.state() instanceof TxnState.Empty;
            assertTrue(given || TxnInvariants.isLegal(before, record.state()), before + " -> " + record);
        }
    }

    /// For version 2, where each transaction has a pair of its own.
    private static void oneOutcomeEach(List<TxnRecord> log) {
        Map<String, Outcome> outcomes = new LinkedHashMap<>();
        for (TxnRecord record : log) {
            if (record.state() instanceof TxnState.Preparing p && p.version() == TxnVersion.V2) {
                String transaction = record.transactionalId() + " " + p.producerId() + " " + p.producerEpoch();
                assertEquals(null, outcomes.put(transaction, p.outcome()), transaction);
            }
        }
    }
}

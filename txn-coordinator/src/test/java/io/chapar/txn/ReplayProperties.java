package io.chapar.txn;

import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;

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
                txn.restartWith(random.nextInt(3));
                restartedAt = asked.isEmpty() ? 0 : asked.getLast();
            }
            step(txn, random, pairs, asked);
            for (Long request : asked) {
                TxnReply.Granted pair = switch (txn.replies.get(request)) {
                    case TxnReply.Granted granted -> granted;
                    case TxnReply.Kept kept -> kept.pair();
                    case null, default -> null;
                };
                if (pair != null && !pairs.contains(pair)) {
                    assertTrue(pair.producerEpoch() <= ProducerEpochs.LAST_USABLE, "a client holds 32767");
                    pairs.add(pair);
                }
            }
            assertEquals(txn.replayed(), txn.coordinator().states());
        }
        calmDown(txn);
        pairsOfNewInstancesAreTheirOwn(txn);
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
        switch (random.nextInt(14)) {
            case 0 -> asked.add(newInstance(txn, txn.init(id)));
            case 12 -> asked.add(newInstance(txn, txn.keep(id)));
            case 13 -> asked.add(txn.submit(new TxnCommand.AddPartitions(id, pair.producerId(), pair.producerEpoch(),
                    List.of(partition), AddMode.ADD, TxnVersion.V1)));
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
                : new TxnReply.Granted(
                        pair.producerId(), (short) Math.max(0, pair.producerEpoch() + random.nextInt(-2, 3)));
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
        for (String id : IDS) {
            if (txn.state(id) instanceof TxnState.Ongoing open && open.timeoutMs() == TxnState.NO_TIMEOUT) {
                txn.granted(txn.init(id));
            }
        }
        txn.pass(3L * TxnFixture.TIMEOUT_MS);
    }

    private static long newInstance(TxnFixture txn, long request) {
        txn.newInstances.add(request);
        return request;
    }

    private static void pairsOfNewInstancesAreTheirOwn(TxnFixture txn) {
        Set<TxnReply.Granted> given = new LinkedHashSet<>();
        for (Long request : txn.newInstances) {
            switch (txn.replies.get(request)) {
                case TxnReply.Granted pair -> assertTrue(given.add(pair), pair + " was given twice");
                case TxnReply.Kept kept -> assertTrue(given.add(kept.pair()), kept + " was given twice");
                case null, default -> {}
            }
        }
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

package io.chapar.broker.coordinator;

import io.chapar.broker.log.CompactionLimits;
import io.chapar.broker.log.LogConfig;
import io.chapar.broker.log.disk.MemoryDisk;
import io.chapar.broker.partition.Compactor;
import io.chapar.broker.partition.Partition;
import io.chapar.protocol.ErrorCode;
import io.chapar.txn.Outcome;
import io.chapar.txn.TxnReply;
import io.chapar.txn.TxnState;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Replaying a compacted log of transactions gives the coordinator the state that replaying everything gives.
final class CompactedReplayScenarios {
    private static final List<String> IDS = List.of("one", "two", "three", "four", "five");

    private final MemoryDisk disk = new MemoryDisk();
    private TxnBroker broker = new TxnBroker(disk, 1_700_000_000_000L, 0, 0);

    private static LogConfig config() {
        return LogConfig.builder().compact(true).delete(false).segmentBytes(2048).deleteRetentionMs(1000)
                .maxCompactionLagMs(60_000).build();
    }

    private List<Partition> stateLogs() {
        List<Partition> all = new ArrayList<>();
        broker.partitions.forEach((id, partition) -> {
            if (id.topic().equals(CoordinatorKeys.TRANSACTION_STATE)) {
                partition.configure(config());
                all.add(partition);
            }
        });
        return all;
    }

    private void transactions(int count, Random random) {
        for (int i = 0; i < count; i++) {
            String id = IDS.get(random.nextInt(IDS.size()));
            TxnReply.Granted pair = broker.init(id);
            broker.newEpoch();
            for (var to : random.nextBoolean() ? List.of(TxnBroker.A) : List.of(TxnBroker.A, TxnBroker.B)) {
                var written = broker.write(id, pair, to, "v" + i);
                broker.loop.runAll();
                assertEquals(ErrorCode.NONE, written.get());
            }
            if (random.nextInt(6) > 0) {
                broker.error(broker.end(id, pair, random.nextBoolean() ? Outcome.COMMIT : Outcome.ABORT));
                broker.loop.runAll();
            }
        }
    }

    private Map<String, TxnState> states() {
        Map<String, TxnState> all = new LinkedHashMap<>();
        IDS.forEach(id -> all.put(id, broker.state(id)));
        return all;
    }

    @Test
    void theStateOfTransactionsIsTheSame() {
        Random random = new Random(7);
        for (int life = 1; life <= 4; life++) {
            List<Partition> logs = stateLogs();
            transactions(60, random);
            long before = logs.stream().mapToLong(Partition::sizeInBytes).sum();
            Map<String, TxnState> states = states();
            Compactor compactor = new Compactor(broker.loop, disk, CompactionLimits.DEFAULTS, () -> logs);
            compactor.look();
            for (int i = 0; i < 10; i++) {
                broker.loop.runAll();
                compactor.look();
            }
            assertTrue(logs.stream().mapToLong(Partition::sizeInBytes).sum() < before / 2, "it shrank from " + before);
            broker = new TxnBroker(disk, broker.loop.nowMs(), life, life * 1000L);
            broker.loop.runAll();
            assertEquals(states, states());
        }
    }
}

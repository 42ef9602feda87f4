package io.chapar.compatibility;

import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.QuorumInfo;
import org.apache.kafka.tools.MetadataQuorumCommand;
import org.junit.jupiter.api.Test;

import java.lang.reflect.Method;
import java.util.List;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Kafka's own tool for the metadata quorum, at a broker that is the only voter.
class QuorumToolIT extends SharedBroker {
    private static String run(String... words) throws Exception {
        Method execute = MetadataQuorumCommand.class.getDeclaredMethod("execute", String[].class);
        execute.setAccessible(true);
        return KafkaToolsIT.printed(() -> execute.invoke(null, (Object) words));
    }

    @Test
    void statusAndReplicationArePrinted() throws Exception {
        String status = run("--bootstrap-server", broker.bootstrap(), "describe", "--status");
        assertTrue(status.matches("(?s).*LeaderId: +1\\R.*LeaderEpoch: +0\\R.*MaxFollowerLag: +0\\R.*"), status);
        assertTrue(status.matches("(?s).*CurrentVoters: +\\[\\{\"id\": 1.*CurrentObservers: +\\[]\\R"), status);
        List<String> rows = run("--bootstrap-server", broker.bootstrap(), "describe", "--replication").lines()
                .toList();
        assertTrue(rows.stream().anyMatch(row -> row.matches("1\\s.*\\s0\\s.*Leader\\s*")), () -> rows.toString());
        try (Admin admin = stock.admin()) {
            QuorumInfo quorum = admin.describeMetadataQuorum().quorumInfo().get();
            assertEquals(1, quorum.leaderId());
            assertEquals(quorum.highWatermark(), quorum.voters().getFirst().logEndOffset());
        }
    }
}

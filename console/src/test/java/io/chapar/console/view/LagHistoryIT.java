package io.chapar.console.view;

import io.chapar.broker.Broker;
import io.chapar.broker.config.BrokerConfig;
import io.chapar.client.OffsetAndMetadata;
import io.chapar.client.admin.Admin;
import io.chapar.client.admin.AdminResult;
import io.chapar.client.admin.NewTopic;
import io.chapar.protocol.TopicPartition;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

/// Groups that go away while somebody looks at them take nothing away from the others.
final class LagHistoryIT {
    @Test
    void aGroupThatIsGoneEndsNoSampling(@TempDir Path folder) {
        try (Broker broker = Broker.start(BrokerConfig.of(Map.of("listeners", "127.0.0.1:0", "log.dirs",
                folder.toString(), "num.network.threads", "1")));
                ClusterLink cluster = new ClusterLink(broker.address().toString());
                LagHistory history = new LagHistory(cluster)) {
            try (Admin admin = Admin.open(broker.address().toString())) {
                admin.createTopics(List.of(new NewTopic("read", 1))).values().forEach(AdminResult::get);
                admin.setCommittedOffsets("there", Map.of(new TopicPartition("read", 0),
                        new OffsetAndMetadata(0, -1, ""))).values().forEach(AdminResult::get);
            }
            history.look("gone", "share");
            history.look("there", "classic");
            List<LagHistory.Sample> samples = Awaitility.await().atMost(Duration.ofSeconds(90))
                    .until(() -> history.look("there", "classic"), some -> some.size() > 1);
            assertEquals(0L, samples.getFirst().lag());
            assertNull(history.look("gone", "share").getFirst().lag());
        }
    }
}

package io.chapar.broker.metadata.quorum;

import io.chapar.broker.metadata.MetadataCommand.CreateTopics;
import io.chapar.broker.metadata.MetadataCommand.NewTopic;
import io.chapar.broker.metadata.MetadataCommand.TopicOutcome;
import io.chapar.broker.metadata.MetadataLog.Committed;
import io.chapar.broker.metadata.MetadataLog.Proposed;
import io.chapar.broker.runtime.Loop;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// A voter whose log cannot be written any more knows nothing of what is decided from then on.
@Timeout(180)
class LostLogTest {
    private static final int MANY = 400;
    private static final int SOON_SECONDS = 30;

    @TempDir
    Path folder;

    private QuorumCluster cluster;

    @AfterEach
    void end() throws Exception {
        cluster.close();
    }

    private void created(int node, String topic) throws Exception {
        CompletableFuture<Proposed<List<TopicOutcome>>> ended = new CompletableFuture<>();
        Loop loop = cluster.loop(node);
        cluster.log(node).propose(new CreateTopics(List.of(new NewTopic(topic, 1, new TreeMap<>())), false),
                loop.nowMs() + TimeUnit.SECONDS.toMillis(SOON_SECONDS), loop, ended::complete);
        assertInstanceOf(Committed.class, ended.get(2 * SOON_SECONDS, TimeUnit.SECONDS));
    }

    /// Its files are gone: the next one cannot be begun, as on a disk that is full.
    @Test
    void aVoterWhoseFolderIsGoneSaysSoOnceAndTheOthersGoOn() throws Exception {
        cluster = new QuorumCluster(3, folder, MANY, 16 << 10);
        cluster.startAll();
        cluster.create();
        int leader = cluster.controller();
        int lost = (leader + 1) % 3;
        BlockingQueue<String> said = new LinkedBlockingQueue<>();
        cluster.loop(lost).execute(() -> cluster.log(lost).onHalted(said::add));
        // It writes there meanwhile.
        Awaitility.await().ignoreExceptions().until(() ->
                delete(folder.resolve("node" + lost).resolve(cluster.membership().group().toString())));
        for (int i = 0; i < MANY && said.isEmpty(); i++) {
            created(leader, "t" + i);
        }
        String why = said.poll(SOON_SECONDS, TimeUnit.SECONDS);
        assertTrue(why != null && why.startsWith("Broker " + lost + " cannot follow the metadata quorum any more: "),
                why);
        created(leader, "later");
        created(3 - leader - lost, "at the other");
        assertNull(said.poll(), "once");
    }

    private static boolean delete(Path folder) throws IOException {
        if (Files.notExists(folder)) {
            return true;
        }
        try (var all = Files.walk(folder)) {
            for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(each);
            }
        }
        return true;
    }
}

package io.chapar.cli;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// What drained brokers get, on the smallest of clusters; `ReassignToolIT` moves replicas between three.
final class DrainIT {
    private static String state(RunningBroker broker) {
        return RunningBroker.done(broker.run("", "cluster", "status", "-o", "json"));
    }

    @Test
    void whatIsRefusedLeavesNothingSlowedDown(@TempDir Path folder) throws IOException {
        try (RunningBroker broker = RunningBroker.start(folder)) {
            RunningBroker.done(broker.run("", "topic", "create", "t"));
            Path plan = Files.writeString(folder.resolve("plan.json"),
                    "{\"partitions\":[{\"topic\":\"t\",\"partition\":0,\"replicas\":[77]}]}");
            String[] line = {"cluster", "reassign", "--plan", plan.toString(), "--throttle", "1000"};
            RunningBroker.failed(broker.run("", line), "refused");
            assertEquals("Nothing moves.\n",
                    RunningBroker.done(broker.run("", "cluster", "reassign", "--watch")));
            RunningBroker.done(broker.run("", "cluster", "reassign", "--throttle", "2000"));
            RunningBroker.failed(broker.run("", line), "refused", "slowed down until");
        }
    }

    @Test
    void aDrainedBrokerGetsNoReplicasUntilThatIsUndone(@TempDir Path folder) throws Exception {
        try (RunningBroker broker = RunningBroker.start(folder)) {
            assertTrue(state(broker).contains("\"state\":\"active\""), state(broker));
            String said = RunningBroker.done(broker.run("", "cluster", "drain", "1"));
            assertEquals("""
                    Broker 1 gets no new replicas until 'chapar cluster drain 1 --undo'.
                    Broker 1 has no replicas.
                    """, said);
            assertTrue(state(broker).contains("\"state\":\"draining\""), state(broker));

            RunningBroker.failed(broker.run("", "topic", "create", "orders"),
                    "the cluster has 1 broker, of which 1 is drained");

            assertEquals(2, broker.run("", "cluster", "drain", "1", "--undo", "--move").exitCode());
            assertEquals("Broker 1 gets new replicas again.\n",
                    RunningBroker.done(broker.run("", "cluster", "drain", "1", "--undo")));
            assertTrue(state(broker).contains("\"state\":\"active\""), state(broker));
            RunningBroker.done(broker.run("", "topic", "create", "orders"));

            RunningBroker.failed(broker.run("", "cluster", "drain", "1", "--move"), "nothing was changed");
            assertTrue(state(broker).contains("\"state\":\"active\""), "what cannot be planned begins nothing");

            Run half = broker.run("", "cluster", "drain", "1");
            RunningBroker.failed(half, "Broker 1 still leads 1 partition", "it gets no new replicas meanwhile",
                    "the same command goes on", "'chapar cluster drain 1 --undo' ends that");
            assertTrue(state(broker).contains("\"state\":\"draining\""), state(broker));
            RunningBroker.failed(broker.run("", "cluster", "drain", "1"), "still leads 1 partition");
            RunningBroker.done(broker.run("", "cluster", "drain", "1", "--undo"));
            assertTrue(state(broker).contains("\"state\":\"active\""), state(broker));
        }
    }
}

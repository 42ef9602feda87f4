package io.chapar.cli;

import io.chapar.testing.StartedProcess;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Broker and command are killed at any moment of a backup: what has its name is whole, and what has not is nothing.
@Tag("nightly")
final class KilledBackupIT {
    private static final int ROUNDS = 6;

    private static StartedProcess create(Path folder, String name) throws IOException {
        return ChaparProcess.start(folder, "backup", "create", "--data", folder.resolve("data").toString(), "--to",
                folder.resolve("backups").toString(), "--name", name, "--limit", "1");
    }

    private static List<String> names(Path folder) throws IOException {
        try (Stream<Path> names = Files.list(folder)) {
            return names.map(path -> path.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void aCommandThatIsKilledLeavesNothingThatLooksFinishedAndNothingAtTheBroker(@TempDir Path folder)
            throws Exception {
        Files.createDirectory(folder.resolve("backups"));
        try (RunningBroker broker = RunningBroker.start(folder, BackupCommandIT.SETTINGS);
                BackupLoad load = BackupLoad.begin(broker)) {
            BackupLoad.Seen begun = load.seen();
            Awaitility.await().until(() -> load.hasMoved(begun, 50));
            StartedProcess command = create(folder, "one");
            Awaitility.await().until(() -> names(folder.resolve("backups")).contains("one.unfinished"));
            command.close();
            assertEquals(List.of("one.unfinished"), names(folder.resolve("backups")));
            Awaitility.await("the broker keeps nothing for who is gone").until(() -> names(folder.resolve("data"))
                    .stream().noneMatch(name -> name.startsWith("backup")));
            BackupCommandIT.made(folder, "two");
        }
        RunningBroker.failed(Run.of("backup", "verify", folder.resolve("backups/one.unfinished").toString()),
                "is not a finished backup");
    }

    @Test
    void whateverMomentABrokerIsKilledAtABackupIsWholeOrNone(@TempDir Path folder) throws Exception {
        Random random = new Random(7);
        List<BackupLoad.Seen> before = new ArrayList<>();
        for (int round = 0; round < ROUNDS; round++) {
            try (RunningBroker broker = RunningBroker.start(folder, BackupCommandIT.SETTINGS)) {
                killedMeanwhile(folder, broker, round, random, before);
            }
        }
    }

    private static void killedMeanwhile(Path folder, RunningBroker broker, int round, Random random,
            List<BackupLoad.Seen> before) throws IOException {
        BackupLoad load = round == 0 ? BackupLoad.begin(broker) : BackupLoad.again(broker);
        BackupLoad.Seen begun = load.seen();
        Awaitility.await().until(() -> load.hasMoved(begun, 20));
        before.add(load.seen());
        try (StartedProcess command = create(folder, "b" + round)) {
            Awaitility.await().until(() -> !names(folder.resolve("data")).stream()
                    .filter(name -> name.startsWith("backup")).toList().isEmpty());
            // A moment of its own for each round, from the question to the copying.
            Awaitility.await().pollDelay(Duration.ofMillis(random.nextInt(2_500))).until(() -> true);
            load.abandon();
            broker.close();
            if (round % 2 == 1) {
                // In the other rounds nobody is there that would take the cut away.
                RunningBroker.start(folder, BackupCommandIT.SETTINGS).close();
            }
            Awaitility.await().atMost(Duration.ofMinutes(3)).until(() -> !command.isAlive());
            boolean made = command.exitCode() == 0;
            assertEquals(made, Files.exists(folder.resolve("backups/b" + round)), command.errors());
            assertTrue(made || command.errors().startsWith("chapar: "), command.errors());
            if (made) {
                BackupCommandIT.requireWhole(folder, "b" + round, before.get(round));
            }
        }
    }
}

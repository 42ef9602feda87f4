package io.chapar.cli;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

import static org.junit.jupiter.api.Assertions.assertEquals;

/// Backups of a broker in a process of its own, and brokers on what is restored from them.
final class BackupCommandIT {
    static final String[] SETTINGS = {"group.initial.rebalance.delay.ms=0", "log.retention.check.interval.ms=100",
        "transaction.state.log.num.partitions=4", "offsets.topic.num.partitions=4", "num.network.threads=3"};

    static void made(Path folder, String name) {
        RunningBroker.done(Run.of("backup", "create", "--data", folder.resolve("data").toString(), "--to",
                folder.resolve("backups").toString(), "--name", name));
    }

    /// Starts a broker on what is restored from the backup, and looks whether all is as it should be.
    static void requireWhole(Path folder, String name, BackupLoad.Seen before) throws IOException {
        Path restored = Files.createDirectory(folder.resolve("of-" + name));
        RunningBroker.done(Run.of("backup", "restore", folder.resolve("backups").resolve(name).toString(), "--data",
                restored.resolve("data").toString()));
        try (RunningBroker broker = RunningBroker.start(restored, SETTINGS)) {
            BackupLoad.requireWhole(broker.address(), before);
        }
        assertEquals(List.of(), unexplained(restored));
    }

    private static List<Path> unexplained(Path folder) throws IOException {
        try (Stream<Path> all = Files.walk(folder)) {
            return all.filter(path -> path.toString().contains("unexplained")).toList();
        }
    }

    /// Makes backups while transactions go on; gives what had ended before each.
    private static List<BackupLoad.Seen> madeUnderLoad(Path folder, int backups) throws Exception {
        List<BackupLoad.Seen> before = new ArrayList<>();
        try (RunningBroker broker = RunningBroker.start(folder, SETTINGS)) {
            try (BackupLoad load = BackupLoad.begin(broker)) {
                for (int i = 0; i < backups; i++) {
                    BackupLoad.Seen now = load.seen();
                    Awaitility.await().until(() -> load.hasMoved(now, 10));
                    before.add(load.seen());
                    made(folder, "b" + i);
                }
            }
            Awaitility.await("what it kept for backups goes").until(() -> ofBackups(folder).isEmpty());
        }
        return before;
    }

    @Test
    void aBackupOfABusyBrokerIsOneMomentOfIt(@TempDir Path folder) throws Exception {
        requireWhole(folder, "b0", madeUnderLoad(folder, 1).getFirst());
    }

    @Test
    @Tag("nightly")
    void eachOfManyBackupsIs(@TempDir Path folder) throws Exception {
        List<BackupLoad.Seen> before = madeUnderLoad(folder, 8);
        for (int i = 0; i < before.size(); i++) {
            requireWhole(folder, "b" + i, before.get(i));
        }
    }

    private static List<String> ofBackups(Path folder) throws IOException {
        try (Stream<Path> names = Files.list(folder.resolve("data"))) {
            return names.map(path -> path.getFileName().toString()).filter(name -> name.startsWith("backup")).toList();
        }
    }
}

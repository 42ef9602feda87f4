package io.chapar.broker.metadata.quorum;

import org.apache.ratis.server.protocol.TermIndex;
import org.apache.ratis.server.storage.FileInfo;
import org.apache.ratis.server.storage.RaftStorage;
import org.apache.ratis.statemachine.impl.SingleFileSnapshotInfo;
import org.apache.ratis.util.MD5FileUtil;
import org.apache.ratis.util.SizeInBytes;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

import static java.util.Objects.requireNonNull;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

class SnapshotFolderTest {
    @TempDir
    Path folder;

    private RaftStorage storage() throws IOException {
        RaftStorage storage = RaftStorage.newBuilder().setDirectory(folder.toFile())
                .setOption(RaftStorage.StartupOption.FORMAT).setStorageFreeSpaceMin(SizeInBytes.valueOf("0")).build();
        storage.initialize();
        return storage;
    }

    private static SingleFileSnapshotInfo write(SnapshotFolder snapshots, long index) throws IOException {
        File file = snapshots.getSnapshotFile(1, index);
        Files.createDirectories(file.getParentFile().toPath());
        Files.writeString(file.toPath(), "snapshot");
        return new SingleFileSnapshotInfo(new FileInfo(file.toPath(), MD5FileUtil.computeAndSaveMd5ForFile(file)),
                TermIndex.valueOf(1, index));
    }

    private static long latest(SnapshotFolder snapshots) {
        return requireNonNull(snapshots.getLatestSnapshot(), "there is one").getIndex();
    }

    @Test
    void theFolderIsLookedIntoWhenItIsLoadedAndNotWhenTheLatestIsAskedFor() throws IOException {
        try (RaftStorage storage = storage()) {
            SnapshotFolder snapshots = new SnapshotFolder();
            snapshots.init(storage);
            assertNull(snapshots.loadLatestSnapshot());
            write(snapshots, 7);
            assertNull(snapshots.getLatestSnapshot());
            snapshots.loadLatestSnapshot();
            assertEquals(7, latest(snapshots));
            snapshots.updateLatestSnapshot(write(snapshots, 9));
            assertEquals(9, latest(snapshots));
        }
    }
}

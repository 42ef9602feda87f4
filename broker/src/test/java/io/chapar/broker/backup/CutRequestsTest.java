package io.chapar.broker.backup;

import io.chapar.broker.log.disk.FileDisk;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

import static org.junit.jupiter.api.Assertions.assertEquals;

/// What a start finds of backups that were being made when the broker ended.
final class CutRequestsTest {
    private static final String ID = "0123456789abcdef0123456789abcdef";

    @TempDir
    private Path folder;

    @BeforeEach
    void ask() throws IOException {
        Files.writeString(folder.resolve(CutFiles.WANTED), ID);
        Files.createDirectories(folder.resolve("orders-0"));
    }

    private List<String> afterAStart() throws IOException {
        try (FileDisk disk = new FileDisk(folder)) {
            CutRequests.clean(disk);
        }
        try (Stream<Path> all = Files.list(folder)) {
            return all.map(path -> path.getFileName().toString()).sorted().toList();
        }
    }

    /// Whoever copies would go on with files of a later moment.
    @Test
    void aQuestionThatHadItsAnswerGetsNoSecondOne() throws Exception {
        Files.createDirectories(folder.resolve(CutFiles.cut(ID)).resolve("orders-0"));
        assertEquals(List.of("orders-0"), afterAStart());
    }

    @Test
    void whoeverStillWaitsGetsAnAnswer() throws Exception {
        Files.createDirectories(folder.resolve(CutFiles.unfinished(ID)));
        Files.writeString(folder.resolve(CutFiles.refused("f".repeat(32))), "why");
        assertEquals(List.of(CutFiles.WANTED, "orders-0"), afterAStart());
    }
}

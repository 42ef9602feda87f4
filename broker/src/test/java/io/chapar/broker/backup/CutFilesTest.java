package io.chapar.broker.backup;

import io.chapar.broker.log.LogCut.Kept;
import org.junit.jupiter.api.Test;

import java.nio.charset.StandardCharsets;
import java.util.List;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

/// The list of a cut's files: root may copy what the broker's user has written there.
final class CutFilesTest {
    private static String text(String path) {
        return StandardCharsets.UTF_8.decode(CutFiles.list(List.of(new Kept(path, 7)))).toString();
    }

    @Test
    void aListIsReadAsItWasWritten() {
        assertEquals(List.of(new Kept("orders-0/00000000000000000000.log", 7)),
                CutFiles.files(text("orders-0/00000000000000000000.log")));
    }

    @Test
    void nothingOutsideOfTheFolderIsListed() {
        for (String path : List.of("/etc/shadow", "../meta.properties", "a/../../b", "a//b", "a/.", "a\0b", "a\\b")) {
            assertThrows(IllegalArgumentException.class, () -> CutFiles.files(text(path)), path);
        }
    }
}

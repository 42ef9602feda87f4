package io.chapar.broker.log;

import io.chapar.broker.log.disk.MemoryDisk;
import io.chapar.protocol.TopicPartition;
import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

import static org.junit.jupiter.api.Assertions.assertEquals;

final class CleanPointTest {
    private static final TopicPartition ID = new TopicPartition("prices", 3);
    private static final String PATH = "prices-3/cleaner-offset-checkpoint";

    private final MemoryDisk disk = new MemoryDisk();

    private CleanPoint loaded() throws IOException {
        CleanPoint point = new CleanPoint(ID, disk);
        point.load();
        return point;
    }

    private CleanPoint loaded(String text) throws IOException {
        disk.createFolder("prices-3");
        disk.replace(PATH, ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
        return loaded();
    }

    /// Else tombstones that were stamped before a restart would stay until something is written.
    @Test
    void whatIsDueLaterIsKnownAfterARestart() throws IOException {
        disk.createFolder("prices-3");
        CleanPoint point = loaded();
        point.moveTo(10, 5_000);
        assertEquals(5_000, loaded().nextHorizonMs());
        point.moveTo(10, 7_000);
        assertEquals(10, loaded().offset());
        assertEquals(7_000, loaded().nextHorizonMs());
        point.moveTo(12, Long.MAX_VALUE);
        assertEquals(12, loaded().offset());
        assertEquals(Long.MAX_VALUE, loaded().nextHorizonMs());
    }

    @Test
    void aFileThatDoesNotSayMeansNow() throws IOException {
        CleanPoint point = loaded("0\n1\nprices 3 10\n");
        assertEquals(10, point.offset());
        assertEquals(0, point.nextHorizonMs());
    }

    @Test
    void withoutAFileNothingWasCompactedAndNothingIsDue() throws IOException {
        assertEquals(0, loaded().offset());
        assertEquals(Long.MAX_VALUE, loaded().nextHorizonMs());
        assertEquals(0, loaded("0\n1\nprices 3").offset());
    }
}

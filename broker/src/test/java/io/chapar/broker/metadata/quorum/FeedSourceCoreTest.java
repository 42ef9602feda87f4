package io.chapar.broker.metadata.quorum;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

class FeedSourceCoreTest {
    private static final UUID GROUP = new UUID(1, 1);

    private final List<FeedSourceCore.Effect> effects = new ArrayList<>();
    private final FeedSourceCore core = new FeedSourceCore(GROUP, effects::add);

    @Test
    void aSnapshotThatIsTooLargeIsSaidAndNotMadeAgainForEachQuestion(@TempDir Path folder) throws IOException {
        asked(0);
        assertInstanceOf(FeedSourceCore.Encode.class, effects.getLast());
        core.encoded(0, tooLarge(folder), 10);
        assertEquals(new FeedSourceCore.TooLarge(QuorumState.MAX_SNAPSHOT_BYTES + 1), effects.getLast());

        int before = effects.size();
        for (int ms = 20; ms < 10 + FeedSourceCore.SNAPSHOT_KEPT_MS; ms += 1_000) {
            asked(ms);
        }
        assertEquals(before, effects.size());

        asked(10 + FeedSourceCore.SNAPSHOT_KEPT_MS);
        assertInstanceOf(FeedSourceCore.Encode.class, effects.getLast());
    }

    /// Somebody who has nothing.
    private void asked(long nowMs) {
        core.asked(_ -> { }, new FeedAsk(GROUP, FeedAsk.NOTHING, FeedAsk.NOTHING, 0), nowMs + 1_000_000, nowMs);
    }

    /// Of zeros that take no room.
    private static ByteBuffer tooLarge(Path folder) throws IOException {
        try (FileChannel file = FileChannel.open(folder.resolve("snapshot"), CREATE, READ, WRITE)) {
            return file.map(FileChannel.MapMode.READ_WRITE, 0, QuorumState.MAX_SNAPSHOT_BYTES + 1L);
        }
    }
}

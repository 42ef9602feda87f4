package io.chapar.processor;

import io.chapar.testkit.TestBroker;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/// Takes the end of a partition's log away, as an election of a replica that was not in sync does, or a disk that had
/// not written it when its machine failed. The broker comes back in another leader epoch.
final class CutLog {
    private CutLog() {
    }

    /// @param batches that stay, of those that were written one by one
    static void cut(TestBroker broker, String topic, int batches) {
        broker.crash();
        Path folder = broker.folder().resolve(topic + "-0");
        try (Stream<Path> files = Files.list(folder)) {
            Path segment = files.filter(file -> file.toString().endsWith(".log")).findFirst().orElseThrow();
            try (RandomAccessFile file = new RandomAccessFile(segment.toFile(), "rw")) {
                for (int batch = 0; batch < batches; batch++) {
                    file.seek(file.getFilePointer() + Long.BYTES);
                    int length = file.readInt();
                    file.seek(file.getFilePointer() + length);
                }
                file.setLength(file.getFilePointer());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        broker.restart();
    }
}

package io.chapar.cli;

import io.chapar.testing.ReadyLine;
import io.chapar.testing.StartedProcess;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// A broker that uses all codecs, and is killed: nothing of the libraries stays in the temporary folder.
@EnabledOnOs(OS.LINUX)
final class NativeLibrariesIT {
    @TempDir
    private Path folder;

    private Path temporary;
    private Path natives;

    @BeforeEach
    void write() throws IOException {
        temporary = Files.createDirectory(folder.resolve("tmp"));
        natives = folder.resolve("natives");
        NativeLibraries.write(natives);
    }

    @Test
    void aKilledBrokerLeavesNoNativeCodeInTheTemporaryFolder() throws Exception {
        List<String> command = StartedProcess.java("256m", Chapar.class.getName(),
                List.of("broker", "--listen", "127.0.0.1:0", "--data", folder.resolve("data").toString()));
        Path own = natives.resolve(System.getProperty("os.arch"));
        command.addAll(1, List.of("-Djava.io.tmpdir=" + temporary, "-Djava.library.path=" + own,
                "-Dchapar.natives=" + natives));
        try (StartedProcess broker = StartedProcess.start(folder, command)) {
            String address = ReadyLine.of(broker).address();
            for (String codec : List.of("snappy", "lz4", "zstd")) {
                assertEquals(0, Run.of("topic", "create", codec, "--config", "compression.type=" + codec,
                        "--bootstrap", address).exitCode());
                Run sent = Run.withInput("a record\n", "produce", codec, "--bootstrap", address);
                assertEquals(0, sent.exitCode(), sent.err());
            }
            String loaded = Files.readString(Path.of("/proc/" + broker.pid() + "/maps"));
            for (String library : names(own)) {
                assertTrue(loaded.contains(own.resolve(library).toString()), library + " is not what is used");
            }
        }
        // Its end was SIGKILL.
        assertEquals(List.of(), names(temporary));
    }

    @Test
    void theFilesAreWrittenOnceAndNobodyElseMayChangeThem() throws Exception {
        Path own = natives.resolve(System.getProperty("os.arch"));
        List<String> written = names(own);
        assertEquals(4, written.size(), written.toString());
        NativeLibraries.write(natives);
        assertEquals(written, names(own));
        for (String name : written) {
            assertEquals("rwxr-xr-x", PosixFilePermissions.toString(Files.getPosixFilePermissions(own.resolve(name))));
        }
    }

    private static List<String> names(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return new ArrayList<>(files.map(file -> file.getFileName().toString()).sorted().toList());
        }
    }
}

package io.chapar.dist;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

import static org.junit.jupiter.api.Assertions.assertEquals;

/// Archives made once more of the same libraries, elsewhere. What classes kept ready hold depends on what the machine
/// met while it was watched: they are left out of the comparison.
@Tag("nightly")
@EnabledOnOs(value = OS.LINUX, architectures = "amd64")
final class ReproducibleIT {
    @TempDir
    private Path folder;

    @Test
    void theSameBytesComeAgain() throws IOException {
        Path again = Files.createDirectories(folder.resolve("another/target"));
        Archives.run(folder, "cp", "-r", Archives.TARGET.resolve("lib").toString(),
                Archives.TARGET.resolve("chapar.cdx.json").toString(), again.toString());
        Path portable = Archives.file("-portable.tar.gz");
        String version = portable.getFileName().toString().replaceFirst("^chapar-(.*)-portable.*", "$1");
        Archives.run(folder, List.of("JAVA_HOME=" + System.getProperty("java.home"), "CHAPAR_DIST_CACHES=no"),
                Path.of("src/main/build/assemble").toAbsolutePath().toString(), version,
                System.getProperty("output.timestamp"), again.toString());
        assertEquals(-1, Files.mismatch(portable, again.resolve(portable.getFileName())));
        Path linux = Archives.file("-linux-x64.tar.gz");
        assertEquals(contents(linux), contents(again.resolve(linux.getFileName())));
    }

    /// Of each file its mode, owner, time, name, and a sum.
    private String contents(Path archive) throws IOException {
        Path unpacked = Files.createTempDirectory(folder, "unpacked");
        Archives.unpack(archive, unpacked);
        return Archives.run(unpacked, "sh", "-c", "tar -tvzf '" + archive + "' | grep -v '\\.aot$';"
                + " find . -type f ! -name '*.aot' | LC_ALL=C sort | xargs sha256sum");
    }
}

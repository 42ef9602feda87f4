package io.chapar.compatibility;

import org.junit.jupiter.api.Assumptions;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// A librdkafka that speaks the consumer protocol (KIP-848), which that of Debian 12 does not: made of the sources that
/// Confluent's package for Node.js carries, and given to Debian's Python binding in place of its own. Made once; kept
/// in `target`. Tests that need it are skipped, with the reason, where npm, make or a C compiler are not there.
final class RecentLibrdkafka {
    private static final String PACKAGE = "@confluentinc/kafka-javascript@1.10.1";
    private static final Path FOLDER = Path.of("target", "librdkafka-2.15.1").toAbsolutePath();
    private static final long LIMIT_MINUTES = 8;
    /// Nothing but what a plain connection needs, and quickly.
    private static final String MAKE = """
            set -e
            for tool in npm tar gcc make; do
              command -v $tool >/dev/null || { echo "there is no $tool"; exit 3; }
            done
            npm pack --silent %s
            tar xzf *.tgz
            cd package/deps/librdkafka
            ./configure --disable-ssl --disable-gssapi --disable-curl --disable-zlib --disable-zstd --disable-lz4-ext \\
                --disable-optimization --disable-debug-symbols
            make -C src -j2 librdkafka.so.1
            cp src/librdkafka.so.1 ../../..
            """.formatted(PACKAGE);

    private RecentLibrdkafka() {}

    /// The folder of `librdkafka.so.1`.
    static synchronized Path folder() throws IOException, InterruptedException {
        if (Files.exists(FOLDER.resolve("librdkafka.so.1"))) {
            return FOLDER;
        }
        Path work = Files.createTempDirectory(Files.createDirectories(FOLDER.getParent()), "librdkafka");
        Path said = work.resolve("said");
        Process make = new ProcessBuilder(List.of("sh", "-c", MAKE)).directory(work.toFile())
                .redirectErrorStream(true).redirectOutput(said.toFile()).start();
        int code = make.waitFor(LIMIT_MINUTES, TimeUnit.MINUTES) ? make.exitValue() : -1;
        make.destroyForcibly();
        String why = lastOf(said);
        Assumptions.assumeTrue(code == 0, () -> "librdkafka cannot be made of " + PACKAGE + ": " + why);
        Files.createDirectories(FOLDER);
        Files.move(work.resolve("librdkafka.so.1"), FOLDER.resolve("librdkafka.so.1"));
        return FOLDER;
    }

    private static String lastOf(Path said) throws IOException {
        List<String> lines = Files.readAllLines(said);
        return String.join("\n", lines.subList(Math.max(0, lines.size() - 5), lines.size()));
    }
}

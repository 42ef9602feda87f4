package io.chapar.dist;

import io.chapar.testing.ReadyLine;
import io.chapar.testing.StartedProcess;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// The archive for Linux, unpacked, where no Java, no Maven and in fact no program at all is on the path.
@Tag("nightly")
@EnabledOnOs(value = OS.LINUX, architectures = "amd64")
final class ArchiveIT {
    @TempDir
    private static Path unpacked;

    @TempDir
    private Path folder;

    @BeforeAll
    static void unpack() {
        Archives.unpack(Archives.file("-linux-x64.tar.gz"), unpacked);
    }

    @Test
    void aBrokerServesAndStops() throws Exception {
        try (StartedProcess broker = chapar("broker", "--listen", "127.0.0.1:0", "--data", "data")) {
            String address = ReadyLine.of(broker).address();
            assertTrue(Files.readString(Path.of("/proc/" + broker.pid() + "/maps")).contains("broker.aot"),
                    "classes are ready");
            done("topic", "create", "greetings", "--bootstrap", address);
            assertEquals(List.of("NAME       PARTITIONS  REPLICATION FACTOR",
                            "greetings           1                   1"),
                    done("topic", "list", "--bootstrap", address));
            broker.terminate();
            assertEquals(0, broker.exitCode());
            assertTrue(broker.errors().matches("\\S+ INFO admin - api=CreateTopics .* result=ok\n"), broker.errors());
        }
    }

    /// Commands that only ask a broker have fewer libraries; this one also reads how a broker's setting is written.
    @Test
    void statusHasAllThatItNeedsToAskABrokerForItsLastMinute() throws Exception {
        try (StartedProcess broker = chapar("broker", "--listen", "127.0.0.1:0", "--data", "data", "--metrics",
                "127.0.0.1:0")) {
            String status = String.join("\n", done("status", "--bootstrap", ReadyLine.of(broker).address()));
            assertTrue(status.contains("0 without leader"), status);
        }
    }

    @Test
    void theDemoPasses() throws Exception {
        List<String> said = done("demo", "--flights", "4000");
        assertTrue(said.stream().anyMatch(line -> line.matches("EXACTLY_ONCE +4000 +4000 +0 +0")), said::toString);
    }

    /// Java does not look whether classes that are kept ready are those of the libraries that are there.
    @Test
    void ofALibraryThatIsReplacedNothingIsKeptReady() throws Exception {
        Archives.run(folder, "cp", "-a", Archives.home(unpacked).toString(), "copy");
        Path home = folder.resolve("copy");
        assertTrue(isKeptReady(home), "as it was unpacked");
        Path library;
        try (Stream<Path> libraries = Files.list(home.resolve("lib"))) {
            library = libraries.filter(each -> each.getFileName().toString().startsWith("chapar-protocol-"))
                    .findFirst().orElseThrow();
        }
        FileTime before = Files.getLastModifiedTime(library);
        for (int seconds : new int[] {-1, 1}) {
            Files.setLastModifiedTime(library, FileTime.from(before.toInstant().plusSeconds(seconds)));
            assertFalse(isKeptReady(home), seconds + " s");
        }
        Files.setLastModifiedTime(library, before);
        assertTrue(isKeptReady(home), "as it was");
    }

    /// Where the command's own class comes from.
    private boolean isKeptReady(Path home) throws Exception {
        Archives.run(folder, List.of("CHAPAR_JAVA_OPTS=-Xlog:class+load:file=loaded"),
                home.resolve("bin/chapar").toString(), "--version");
        List<String> loaded = Files.readAllLines(folder.resolve("loaded")).stream()
                .filter(line -> line.contains(" io.chapar.cli.Chapar source: ")).toList();
        assertEquals(1, loaded.size(), loaded::toString);
        return loaded.getFirst().contains("shared objects file");
    }

    /// Its content says so: two builds of a library have two times.
    @Test
    void librariesHaveTimesOfTheirOwn() throws Exception {
        try (Stream<Path> libraries = Files.list(Archives.home(unpacked).resolve("lib"))) {
            Set<FileTime> times = new HashSet<>();
            for (Path library : libraries.filter(each -> each.toString().endsWith(".jar")).toList()) {
                assertTrue(times.add(Files.getLastModifiedTime(library)), library.toString());
            }
        }
    }

    @Test
    void aLinkFromAFolderOnThePathIsEnough() throws Exception {
        Path link = Files.createSymbolicLink(folder.resolve("chapar"), Archives.home(unpacked).resolve("bin/chapar"));
        Path second = Files.createSymbolicLink(folder.resolve("courier"), link.getFileName());
        try (StartedProcess version = StartedProcess.start(folder, List.of("/usr/bin/env", "-i", "PATH=/usr/bin:/bin",
                second.toString(), "--version"))) {
            assertEquals(0, version.exitCode(), version.errors());
            assertTrue(String.valueOf(version.line()).startsWith("chapar "));
        }
    }

    @Test
    void whatABrokerNeedsIsThereWithItsLicence() throws Exception {
        Path home = Archives.home(unpacked);
        for (String name : List.of("README.md", "LICENSE", "NOTICE", "chapar.cdx.json", "docs/operations.md",
                "examples/broker.properties", "share/man/man1/chapar-topic-list.1", "runtime/legal/java.base/LICENSE",
                "share/bash-completion/completions/chapar", "share/zsh/site-functions/_chapar",
                "share/fish/vendor_completions.d/chapar.fish")) {
            assertTrue(Files.size(home.resolve(name)) > 0, name);
        }
        String inside = Files.readString(home.resolve("chapar.cdx.json"));
        try (Stream<Path> libraries = Files.list(home.resolve("lib"))) {
            for (Path library : libraries.filter(each -> each.toString().endsWith(".jar")).toList()) {
                String name = library.getFileName().toString().replaceFirst("\\.jar$", "");
                assertTrue(inside.contains('"' + name.replaceFirst("-\\d.*", "") + '"'), name + " is in the SBOM");
                if (!name.startsWith("chapar-")) {
                    try (Stream<Path> texts = Files.list(home.resolve("licenses").resolve(name))) {
                        assertTrue(texts.findAny().isPresent(), name + " has a licence");
                    }
                }
            }
        }
        assertFalse(Files.exists(home.resolve("lib/broker.aot.config")));
    }

    private List<String> done(String... line) throws Exception {
        try (StartedProcess command = chapar(line)) {
            List<String> lines = Stream.generate(command::line).takeWhile(Objects::nonNull).toList();
            assertEquals(0, command.exitCode(), () -> command.errors() + lines);
            assertEquals("", command.errors());
            return lines;
        }
    }

    private StartedProcess chapar(String... line) {
        List<String> words = Stream.concat(
                Stream.of("/usr/bin/env", "-i", "-C", folder.toString(), "PATH=/nowhere",
                        Archives.home(unpacked).resolve("bin/chapar").toString()),
                Stream.of(line)).toList();
        return StartedProcess.start(folder, Map.of(), words);
    }
}

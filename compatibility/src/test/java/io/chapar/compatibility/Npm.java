package io.chapar.compatibility;

import org.junit.jupiter.api.Assumptions;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

import static org.junit.jupiter.api.Assertions.assertEquals;

/// Packages of Node.js. Tests that need one are skipped where npm cannot install it, except in CI.
final class Npm {
    static final String KAFKAJS = "kafkajs@2.2.4";
    private static final long LIMIT_SECONDS = 60;

    private Npm() {}

    static void install(Path folder, String what) throws IOException, InterruptedException {
        Path said = folder.resolve("npm.out");
        int code = -1;
        try {
            Process npm = new ProcessBuilder("npm", "install", "--no-audit", "--no-fund", "--prefer-offline", what)
                    .directory(folder.toFile()).redirectErrorStream(true).redirectOutput(said.toFile()).start();
            code = npm.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS) ? npm.exitValue() : -1;
            npm.destroyForcibly();
        } catch (IOException notThere) {
            Files.writeString(said, notThere.toString());
        }
        String why = Files.readString(said);
        Assumptions.assumeTrue(code == 0 || "true".equals(System.getenv("CI")),
                () -> what + " cannot be installed by npm: " + why);
        assertEquals(0, code, why);
    }
}

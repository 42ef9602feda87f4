package io.chapar.cli;

import io.chapar.testing.StartedProcess;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// In processes of their own, whose settings are in a folder of the test's.
final class ProfileCommandIT {
    @TempDir
    private Path folder;

    /// @param environment NAME=VALUE each; of what the test's own has to say about brokers nothing is left
    private Run run(List<String> environment, String... line) throws IOException {
        List<String> command = new ArrayList<>(List.of("/usr/bin/env", "-u", "CHAPAR_BOOTSTRAP",
                "XDG_CONFIG_HOME=" + folder));
        command.addAll(environment);
        command.addAll(ChaparProcess.command(line));
        try (StartedProcess process = StartedProcess.start(folder, command)) {
            process.input().close();
            return new Run(process.exitCode(), process.output(), process.errors());
        }
    }

    private Run run(String... line) throws IOException {
        return run(List.of(), line);
    }

    @Test
    void commandsTalkToTheProfileInUse() throws IOException {
        try (RunningBroker broker = RunningBroker.start(folder)) {
            assertEquals("Created profile here, which is in use now.\n",
                    RunningBroker.done(run("profile", "create", "here", "--bootstrap", broker.address())));
            String status = RunningBroker.done(run("status"));
            assertTrue(status.contains(" at " + broker.address() + " (profile here), metadata fine\n"), status);
            RunningBroker.done(run("profile", "create", "there", "--bootstrap", "nowhere.invalid:9092"));
            RunningBroker.failed(run("topic", "list"), "nowhere.invalid:9092");
            // What is said nearer wins.
            assertEquals("", RunningBroker.done(run("topic", "list", "-o", "name", "--bootstrap", broker.address())));
            assertEquals("", RunningBroker.done(run(List.of("CHAPAR_BOOTSTRAP=" + broker.address()),
                    "topic", "list", "-o", "name")));
            assertEquals("name,bootstrap,inUse\r\nhere," + broker.address()
                    + ",false\r\nthere,nowhere.invalid:9092,true\r\n",
                    RunningBroker.done(run("profile", "list", "-o", "csv")));
            RunningBroker.done(run("profile", "use", "here"));
            String shown = RunningBroker.done(run(List.of("CHAPAR_BOOTSTRAP="), "profile", "show", "-o", "json"));
            assertTrue(shown.startsWith("{\"bootstrap\":\"" + broker.address()
                    + "\",\"from\":\"profile here\","), shown);
        }
    }

    @Test
    void whatMakesNoSenseIsSaid() throws IOException {
        assertTrue(RunningBroker.done(run("profile", "list")).startsWith("There is no profile;"));
        assertEquals(2, run("profile", "create", "bad/name", "--bootstrap", "a:1").exitCode());
        assertEquals(2, run("profile", "create", "good").exitCode());
        assertEquals(2, run("profile", "create", "good", "--bootstrap", "a").exitCode());
        RunningBroker.done(run("profile", "create", "good", "--bootstrap", "a:1"));
        RunningBroker.failed(run("profile", "create", "good", "--bootstrap", "b:1"), "--replace");
        RunningBroker.failed(run("profile", "use", "godo"), "Did you mean good?");
        assertEquals("Deleted profile good, which was in use.\n",
                RunningBroker.done(run("profile", "delete", "good")));
        assertFalse(RunningBroker.done(run("profile", "show")).contains("profile good"));
        String unsound = run(List.of("CHAPAR_BOOTSTRAP=nowhere"), "topic", "list").err();
        assertTrue(unsound.contains("not 'nowhere'. CHAPAR_BOOTSTRAP says so."), unsound);
        Files.writeString(folder.resolve("chapar/profiles.json"), "{\"profiles\":{\"x\":3}}");
        RunningBroker.failed(run("topic", "list"), "profiles.json cannot be read: profile 'x' has no 'bootstrap'");
    }
}

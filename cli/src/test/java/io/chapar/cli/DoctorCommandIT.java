package io.chapar.cli;

import io.chapar.client.admin.LogFolder;
import io.chapar.protocol.ErrorCode;
import io.chapar.testing.FreePorts;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Path;
import java.util.regex.Pattern;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

final class DoctorCommandIT {
    @TempDir
    private Path folder;

    @Test
    void aBrokerThatIsWellIsFine() throws IOException {
        try (RunningBroker broker = RunningBroker.start(folder)) {
            Run run = broker.run("", "doctor");
            assertTrue(run.out().contains("fine  bootstrap: " + broker.address() + " answers\n"), run.out());
            assertTrue(run.out().contains("fine  advertised: broker 1 sends clients to " + broker.address()),
                    run.out());
            assertTrue(run.out().contains("fine  metadata: can be written\n"), run.out());
            assertTrue(Pattern.compile(" disk: broker 1, \\S+/data: \\S+ [kMGT]B of \\S+ [kMGT]B left \\(\\d+ %\\)\n")
                    .matcher(run.out()).find(), run.out());
            assertTrue(RunningBroker.done(broker.run("", "doctor", "-o", "csv"))
                    .startsWith("check,fine,said,todo\r\nbootstrap,true,"), "as all lists");
        }
    }

    @Test
    void anAddressThatLeadsNowhereIsFound() throws IOException {
        int nobody = FreePorts.one();
        try (RunningBroker broker = RunningBroker.start(folder, "advertised.listeners=127.0.0.1:" + nobody)) {
            Run run = broker.run("", "doctor", "-o", "json");
            assertEquals(1, run.exitCode(), run.out());
            assertTrue(run.out().contains("{\"check\":\"advertised\",\"fine\":false,\"said\":\"broker 1 sends clients"
                    + " to 127.0.0.1:" + nobody), run.out());
            assertTrue(run.out().contains("Set advertised.listeners of broker 1"), run.out());
        }
    }

    @Test
    void whereNobodyIs() throws IOException {
        Run run = Run.of("doctor", "--bootstrap", "127.0.0.1:" + FreePorts.one());
        assertEquals(1, run.exitCode());
        assertTrue(run.out().startsWith("TO DO bootstrap: "), run.out());
    }

    @Test
    void aDiskThatIsNearlyFullIsToBeSeenTo() {
        assertEquals(new DoctorCommand.Finding("disk", "broker 7, /data: 150.0 GB of 1.0 TB left (15 %)", null),
                disk(ErrorCode.NONE, 1_000_000_000_000L, 150_000_000_000L));
        DoctorCommand.Finding scarce = disk(ErrorCode.NONE, 1_000_000_000_000L, 99_000_000_000L);
        assertEquals("broker 7, /data: 99.0 GB of 1.0 TB left (9 %)", scarce.said());
        assertTrue(String.valueOf(scarce.todo()).startsWith("Make room"), scarce::toString);
        assertTrue(String.valueOf(disk(ErrorCode.KAFKA_STORAGE_ERROR, -1, -1).todo()).startsWith("See to the disk"));
        assertNull(disk(ErrorCode.NONE, -1, -1).todo());
    }

    private static DoctorCommand.Finding disk(ErrorCode error, long total, long usable) {
        return DoctorCommand.disk(7, new LogFolder("/data", error, total, usable, false));
    }
}

package io.chapar.cli;

import org.junit.jupiter.api.Test;
import picocli.CommandLine;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

class FailuresTest {
    private final CommandLine commands = Chapar.commandLine();
    private final Chapar chapar = commands.getCommand();
    private final StringWriter err = new StringWriter();

    FailuresTest() {
        commands.setErr(new PrintWriter(err, true));
        chapar.stdout = new WatchedOutput(new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                throw new IOException("Broken pipe");
            }
        });
    }

    @Test
    void whatFailsAfterTheReaderIsGoneIsSaidAndCounts() {
        assertThrows(IOException.class, () -> chapar.stdout.write('x'));
        assertEquals(Failures.FAILED, code(new CommandFailure("The transaction was aborted")));
        assertEquals("chapar: The transaction was aborted.", err.toString().strip());
    }

    @Test
    void aBrokenPipeOfAConnectionIsAFailureAsAnyOther() {
        assertThrows(IOException.class, () -> chapar.stdout.write('x'));
        assertEquals(Failures.FAILED, code(new IOException("Broken pipe")));
    }

    @Test
    void thatTheReaderIsGoneIsNone() {
        IOException gone = assertThrows(IOException.class, () -> chapar.stdout.write('x'));
        assertEquals(ClusterCommand.DONE, code(new UncheckedIOException(gone)));
        assertEquals("", err.toString());
    }

    private int code(Exception failure) {
        return new Failures(chapar).handleExecutionException(failure, commands, commands.parseArgs());
    }
}

package io.chapar.broker.logging;

import java.util.logging.LogManager;

/// Loggers that a broker sets up itself, and that still log while it stops: the JDK's own manager reads a file, and
/// silences all as soon as the process is told to end. By [LogManager]'s rules a public class, made by its name.
public final class LastingLogManager extends LogManager {
    @Override
    public void readConfiguration() {
        // there is none to read
    }

    @Override
    public void reset() {
        // what is set up stays
    }
}

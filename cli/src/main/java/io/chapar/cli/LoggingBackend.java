package io.chapar.cli;

/// What SLF4J logs with in this process, which it is told so that it need not look for one, nor meet two. Commands take
/// the one that is there the quickest; the loggers of a broker can be changed while it runs.
final class LoggingBackend {
    private static final String PROPERTY = "slf4j.provider";
    private static final String VERBOSITY = "slf4j.internal.verbosity";
    private static final String OF_COMMANDS = "org.slf4j.simple.SimpleServiceProvider";
    private static final String OF_BROKER = "org.slf4j.jul.JULServiceProvider";

    private LoggingBackend() {
    }

    /// Unless somebody has chosen. To be called before anything is logged.
    static void choose(String... line) {
        if (System.getProperty(PROPERTY) == null) {
            System.setProperty(PROPERTY, line.length > 0 && line[0].equals("broker") ? OF_BROKER : OF_COMMANDS);
            System.setProperty(VERBOSITY, "WARN");
        }
    }
}

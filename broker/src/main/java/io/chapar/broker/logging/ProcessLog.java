package io.chapar.broker.logging;

import io.chapar.broker.config.BrokerConfig;
import io.chapar.broker.config.LogSettings;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

import java.io.PrintStream;
import java.nio.file.Path;
import java.time.ZoneId;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.logging.Formatter;
import java.util.logging.Handler;
import java.util.logging.LogManager;
import java.util.logging.Logger;

/// The log of a process that is a broker and nothing else. A broker inside another program logs as that does, by
/// SLF4J.
public final class ProcessLog {
    private static final String MANAGER = "java.util.logging.manager";
    private static final String BACKEND = "org.slf4j.jul.JDK14LoggerFactory";

    private static volatile LogLevels levels = new FixedLevels();

    private ProcessLog() {}

    /// What needs somebody's attention, who was fenced or refused in transactions and why, how a start gets on, and
    /// what is changed by whom.
    static Map<String, LogLevel> usual() {
        Map<String, LogLevel> usual = new LinkedHashMap<>();
        usual.put(LogLevels.ROOT, LogLevel.WARN);
        usual.put("io.chapar.broker.shard.RecoveryProgress", LogLevel.INFO);
        usual.put("io.chapar.broker.coordinator", LogLevel.INFO);
        usual.put(LogSettings.ADMIN_LOGGER, LogLevel.INFO);
        // A voter that is down is refused twice a second, with a trace each time; what matters is said by the broker.
        usual.put("org.apache.ratis", LogLevel.ERROR);
        usual.put("org.apache.ratis.util.LifeCycle", LogLevel.OFF);
        // What it would say of a collector that is not there is said by the broker, more rarely.
        usual.put("io.opentelemetry", LogLevel.OFF);
        return usual;
    }

    /// From now on this process logs as the settings say, unless SLF4J has another backend here. To be called before
    /// anything is logged, once.
    public static void open(BrokerConfig config) {
        if (System.getProperty(MANAGER) == null) {
            System.setProperty(MANAGER, LastingLogManager.class.getName());
        }
        if (!LoggerFactory.getILoggerFactory().getClass().getName().equals(BACKEND)) {
            return;
        }
        Logger root = LogManager.getLogManager().getLogger("");
        for (Handler handler : root.getHandlers()) {
            root.removeHandler(handler);
        }
        root.addHandler(lines(config, System.err));
        Map<String, LogLevel> all = usual();
        LogSettings.levels(config.value(LogSettings.LEVELS))
                .forEach((logger, level) -> all.put(logger, LogLevel.valueOf(level)));
        levels = new JdkLevels(all);
    }

    static LogLines lines(BrokerConfig config, PrintStream err) {
        Formatter format = config.value(LogSettings.FORMAT).equals(LogSettings.JSON) ? new JsonLines()
                : new TextLines(ZoneId.systemDefault());
        @Nullable LogFile file = config.value(LogSettings.FILE).isEmpty() ? null : new LogFile(
                Path.of(config.value(LogSettings.FILE)), config.number(LogSettings.FILE_BYTES),
                config.count(LogSettings.FILES), System::currentTimeMillis, sentence -> {
                    err.println("chapar: " + OneLine.of(sentence));
                    err.flush();
                });
        return new LogLines(format, config.flag(LogSettings.STDERR) ? err : null, file, err);
    }

    /// Of this process.
    public static LogLevels levels() {
        return levels;
    }

    /// Lines that could not be written to their file, since the process began.
    public static long notInFile() {
        return LogLines.notInFile();
    }
}

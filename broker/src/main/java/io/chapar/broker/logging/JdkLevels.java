package io.chapar.broker.logging;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.Logger;

import static java.util.Objects.requireNonNull;

/// Those of `java.util.logging`.
final class JdkLevels implements LogLevels {
    private static final String JDK_ROOT = "";

    private final Map<String, LogLevel> atStart;
    /// The JDK forgets loggers that nobody holds, with their levels. Loggers that were given one, by their name here:
    /// no more than there are.
    private final Map<String, Logger> held = Collections.synchronizedMap(new TreeMap<>());

    /// @param atStart by logger, the root among them; they hold from now on
    JdkLevels(Map<String, LogLevel> atStart) {
        this.atStart = new LinkedHashMap<>(atStart);
        this.atStart.forEach(this::set);
    }

    @Override
    public List<LoggerLevel> all() {
        SortedSet<String> names = names();
        List<LoggerLevel> all = new ArrayList<>(names.size() + 1);
        all.add(level(ROOT));
        names.forEach(name -> all.add(level(name)));
        return all;
    }

    /// But for the root.
    private static SortedSet<String> names() {
        SortedSet<String> names = new TreeSet<>();
        for (String name : Collections.list(LogManager.getLogManager().getLoggerNames())) {
            if (!name.isEmpty() && !name.equals(Logger.GLOBAL_LOGGER_NAME)) {
                names.add(name);
                for (String above = above(name); above.indexOf('.') > 0; above = above(above)) {
                    names.add(above);
                }
            }
        }
        return names;
    }

    /// Empty for the root.
    private static String above(String name) {
        int dot = name.lastIndexOf('.');
        return dot < 0 ? JDK_ROOT : name.substring(0, dot);
    }

    private static LoggerLevel level(String name) {
        String at = name.equals(ROOT) ? JDK_ROOT : name;
        while (true) {
            Logger there = LogManager.getLogManager().getLogger(at);
            Level own = there == null ? null : there.getLevel();
            if (own != null) {
                return new LoggerLevel(name, LogLevel.of(own), at.isEmpty() ? ROOT : at);
            }
            if (at.isEmpty()) {
                return new LoggerLevel(name, LogLevel.INFO, ROOT);
            }
            at = above(at);
        }
    }

    @Override
    public @Nullable String whyFixed() {
        return null;
    }

    @Override
    public void change(Map<String, @Nullable LogLevel> levels) {
        levels.forEach((name, level) -> set(name, level == null ? atStart.get(name) : level));
    }

    private void set(String name, @Nullable LogLevel level) {
        Logger logger = held.computeIfAbsent(name, _ -> Logger.getLogger(name.equals(ROOT) ? JDK_ROOT : name));
        logger.setLevel(level == null ? null : requireNonNull(level).jdk());
    }
}

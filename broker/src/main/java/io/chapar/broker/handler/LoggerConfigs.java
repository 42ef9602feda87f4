package io.chapar.broker.handler;

import io.chapar.broker.config.LogSettings;
import io.chapar.broker.handler.AlterConfigsHandler.Refusal;
import io.chapar.broker.logging.LogLevel;
import io.chapar.broker.logging.LogLevels;
import io.chapar.broker.logging.LogLevels.LoggerLevel;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.DescribeConfigsResponse.DescribeConfigsResourceResult;
import io.chapar.protocol.message.DescribeConfigsResponse.DescribeConfigsSynonym;
import io.chapar.protocol.message.IncrementalAlterConfigsRequest.AlterableConfig;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/// How much the loggers of this broker's process say, as settings: Kafka's resource BROKER_LOGGER (KIP-412), with its
/// errors. A logger is any that there is, or a package with one in it; OFF is a level too.
final class LoggerConfigs {
    static final Refusal NOT_REPLACED = new Refusal(ErrorCode.INVALID_REQUEST,
            "Levels of loggers are changed one by one, with IncrementalAlterConfigs.");
    private static final byte STRING = 2;
    private static final String ABOUT = "Least of what is logged: " + LogLevel.NAMES + ".";

    private LoggerConfigs() {}

    /// Adds the change to the values, null for one that is taken back; gives why it cannot be, else null.
    static @Nullable Refusal apply(AlterableConfig config, Map<String, String> values) {
        switch (config.configOperation()) {
            case AlterConfigsHandler.SET -> {
                if (config.value() == null) {
                    return new Refusal(ErrorCode.INVALID_CONFIG, "'" + config.name() + "' is set to no level.");
                }
                values.put(config.name(), config.value());
            }
            case AlterConfigsHandler.DELETE -> values.put(config.name(), null);
            case AlterConfigsHandler.APPEND, AlterConfigsHandler.SUBTRACT -> {
                return new Refusal(ErrorCode.INVALID_REQUEST, "The level of a logger is no list.");
            }
            default -> {
                return new Refusal(ErrorCode.INVALID_REQUEST, "Unknown operation " + config.configOperation() + ".");
            }
        }
        return null;
    }

    /// All of them, or none where one cannot be.
    static Refusal change(LogLevels loggers, Map<String, @Nullable String> values, boolean validateOnly) {
        String fixed = loggers.whyFixed();
        if (fixed != null) {
            return new Refusal(ErrorCode.INVALID_REQUEST, fixed);
        }
        Set<String> there = loggers.all().stream().map(LoggerLevel::logger).collect(Collectors.toSet());
        Map<String, @Nullable LogLevel> levels = new TreeMap<>();
        for (Map.Entry<String, @Nullable String> value : values.entrySet()) {
            String logger = value.getKey();
            String name = value.getValue();
            LogLevel level = name == null ? null : LogLevel.named(name);
            if (!there.contains(logger)) {
                return new Refusal(ErrorCode.INVALID_CONFIG, "There is no logger '" + logger + "'.");
            }
            if (logger.equals(LogSettings.ADMIN_LOGGER)) {
                // Or whoever changes something could hide it, and that it was hidden.
                return new Refusal(ErrorCode.INVALID_REQUEST, "The level of '" + logger
                        + "' is said where the broker is started, in " + LogSettings.LEVELS + ".");
            }
            if (name != null && level == null) {
                return new Refusal(ErrorCode.INVALID_CONFIG, "There is no level '" + name + "' for '" + logger
                        + "'; there are " + LogLevel.NAMES + ".");
            }
            if (name == null && logger.equals(LogLevels.ROOT)) {
                return new Refusal(ErrorCode.INVALID_REQUEST, "The root logger always has a level: set another.");
            }
            levels.put(logger, level);
        }
        if (!validateOnly) {
            loggers.change(levels);
        }
        return new Refusal(ErrorCode.NONE, null);
    }

    /// @param keys null for all
    /// @param synonyms whether to say whose level it is, where it is another's
    static List<DescribeConfigsResourceResult> described(
            LogLevels loggers, @Nullable Set<String> keys, boolean synonyms, boolean documentation) {
        List<DescribeConfigsResourceResult> all = new ArrayList<>();
        for (LoggerLevel one : loggers.all()) {
            if (keys == null || keys.contains(one.logger())) {
                String level = one.level().name();
                all.add(new DescribeConfigsResourceResult(
                        one.logger(), level, loggers.whyFixed() != null, ConfigSource.LOGGER.wire(), false,
                        synonyms ? List.of(new DescribeConfigsSynonym(one.from(), level, ConfigSource.LOGGER.wire()))
                                : List.of(),
                        STRING, documentation ? ABOUT : null));
            }
        }
        return all;
    }
}

package io.chapar.compatibility;

import io.chapar.testing.ReadyLine;
import io.chapar.testing.StartedProcess;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.AlterConfigOp.OpType;
import org.apache.kafka.clients.admin.AlterConfigsOptions;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.DescribeConfigsOptions;
import org.apache.kafka.clients.admin.ListConfigResourcesOptions;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.tools.ConfigCommand;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Levels of a broker's loggers by Kafka's own tool and client, with Kafka's errors.
@ResourceLock(KafkaTool.EXIT)
final class BrokerLoggersIT {
    private static final String LOGGER = "io.chapar.broker.net.Server";
    private static final ConfigResource OF_BROKER = new ConfigResource(ConfigResource.Type.BROKER_LOGGER, "1");

    @TempDir
    private Path folder;

    private static String configs(String bootstrap, String... words) throws Exception {
        return AdminToolsIT.run(bootstrap, ConfigCommand.class, "main", words);
    }

    private static Config described(Admin admin) throws Exception {
        return admin.describeConfigs(List.of(OF_BROKER)).all().get().get(OF_BROKER);
    }

    private static void alter(Admin admin, boolean validateOnly, AlterConfigOp... ops) throws Exception {
        admin.incrementalAlterConfigs(Map.of(OF_BROKER, List.of(ops)),
                new AlterConfigsOptions().validateOnly(validateOnly)).all().get();
    }

    private static AlterConfigOp op(String logger, String level, OpType type) {
        return new AlterConfigOp(new ConfigEntry(logger, level), type);
    }

    private static void refused(Class<? extends Exception> error, Admin admin, AlterConfigOp... ops) {
        ExecutionException why = assertThrows(ExecutionException.class, () -> alter(admin, false, ops));
        assertInstanceOf(error, why.getCause());
    }

    @Test
    void levelsAreShownSetAndTakenBack() throws Exception {
        try (StartedProcess process = StartedProcess.startJava(folder, "256m", "io.chapar.cli.Chapar",
                List.of("broker", "--listen", "127.0.0.1:0", "--data", folder.resolve("data").toString()))) {
            String bootstrap = ReadyLine.of(process).address();
            theToolChangesThem(bootstrap);
            try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
                theClientSeesWhatTheyAre(admin);
                nonsenseChangesNothing(admin);
            }
        }
    }

    private static void theToolChangesThem(String bootstrap) throws Exception {
        String[] whose = {"--entity-type", "broker-loggers", "--entity-name", "1"};
        assertTrue(configs(bootstrap, words(whose, "--describe", "--all")).contains("root=WARN"));
        assertTrue(configs(bootstrap, words(whose, "--alter", "--add-config", LOGGER + "=DEBUG,root=ERROR"))
                .contains("Completed updating config for broker-logger 1"));
        String changed = configs(bootstrap, words(whose, "--describe", "--all"));
        assertTrue(changed.contains(LOGGER + "=DEBUG ") && changed.contains("root=ERROR "), changed);
        configs(bootstrap, words(whose, "--alter", "--delete-config", LOGGER));
        String back = configs(bootstrap, words(whose, "--describe", "--all"));
        assertTrue(back.contains(LOGGER + "=ERROR "), back);
    }

    private static String[] words(String[] whose, String... what) {
        String[] all = Arrays.copyOf(what, what.length + whose.length);
        System.arraycopy(whose, 0, all, what.length, whose.length);
        return all;
    }

    private static void theClientSeesWhatTheyAre(Admin admin) throws Exception {
        ConfigEntry root = described(admin).get("root");
        assertEquals("ERROR", root.value());
        assertEquals(ConfigEntry.ConfigSource.DYNAMIC_BROKER_LOGGER_CONFIG, root.source());
        assertFalse(root.isReadOnly());
        alter(admin, true, op(LOGGER, "TRACE", OpType.SET));
        assertEquals("ERROR", described(admin).get(LOGGER).value());
        alter(admin, false, op("io.chapar.broker.net", "TRACE", OpType.SET));
        assertEquals("TRACE", described(admin).get(LOGGER).value());
        assertTrue(admin.listConfigResources(Set.of(ConfigResource.Type.BROKER_LOGGER),
                new ListConfigResourcesOptions()).all().get().contains(OF_BROKER));
    }

    private static void nonsenseChangesNothing(Admin admin) throws Exception {
        refused(InvalidConfigurationException.class, admin, op("no.such.logger", "INFO", OpType.SET));
        refused(InvalidConfigurationException.class, admin, op("no.such.logger", "", OpType.DELETE));
        refused(InvalidConfigurationException.class, admin, op(LOGGER, "LOUD", OpType.SET));
        refused(InvalidRequestException.class, admin, op("root", "", OpType.DELETE));
        refused(InvalidRequestException.class, admin, op(LOGGER, "INFO", OpType.APPEND));
        refused(InvalidConfigurationException.class, admin,
                op(LOGGER, "OFF", OpType.SET), op("no.such.logger", "INFO", OpType.SET));
        assertEquals("TRACE", described(admin).get(LOGGER).value());
        ConfigResource elsewhere = new ConfigResource(ConfigResource.Type.BROKER_LOGGER, "7");
        // Kafka's client looks for that broker for as long as it may, a minute by default.
        assertThrows(ExecutionException.class, () -> admin.describeConfigs(
                List.of(elsewhere), new DescribeConfigsOptions().timeoutMs(1_000)).all().get());
    }
}

package io.chapar.cli;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import static java.util.Objects.requireNonNull;

/// Which commands there are, in the order in which help lists them. To make a command known the parser reads its class
/// by reflection, which for all of them takes longer than most answers; so a line that names a command has no other
/// made known.
final class Nouns {
    private record Noun(Class<?> command, Map<String, Class<?>> verbs) {
    }

    private static final Map<String, Noun> ALL = new LinkedHashMap<>();

    static {
        alone("broker", BrokerCommand.class);
        alone("status", StatusCommand.class);
        alone("doctor", DoctorCommand.class);
        noun("topic", TopicCommand.class, List.of("create", "list", "describe", "offsets", "size", "alter", "delete"),
                TopicCommand.Create.class, TopicCommand.ListAll.class, TopicCommand.Describe.class,
                TopicOffsets.class, TopicSize.class, TopicCommand.Alter.class, TopicCommand.Delete.class);
        alone("produce", ProduceCommand.class);
        alone("consume", ConsumeCommand.class);
        noun("txn", TxnCommand.class, List.of("list", "describe", "why", "commit", "abort", "find-hanging"),
                TxnList.class, TxnDescribe.class, TxnWhy.class, TxnCommit.class, TxnAbort.class, TxnFindHanging.class);
        noun("group", GroupCommand.class, List.of("list", "describe", "reset", "delete"),
                GroupCommand.ListAll.class, GroupDescribe.class, GroupReset.class, GroupCommand.Delete.class);
        noun("dlq", DlqCommand.class, List.of("list", "show", "replay"),
                DlqList.class, DlqShow.class, DlqReplay.class);
        noun("config", ConfigCommand.class, List.of("describe", "explain", "diff", "set", "unset"),
                ConfigCommand.Describe.class, ConfigCommand.Explain.class, ConfigCommand.Diff.class,
                ConfigCommand.Change.class, ConfigCommand.Unset.class);
        noun("log", LogCommand.class, List.of("level"), LogLevelCommand.class);
        noun("cluster", ClusterNoun.class, List.of("start", "stop", "kill", "status", "brokers", "reassign", "drain",
                        "unregister", "quorum", "grow", "upgrade", "describe"),
                ClusterStart.class, ClusterStop.class, ClusterKill.class, ClusterStatus.class, ClusterBrokers.class,
                ClusterReassign.class, ClusterDrain.class, ClusterUnregister.class, ClusterQuorum.class,
                ClusterGrow.class, ClusterUpgrade.class, ClusterNoun.Describe.class);
        noun("backup", BackupCommand.class, List.of("create", "list", "verify", "restore"),
                BackupCommand.Create.class, BackupCommand.ListAll.class, BackupCommand.Verify.class,
                BackupCommand.Restore.class);
        noun("profile", ProfileCommand.class, List.of("create", "use", "list", "show", "delete"),
                ProfileCommand.Create.class, ProfileCommand.Use.class, ProfileCommand.ListAll.class,
                ProfileCommand.Show.class, ProfileCommand.Delete.class);
        alone("demo", DemoCommand.class);
        alone("simulate", SimulateCommand.class);
        alone("cheat", CheatCommand.class);
        alone("completion", CompletionCommand.class);
    }

    private Nouns() {
    }

    private static void alone(String name, Class<?> command) {
        ALL.put(name, new Noun(command, Map.of()));
    }

    private static void noun(String name, Class<?> command, List<String> verbs, Class<?>... classes) {
        Map<String, Class<?>> all = new LinkedHashMap<>();
        for (int i = 0; i < classes.length; i++) {
            all.put(verbs.get(i), classes[i]);
        }
        ALL.put(name, new Noun(command, all));
    }

    static void addAll(CommandLine chapar) {
        ALL.keySet().forEach(name -> add(chapar, name, null));
    }

    /// Only what the line names, where it begins with a noun, and with its verb.
    static void addNamed(CommandLine chapar, String... line) {
        if (line.length == 0 || !ALL.containsKey(line[0])) {
            addAll(chapar);
        } else {
            add(chapar, line[0], line.length == 1 ? null : line[1]);
        }
    }

    /// @param verb all of them where there is none of this name
    private static void add(CommandLine chapar, String name, @Nullable String verb) {
        Noun noun = requireNonNull(ALL.get(name));
        CommandLine command = new CommandLine(noun.command);
        noun.verbs.forEach((each, type) -> {
            if (verb == null || each.equals(verb) || !noun.verbs.containsKey(verb)) {
                command.addSubcommand(each, type);
            }
        });
        chapar.addSubcommand(name, command);
    }
}

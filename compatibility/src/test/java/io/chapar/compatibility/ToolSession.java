package io.chapar.compatibility;

import org.apache.kafka.common.utils.internals.Exit;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;

/// What Kafka's command line says at one broker, call by call, without what cannot be the same at another: addresses,
/// ids, times, widths of columns, and the words of a complaint and where in Kafka's code
/// it comes from; its kind stays.
final class ToolSession {
    /// Those of tools that do not end their process come first.
    private static final List<String> ENTRIES = List.of("mainNoExit", "execute", "main");
    /// Where a complaint comes from, and what is logged.
    private static final Pattern OF_THE_CODE = Pattern.compile(
            "(?m)^(SLF4J|\\S+ (WARN|INFO|ERROR) |\\s+at |\\s*\\.\\.\\. \\d+ more).*\\R?");
    private static final Pattern WORDS = Pattern.compile(
            "(Exception|Error while executing \\w+ command ?): .*|(Could not \\w+ \\S+( to \\d+)?)\\. .*");
    /// Words of brokers about share groups.
    private static final Pattern OF_SHARE_GROUPS = Pattern.compile(
            "Error: (Group \\S+ not found|There is no share group|The group is not empty"
                    + "|The share group \\S+ has members|The group knows nothing|This server does not).*");
    /// Kafka says nothing of what holds by default of these.
    private static final Pattern OWN_DEFAULTS =
            Pattern.compile(", DEFAULT_CONFIG:(log\\.retention\\.ms|interval\\.ms|match)=[^},]*(?=})");
    /// What a cluster of Kafka's has of its own from its beginning.
    private static final Pattern OF_ANOTHER_CLUSTER =
            Pattern.compile("(?m)^ *min\\.insync\\.replicas=1 .*\\R?|min\\.insync\\.replicas=1,?");

    private final StockClients stock;
    private final List<String> said = new ArrayList<>();

    ToolSession(String bootstrap) {
        stock = new StockClients(bootstrap);
    }

    /// The process of the tool would end here.
    private static final class Ended extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Ended(int code, String message) {
            super("ended with " + code + (message == null ? "" : ": " + message));
        }
    }

    StockClients stock() {
        return stock;
    }

    /// @param words without the bootstrap server
    void run(Class<?> tool, String... words) throws Exception {
        List<String> line = new ArrayList<>(List.of("--bootstrap-server", stock.bootstrap()));
        line.addAll(Arrays.asList(words));
        Method entry = entry(tool);
        String[] end = {""};
        Exit.setExitProcedure((code, message) -> {
            throw new Ended(code, message);
        });
        try {
            String printed = KafkaToolsIT.printed(() -> {
                try {
                    Object code = entry.invoke(null, (Object) line.toArray(String[]::new));
                    end[0] = code == null ? "" : "code " + code;
                } catch (InvocationTargetException e) {
                    end[0] = e.getCause().toString();
                }
            });
            said.add("> " + tool.getSimpleName() + " " + String.join(" ", words));
            said.add(plain(printed + "\n" + end[0]));
        } finally {
            Exit.resetExitProcedure();
        }
    }

    /// What is to be the same besides.
    ///
    /// @param of what was asked
    void note(String of, String printed) {
        said.add("> " + of);
        said.add(plain(printed));
    }

    private static Method entry(Class<?> tool) {
        for (String name : ENTRIES) {
            try {
                Method found = tool.getDeclaredMethod(name, String[].class);
                found.setAccessible(true);
                return found;
            } catch (NoSuchMethodException _) {
                continue;
            }
        }
        throw new IllegalArgumentException(tool + " cannot be called");
    }

    private String plain(String printed) {
        String kind = OF_SHARE_GROUPS.matcher(WORDS.matcher(OF_THE_CODE.matcher(printed).replaceAll(""))
                .replaceAll("$1$2")).replaceAll("Error");
        String own = OF_ANOTHER_CLUSTER.matcher(OWN_DEFAULTS.matcher(kind).replaceAll("")).replaceAll("");
        return own
                .replace(stock.bootstrap(), "BROKER")
                .replaceAll("/?(127\\.0\\.0\\.1|localhost)", "HOST")
                .replaceAll("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "UUID")
                .replaceAll("TopicId: \\S{22}", "TopicId: ID")
                .replaceAll("(?m)(^|[ \\t])[-\\w]{22}(?=[ \\t]|$)", "$1ID")
                .replaceAll("\"(logDir|path)\":\"[^\"]*\"", "\"$1\":\"DIR\"")
                .replaceAll("\"log_dirs\":\\[[^\\]]*]", "\"log_dirs\":[DIR]")
                .replaceAll(" +", " ").replaceAll("(?m) +$", "").strip();
    }

    String said() {
        return String.join("\n", said);
    }
}

package io.chapar.cli.process;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// Command lines of further processes with this one's Java, class path, native libraries and classes kept ready.
public final class JavaCommand {
    /// The command's main class. What is named here lies above this package.
    public static final String CHAPAR = "io.chapar.cli.Chapar";

    /// As in `bin/chapar`, so that classes that are kept ready serve these processes too.
    private static final List<String> COMMON = List.of("-XX:+UseSerialGC", "-XX:+UseCompactObjectHeaders",
            "-XX:-UsePerfData", "--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow");
    private static final List<String> LASTING = List.of("-Dio.netty.leakDetection.level=disabled",
            "-Dio.netty.jfr.enabled=false", "-Dslf4j.internal.verbosity=WARN", "-XX:InlineSmallCode=500",
            "-XX:Tier4BackEdgeThreshold=400000",
            "-Xms24m", "-Xmx512m", "-XX:ReservedCodeCacheSize=64m", "-XX:+ExitOnOutOfMemoryError");

    private JavaCommand() {
    }

    /// Of which kind a process is: each has other classes kept ready.
    public enum Kind {
        BROKER("chapar.aot", "org.slf4j.jul.JULServiceProvider"),
        BROKER_OF_A_CLUSTER("chapar.aot.cluster", "org.slf4j.jul.JULServiceProvider"),
        COMMAND("chapar.aot.commands", "org.slf4j.simple.SimpleServiceProvider");

        private final String cache;
        private final String logging;

        Kind(String cache, String logging) {
            this.cache = cache;
            this.logging = logging;
        }
    }

    /// Flags that any process gets, and those of its own.
    public static List<String> flags(Kind kind, List<String> own) {
        List<String> flags = new ArrayList<>(COMMON);
        flags.add("-Dslf4j.provider=" + kind.logging);
        String aotCache = System.getProperty(kind.cache);
        if (aotCache != null) {
            flags.addAll(List.of(
                    "-XX:AOTCache=" + aotCache, "-XX:AOTMode=auto", "-Xlog:disable", "-Xlog:all=error:stderr"));
        }
        for (String handedOn : List.of("java.library.path", "chapar.natives")) {
            String value = System.getProperty(handedOn);
            if (value != null) {
                flags.add("-D" + handedOn + "=" + value);
            }
        }
        flags.addAll(own);
        return flags;
    }

    /// Those of a broker of a cluster that is here to stay, as `bin/chapar broker` has them.
    ///
    /// @param further what the user adds, separated by white space; it wins
    public static List<String> brokerFlags(String further) {
        List<String> own = new ArrayList<>(LASTING);
        further.strip().lines().flatMap(line -> List.of(line.strip().split("\\s+")).stream())
                .filter(flag -> !flag.isEmpty()).forEach(own::add);
        return flags(Kind.BROKER_OF_A_CLUSTER, own);
    }

    public static List<String> line(List<String> flags, String mainClass, List<String> arguments) {
        List<String> line = new ArrayList<>();
        line.add(ProcessHandle.current().info().command()
                .orElseGet(() -> Path.of(System.getProperty("java.home"), "bin", "java").toString()));
        line.addAll(flags);
        line.add("-cp");
        line.add(System.getProperty("java.class.path"));
        line.add(mainClass);
        line.addAll(arguments);
        return line;
    }
}

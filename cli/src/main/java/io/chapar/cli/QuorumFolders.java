package io.chapar.cli;

import io.chapar.broker.QuorumRepair;
import io.chapar.broker.QuorumRepair.Known;
import io.chapar.broker.config.BrokerStartException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/// What is done to the data folder of a voter that does not run.
final class QuorumFolders {
    private QuorumFolders() {
    }

    abstract static class OfAFolder extends ClusterCommand {
        @Option(names = "--data", paramLabel = "FOLDER", required = true,
            description = "The data folder of the broker, which must not run.")
        Path data;

        @Override
        public final Integer call() {
            try {
                print(run());
                return DONE;
            } catch (BrokerStartException e) {
                String why = String.valueOf(e.getMessage());
                throw new CommandFailure(why.endsWith(".") ? why.substring(0, why.length() - 1) : why, e);
            }
        }

        abstract Known run();

        /// What has to be done next.
        abstract String next();

        private void print(Known known) {
            Map<String, Object> all = new LinkedHashMap<>();
            all.put("node", known.node());
            all.put("clusterId", known.cluster());
            all.put("voters", known.voters());
            all.put("term", known.term());
            all.put("index", known.index());
            all.put("version", known.version());
            all.put("brokers", known.brokers());
            all.put("topics", known.topics());
            switch (format()) {
                case table, wide, name, csv -> {
                    all.forEach((name, value) -> out().printf("%-10s %s%n", name + ":", value));
                    if (!next().isEmpty()) {
                        out().println();
                        out().println(next());
                    }
                }
                case json, yaml -> show(all);
            }
        }
    }

    abstract static class WithLoss extends OfAFolder {
        @Option(names = "--i-accept-loss", required = true,
            description = "Whatever only the lost voters knew is lost.")
        boolean acceptsLoss;
    }

    @Command(name = "look", description = "Show what a stopped voter's folder knows of the metadata.",
            footer = {"",
                "Of several, the one with the greatest term knows the most, of those with the same the one with the",
                "greatest index.",
                "", "Example:", "  chapar cluster quorum look --data /var/lib/chapar"})
    static final class Look extends OfAFolder {
        @Override
        Known run() {
            return QuorumRepair.look(data);
        }

        @Override
        String next() {
            return "";
        }
    }

    @Command(name = "export", description = "Let the last broker of a cluster go on without others.",
            footer = {"",
                "All partitions have to be there and nowhere else, and it has to be the only voter.",
                "", "Example:", "  chapar cluster quorum export --data /var/lib/chapar"})
    static final class Export extends OfAFolder {
        @Override
        Known run() {
            return QuorumRepair.export(data);
        }

        @Override
        String next() {
            return "Start it without --quorum. What the quorum had is in 'quorum.before-alone'.";
        }
    }

    @Command(name = "recover", description = "Begin a new quorum from a survivor after most voters were lost for good.",
            footer = {"",
                "On the survivor that knows the most ('look' says how much); the others 'forget'. Partitions whose",
                "replicas in sync were all lost stay without a leader until an unclean election.",
                "", "Example:", "  chapar cluster quorum recover --i-accept-loss --data /var/lib/chapar"})
    static final class Recover extends WithLoss {
        @Override
        Known run() {
            return QuorumRepair.recover(data);
        }

        @Override
        String next() {
            return "Let the other survivors forget the quorum of before, and start all with a --quorum that names"
                    + " those that are left.";
        }
    }

    @Command(name = "forget", description = "Let a survivor join the quorum that another one was recovered to.",
            footer = {"", "Example:", "  chapar cluster quorum forget --i-accept-loss --data /var/lib/chapar"})
    static final class Forget extends WithLoss {
        @Override
        Known run() {
            return QuorumRepair.forget(data);
        }

        @Override
        String next() {
            return "Start it with the --quorum of the recovered one.";
        }
    }
}

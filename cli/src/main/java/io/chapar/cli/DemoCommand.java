package io.chapar.cli;

import io.chapar.cli.cluster.StartPlanCore;
import io.chapar.cli.demo.Demo;
import io.chapar.cli.demo.DemoFailure;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

import java.util.concurrent.Callable;

@Command(
        name = "demo",
        description = "Show what each delivery mode is worth while processes die.",
        footer = {"",
            "Feeds 20,000 real flights to a broker and runs a processor over them once for each delivery mode. Broker",
            "and processor are processes of their own and are killed with SIGKILL several times while they work;",
            "another process then looks for every flight by its id. Takes less than a minute, and leaves nothing",
            "behind. Brokers of a cluster are killed in turn, and start again while the others go on.",
            "", "Exit code 0: exactly-once lost nothing, duplicated nothing, and every kill struck work in flight.",
            "", "Examples:", "  chapar demo", "  chapar demo --nodes 3"})
final class DemoCommand implements Callable<Integer> {
    @Spec
    CommandSpec spec;

    @Option(names = "--flights", paramLabel = "N", defaultValue = "20000",
        description = "How many of the 20,000 flights to feed (default: all).")
    int flights;

    @Option(names = "--nodes", paramLabel = "N", defaultValue = "1",
        description = "Brokers: 1, or a cluster of up to " + StartPlanCore.MOST_NODES + " (default: 1).")
    int nodes;

    @Option(names = "--keep", description = "Keep the folder with the broker's data and the processes' errors.")
    boolean keep;

    @Override
    public Integer call() {
        if (flights < Demo.FEWEST_FLIGHTS || flights > Demo.MOST_FLIGHTS) {
            throw new CommandLine.ParameterException(spec.commandLine(),
                    "--flights is between " + Demo.FEWEST_FLIGHTS + " and " + Demo.MOST_FLIGHTS + ".");
        }
        if (nodes < 1 || nodes > StartPlanCore.MOST_NODES) {
            throw new CommandLine.ParameterException(spec.commandLine(),
                    "--nodes is between 1 and " + StartPlanCore.MOST_NODES + ".");
        }
        try {
            return new Demo(flights, nodes, keep, spec.commandLine().getOut()).run() ? 0 : Failures.FAILED;
        } catch (DemoFailure e) {
            throw new CommandFailure(e);
        }
    }
}

package io.chapar.cli;

import io.chapar.cli.ProfileCommand.Talk;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

import java.io.PrintWriter;
import java.util.concurrent.Callable;

/// A command that asks a cluster.
abstract class ClusterCommand implements Callable<Integer> {
    static final int DONE = 0;

    @Spec
    CommandSpec spec;

    Chapar chapar() {
        return (Chapar) spec.root().userObject();
    }

    PrintWriter out() {
        return spec.commandLine().getOut();
    }

    PrintWriter err() {
        return spec.commandLine().getErr();
    }

    OutputFormat format() {
        return chapar().output;
    }

    /// Whether it is programs that read the answer.
    boolean structured() {
        return format().structured();
    }

    /// An answer for programs.
    void show(Object value) {
        format().print(value, out());
    }

    /// For commands whose answers are records, which are many.
    void requireLinesOrJson() {
        if (format() != OutputFormat.table && format() != OutputFormat.json) {
            throw usage("-o " + format() + " is for lists; records come as lines, or with -o json.");
        }
    }

    /// What was done, in words; not for programs, which have the exit code.
    void said(String sentence) {
        if (!structured()) {
            out().println(sentence);
        }
    }

    Cluster connect() {
        return Cluster.connect(reachable());
    }

    /// The bootstrap addresses, one of which takes connections: fails at once, not after a long timeout, when none
    /// does.
    String reachable() {
        String bootstrap = bootstrap();
        Bootstrap.requireReachable(bootstrap);
        return bootstrap;
    }

    /// The addresses, of which nobody knows yet whether anybody is there.
    String bootstrap() {
        Talk talk = chapar().talk();
        String problem = Bootstrap.problem(talk.bootstrap());
        if (problem != null) {
            throw usage(chapar().given == null ? problem + " " + talk.from() + " says so." : problem);
        }
        return talk.bootstrap();
    }

    /// Whether anybody says whom to ask.
    boolean isBootstrapGiven() {
        return chapar().given != null || !Chapar.saidByVariable().isEmpty()
                || Profiles.read().inUse() != null;
    }

    CommandLine.ParameterException usage(String sentence) {
        return new CommandLine.ParameterException(spec.commandLine(), sentence);
    }
}

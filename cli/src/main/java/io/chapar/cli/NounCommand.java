package io.chapar.cli;

import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/// A noun alone does nothing: it needs one of its verbs.
abstract class NounCommand implements Runnable {
    @Spec
    CommandSpec spec;

    @Override
    public void run() {
        throw new CommandLine.ParameterException(spec.commandLine(), "'" + spec.qualifiedName() + "' needs a verb.");
    }
}

package io.chapar.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

import java.util.concurrent.Callable;

@Command(
        name = "completion",
        description = "Print the script with which a shell completes commands, options and their values.",
        footer = {"", "Examples:", "  source <(chapar completion bash)      (in ~/.bashrc)",
            "  source <(chapar completion zsh)       (in ~/.zshrc, behind compinit)",
            "  chapar completion fish > ~/.config/fish/completions/chapar.fish"})
final class CompletionCommand implements Callable<Integer> {
    @Spec
    CommandSpec spec;

    @Parameters(paramLabel = "SHELL", description = "The shell: ${COMPLETION-CANDIDATES}.")
    Completion.Shell shell;

    @Override
    public Integer call() {
        spec.commandLine().getOut().print(Completion.script(shell, Chapar.commandLine()));
        return ClusterCommand.DONE;
    }
}

package io.chapar.cli;

import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// Man pages, one of each command, and the scripts for completion: what a package installs beside the command. Made
/// from the same model as `--help`.
final class Manual {
    private static final String ENVIRONMENT = """
            .SH ENVIRONMENT
            .TP
            .B CHAPAR_BOOTSTRAP
            Brokers to ask first, as with
            .BR \\-\\-bootstrap .
            .TP
            .B CHAPAR_DEBUG
            1 shows the whole cause of a failure, as with
            .BR \\-\\-verbose .
            .TP
            .B CHAPAR_JAVA_HOME
            A Java 25 or later to run with.
            .TP
            .B CHAPAR_JAVA_OPTS
            Further flags for the Java virtual machine.
            """;
    private static final String EXIT = """
            .SH EXIT STATUS
            0 when it is done, 1 when it failed, 2 when the command line makes no sense.
            """;

    private final String version;
    private final String date;

    private Manual(String version, String date) {
        this.version = version;
        this.date = date;
    }

    /// @param args the folder to write to (`share` of an archive), the version, and the day that pages are dated with
    public static void main(String[] args) throws IOException {
        Path share = Path.of(args[0]);
        Path pages = Files.createDirectories(share.resolve("man/man1"));
        CommandLine chapar = Chapar.commandLine();
        new Manual(args[1], args[2]).write(chapar, pages);
        for (Completion.Shell shell : Completion.Shell.values()) {
            Path file = share.resolve(shell.installed());
            Files.createDirectories(file.resolveSibling("."));
            Files.writeString(file, Completion.script(shell, chapar));
        }
    }

    private void write(CommandLine command, Path pages) throws IOException {
        Files.writeString(pages.resolve(name(command) + ".1"), page(command));
        for (CommandLine sub : command.getSubcommands().values()) {
            write(sub, pages);
        }
    }

    private static String name(CommandLine command) {
        return command.getCommandSpec().qualifiedName("-");
    }

    String page(CommandLine command) {
        CommandSpec spec = command.getCommandSpec();
        String name = name(command);
        StringBuilder page = new StringBuilder(2_048);
        page.append(".TH \"").append(name.toUpperCase(java.util.Locale.ROOT)).append("\" 1 \"").append(date)
                .append("\" \"Chapar ").append(version).append("\" \"Chapar\"\n");
        String description = String.join(" ", spec.usageMessage().description());
        page.append(".SH NAME\n").append(text(name)).append(" \\- ")
                .append(text(description.replaceFirst("\\.$", ""))).append('\n');
        page.append(".SH SYNOPSIS\n.nf\n").append(text(command.getHelp().synopsis(0).strip())).append("\n.fi\n");
        page.append(".SH DESCRIPTION\n").append(text(description)).append('\n');
        arguments(spec, page);
        subcommands(command, page);
        String[] footer = spec.usageMessage().footer();
        if (footer.length > 0) {
            page.append(".SH NOTES\n.nf\n");
            List.of(footer).forEach(line -> page.append(text(line)).append('\n'));
            page.append(".fi\n");
        }
        page.append(EXIT);
        page.append(ENVIRONMENT);
        CommandLine parent = command.getParent();
        if (parent != null) {
            page.append(".SH SEE ALSO\n.BR ").append(text(name(parent))).append(" (1)\n");
        }
        return page.toString();
    }

    private static void arguments(CommandSpec spec, StringBuilder page) {
        if (!spec.positionalParameters().isEmpty()) {
            page.append(".SH ARGUMENTS\n");
            spec.positionalParameters().stream().filter(each -> !each.hidden())
                    .forEach(each -> argument(each.paramLabel(), each, page));
        }
        page.append(".SH OPTIONS\n");
        for (OptionSpec option : spec.options()) {
            if (!option.hidden()) {
                String names = String.join(", ", option.names());
                argument(option.arity().max() == 0 ? names : names + "=" + option.paramLabel(), option, page);
            }
        }
    }

    private static void argument(String title, ArgSpec argument, StringBuilder page) {
        page.append(".TP\n.B ").append(text(title)).append('\n')
                .append(text(plain(String.join(" ", argument.description()), argument))).append('\n');
    }

    /// As help shows it: with the values of an enumeration in place of the variable that stands for them.
    static String plain(String description, ArgSpec argument) {
        Iterable<String> values = argument.completionCandidates();
        String all = values == null ? "" : String.join(", ", values);
        return Ansi.OFF.string(description.replace("${COMPLETION-CANDIDATES}", all)).replace("%%", "%");
    }

    private static void subcommands(CommandLine command, StringBuilder page) {
        if (command.getSubcommands().isEmpty()) {
            return;
        }
        page.append(".SH COMMANDS\n");
        command.getSubcommands().values().forEach(sub -> page.append(".TP\n.BR ").append(text(name(sub)))
                .append(" (1)\n")
                .append(text(String.join(" ", sub.getCommandSpec().usageMessage().description()))).append('\n'));
    }

    /// What roff would take for a command of its own is said in another way.
    static String text(String plain) {
        String safe = plain.replace("\\", "\\e").replace("-", "\\-");
        return safe.lines().map(line -> line.startsWith(".") || line.startsWith("'") ? "\\&" + line : line)
                .collect(java.util.stream.Collectors.joining("\n"));
    }
}

package io.chapar.cli;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

import java.io.PrintWriter;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Turns whatever went wrong into one sentence on standard error and an exit code.
final class Failures implements CommandLine.IExecutionExceptionHandler {
    static final int FAILED = 1;
    static final int USAGE = 2;

    private static final Pattern NOT_A_NUMBER =
            Pattern.compile("^Invalid value for (?:option|positional parameter) .*?([-\\w]+)'?.*"
                    + ": '(.*)' is not an? (?:int|long|short)");
    private static final Pattern PARAMETER = Pattern.compile("^Invalid value for positional parameter [^:]*: (.*)");

    private final Chapar chapar;

    Failures(Chapar chapar) {
        this.chapar = chapar;
    }

    static int usage(ParameterException failure, String[] args) {
        CommandLine command = failure.getCommandLine();
        PrintWriter err = command.getErr();
        err.println("chapar: " + (failure instanceof UnmatchedArgumentException unmatched ? unknown(unmatched)
                : end(valueProblem(firstLine(failure.getMessage()).replace("option option", "option")))));
        String name = command.getCommandSpec().qualifiedName();
        if (command.getSubcommands().isEmpty()) {
            err.println("See '" + name + " --help'.");
        } else {
            err.println("Commands: " + String.join(", ", visible(command)) + ". See '" + name + " --help'.");
        }
        err.flush();
        return USAGE;
    }

    private static String unknown(UnmatchedArgumentException failure) {
        String what = failure.isUnknownOption() ? "Unknown option '"
                : failure.getCommandLine().getSubcommands().isEmpty() ? "Nothing is known to do with '"
                        : "Unknown command '";
        String word = failure.getUnmatched().getFirst();
        String verb = failure.isUnknownOption() ? null
                : Words.nearest(word, visible(failure.getCommandLine()));
        List<String> near = verb != null ? List.of(verb)
                : failure.isUnknownOption() ? failure.getSuggestions() : List.of();
        return what + word + "'." + (near.isEmpty() ? ""
                : " Did you mean " + String.join(" or ", near.subList(0, Math.min(2, near.size()))) + "?");
    }

    /// The parser's words about a value, without the names of Java types and of positions.
    private static String valueProblem(String words) {
        String message = words.replaceFirst("^Error: ", "");
        Matcher number = NOT_A_NUMBER.matcher(message);
        if (number.find()) {
            return number.group(1) + " needs a whole number, not '" + number.group(2) + "'";
        }
        Matcher parameter = PARAMETER.matcher(message);
        return parameter.find() ? parameter.group(1) : message;
    }

    private static List<String> visible(CommandLine command) {
        return command.getSubcommands().entrySet().stream()
            .filter(entry -> !entry.getValue().getCommandSpec().usageMessage().hidden())
            .map(Map.Entry::getKey).toList();
    }

    @Override
    public int handleExecutionException(Exception failure, CommandLine command, CommandLine.ParseResult parsed) {
        if (failure instanceof ParameterException usage) {
            return usage(usage, new String[0]);
        }
        if (WatchedOutput.isReaderGone(failure)) {
            return ClusterCommand.DONE;
        }
        PrintWriter err = command.getErr();
        boolean unwritten = chapar.stdout instanceof WatchedOutput out && out.problem() != null;
        err.println("chapar: " + (unwritten ? ((WatchedOutput) chapar.stdout).problem()
                : Words.withoutCodes(sentence(failure))));
        if (chapar.verbose || debug(System.getenv("CHAPAR_DEBUG"))) {
            failure.printStackTrace(err);
        }
        err.flush();
        return FAILED;
    }

    private static boolean debug(@Nullable String value) {
        return value != null && !value.isEmpty() && !value.equals("0");
    }

    /// The message of the innermost cause that has one; a kind of exception is named only where its message alone would
    /// say nothing.
    static String sentence(Throwable failure) {
        if (failure instanceof CommandFailure || failure.getCause() == null) {
            return describe(failure);
        }
        Throwable root = failure;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        String outer = firstLine(failure.getMessage());
        boolean outerOnlyRepeats = outer.isEmpty() || outer.contains(root.getClass().getName());
        return outerOnlyRepeats ? describe(root) : end(outer);
    }

    private static String describe(Throwable failure) {
        String message = firstLine(failure.getMessage());
        if (message.isEmpty()) {
            return failure.getClass().getSimpleName() + " (--verbose shows where).";
        }
        return end(message);
    }

    private static String end(String sentence) {
        return sentence.endsWith(".") || sentence.endsWith("?") || sentence.endsWith("!") ? sentence : sentence + ".";
    }

    /// To be gone on with.
    static String withoutStop(RuntimeException failure) {
        String said = String.valueOf(failure.getMessage()).strip();
        return said.endsWith(".") ? said.substring(0, said.length() - 1) : said;
    }

    private static String firstLine(@Nullable String message) {
        return message == null ? "" : message.lines().findFirst().orElse("").strip();
    }
}

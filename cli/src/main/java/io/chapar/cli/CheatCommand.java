package io.chapar.cli;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;

/// Commands to copy. A test runs them all, in this order, against a broker.
@Command(
        name = "cheat",
        description = "Show commands to copy, for all or one of: topics, records, groups, transactions, letters,"
            + " settings.",
        footer = {"", "Example:", "  chapar cheat transactions"})
final class CheatCommand implements Callable<Integer> {
    /// What is to be done, and the command that does it.
    record Line(String what, String command) {
    }

    record Sheet(String title, List<Line> lines) {
    }

    static final List<Sheet> SHEETS = List.of(
            new Sheet("topics", List.of(
                    new Line("make one", "chapar topic create flights --partitions 4"),
                    new Line("with settings", "chapar topic create prices --config cleanup.policy=compact"),
                    new Line("which there are", "chapar topic list"),
                    new Line("who leads, which offsets", "chapar topic describe flights"),
                    new Line("what they take on disk", "chapar topic size"),
                    new Line("offsets as of an hour ago", "chapar topic offsets flights --at -1h"),
                    new Line("more partitions", "chapar topic alter flights --partitions 8"))),
            new Sheet("records", List.of(
                    new Line("one line, one record", "echo hello | chapar produce flights"),
                    new Line("key, tab, value", "printf 'k1\\thello\\n' | chapar produce flights --keyed"),
                    new Line("all in one transaction",
                            "printf 'a\\nb\\n' | chapar produce flights --transactional-id me"),
                    new Line("all there is", "chapar consume flights --exit-at-end"),
                    new Line("the last ten", "chapar consume flights --from -10 --exit-at-end"),
                    new Line("since an hour ago", "chapar consume flights --from @-1h:end"),
                    new Line("by a template", "chapar consume flights --from earliest:end -f '%p %o %k=%v\\n'"),
                    new Line("as JSON", "chapar consume flights --exit-at-end -o json"))),
            new Sheet("groups", List.of(
                    new Line("read as one", "chapar consume flights --group billing --exit-at-end"),
                    new Line("which there are", "chapar group list"),
                    new Line("who is behind, and why", "chapar group describe billing"),
                    new Line("what going back would do", "chapar group reset billing --to earliest"),
                    new Line("go back", "chapar group reset billing --to earliest --execute"))),
            new Sheet("transactions", List.of(
                    new Line("which ids there are", "chapar txn list"),
                    new Line("one of them", "chapar txn describe me"),
                    new Line("what readers wait for", "chapar txn why flights/0"),
                    new Line("open, and nobody ends them", "chapar txn find-hanging"),
                    new Line("open for a minute", "chapar txn list --open-longer-than 60"))),
            new Sheet("letters", List.of(
                    new Line("what applications gave up", "chapar dlq list"))),
            new Sheet("settings", List.of(
                    new Line("what holds, and why", "chapar config describe flights"),
                    new Line("keep records for an hour", "chapar config set flights retention.ms=3600000"),
                    new Line("what differs from defaults", "chapar config diff flights"),
                    new Line("what one means", "chapar config explain flights retention.ms"),
                    new Line("back to the default", "chapar config unset flights retention.ms"),
                    new Line("let a broker say more", "chapar log level set io.chapar.broker=INFO"),
                    new Line("and again as usual", "chapar log level unset io.chapar.broker"))));

    @Spec
    CommandSpec spec;

    @Parameters(paramLabel = "SHEET", arity = "0..1", description = "One of them; all when left out.")
    @Nullable String sheet;

    @Override
    public Integer call() {
        List<Sheet> shown = SHEETS.stream().filter(each -> sheet == null || each.title.equals(sheet)).toList();
        if (shown.isEmpty()) {
            throw new picocli.CommandLine.ParameterException(spec.commandLine(), "There is no sheet '" + sheet
                    + "'; there are " + String.join(", ", SHEETS.stream().map(Sheet::title).toList()) + ".");
        }
        java.io.PrintWriter out = spec.commandLine().getOut();
        for (Sheet each : shown) {
            out.println("# " + each.title.toUpperCase(Locale.ROOT));
            int width = each.lines.stream().mapToInt(line -> line.command.length()).max().orElse(0);
            each.lines.forEach(line ->
                    out.println(line.command + " ".repeat(width - line.command.length()) + "  # " + line.what));
            if (!each.equals(shown.getLast())) {
                out.println();
            }
        }
        return ClusterCommand.DONE;
    }
}

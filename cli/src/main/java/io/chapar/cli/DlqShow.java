package io.chapar.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

@Command(name = "show", description = "Show the dead letters of a topic: where they came from, and why.",
        footer = {"", "-o json has the records too: key, value and headers.", "", "Examples:",
            "  chapar dlq show failed", "  chapar dlq show failed --error Timeout --all -n 20",
            "  chapar dlq show failed 0@17 -o json"})
final class DlqShow extends ListCommand {
    @Mixin
    LetterFilter filter = new LetterFilter();

    @Option(names = "--all", description = "Those that were put back too.")
    boolean all;

    @Option(names = {"-n", "--count"}, paramLabel = "N", defaultValue = "100",
        description = "Up to so many (default: 100).")
    int count;

    @Override
    void check() {
        String problem = filter.problem();
        if (problem != null) {
            throw usage(problem);
        }
        if (count < 1) {
            throw usage("--count is at least 1.");
        }
    }

    @Override
    Listing list(Cluster cluster) {
        Table table = new Table("letter", "origin", "time", "key", "replayed", "error");
        List<Map<String, Object>> objects = new ArrayList<>();
        try (DeadLetterTopic read = DeadLetterTopic.open(cluster, bootstrap(), filter.topic)) {
            ReplayMarks marks = read.marks();
            read.forEach(record -> {
                DeadLetter letter = DeadLetter.of(record);
                boolean replayed = marks.contains(record);
                if (letter == null || !filter.takes(letter) || (replayed && !all)) {
                    return true;
                }
                table.row(letter.place(), letter.from(), Instant.ofEpochMilli(record.timestamp()).toString(),
                        record.key() == null ? null : Utf8.textOrNull(record.key()), replayed ? "yes" : "no",
                        letter.omitted() == null ? letter.error()
                                : letter.error() + " (a notice alone: " + letter.omitted() + ")");
                objects.add(letter.object(replayed));
                return objects.size() < count;
            });
        }
        Listing listing = new Listing(table).whole(objects);
        return table.isEmpty() ? listing.line("No dead letter of that kind waits in " + filter.topic + ".") : listing;
    }
}

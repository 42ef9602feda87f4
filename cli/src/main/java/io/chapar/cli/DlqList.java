package io.chapar.cli;

import io.chapar.client.metadata.TopicView;
import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

import java.time.Instant;
import java.util.List;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import java.util.stream.Stream;

@Command(name = "list", description = "List the topics that have dead letters, and how many of them wait.",
        footer = {"", "Every topic is looked at; --match says which, where there are many.", "", "Examples:",
            "  chapar dlq list", "  chapar dlq list --match '.*-failed'"})
final class DlqList extends ListCommand {
    private static final int MAX_PARTITIONS = 5_000;

    @Option(names = "--match", paramLabel = "REGEX", description = "Only topics that match the expression as a whole.")
    @Nullable String match;

    @Override
    void check() {
        try {
            Pattern.compile(match == null ? "" : match);
        } catch (PatternSyntaxException e) {
            throw usage("--match is a regular expression, not '" + match + "'.");
        }
    }

    @Override
    Listing list(Cluster cluster) {
        Table table = new Table("topic", "letters", "replayed", "waiting", "oldestWaiting");
        LetterSearch search = search(cluster);
        for (String topic : search.found()) {
            count(cluster, topic, table);
        }
        Listing listing = new Listing(table);
        if (table.isEmpty()) {
            listing.line(search.unsure().isEmpty() ? "No topic has dead letters." : "No dead letters were found.");
        } else if (!search.unsure().isEmpty()) {
            listing.table(table);
        }
        return search.unsure().isEmpty() ? listing : listing.line(search.stoppedEarly());
    }

    private LetterSearch search(Cluster cluster) {
        List<TopicPartition> partitions = cluster.topics().stream()
                .filter(topic -> !topic.internal() && (match == null || topic.name().matches(match)))
                .flatMap(DlqList::partitions).toList();
        if (partitions.size() > MAX_PARTITIONS) {
            throw new CommandFailure("There are " + partitions.size() + " partitions, which are too many to look at."
                    + " Say which topics with --match");
        }
        LetterSearch search = new LetterSearch();
        if (partitions.isEmpty()) {
            return search;
        }
        try (DeadLetterTopic all = DeadLetterTopic.open(cluster, bootstrap(), partitions)) {
            search.run(all, partitions);
        }
        return search;
    }

    private static Stream<TopicPartition> partitions(TopicView topic) {
        return topic.partitions().stream().map(one -> new TopicPartition(topic.name(), one.partition()));
    }

    private void count(Cluster cluster, String topic, Table table) {
        long[] letters = new long[2];
        long[] oldestMs = {Long.MAX_VALUE};
        try (DeadLetterTopic read = DeadLetterTopic.open(cluster, bootstrap(), topic)) {
            ReplayMarks marks = read.marks();
            read.forEach(record -> {
                if (DeadLetter.of(record) == null) {
                    return true;
                }
                letters[0]++;
                if (marks.contains(record)) {
                    letters[1]++;
                } else {
                    oldestMs[0] = Math.min(oldestMs[0], record.timestamp());
                }
                return true;
            });
        }
        long waiting = letters[0] - letters[1];
        table.row(topic, letters[0], letters[1], waiting,
                waiting == 0 ? null : Instant.ofEpochMilli(oldestMs[0]).toString());
    }
}

package io.chapar.cli;

import io.chapar.client.metadata.TopicView;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

@Command(name = "replay", description = "Put dead letters back to the topics that they came from, each once.",
        footer = {"", "A letter goes to the partition it came from, as the record that it was, in a transaction that",
            "marks it as put back: interrupted or run twice, the command puts each letter back once. What fails again",
            "is a new letter.", "", "Examples:", "  chapar dlq replay failed --dry-run", "  chapar dlq replay failed",
            "  chapar dlq replay failed 0@17 0@18", "  chapar dlq replay failed --error Timeout --to orders-repaired"})
final class DlqReplay extends ClusterCommand {
    private static final String CHANGELOG = "-changelog";
    private static final int MAX_NAMED = 10;

    @Mixin
    LetterFilter filter = new LetterFilter();

    @Option(names = "--to", paramLabel = "TOPIC", description = "Put all of them there instead, by their keys.")
    @Nullable String to;

    @Option(names = "--again", description = "Also those that were put back before.")
    boolean again;

    @Option(names = "--dry-run", description = "Only say what would be done.")
    boolean dryRun;

    private final TreeMap<String, Long> left = new TreeMap<>();
    private final TreeMap<String, Long> wouldBe = new TreeMap<>();
    private final TreeSet<String> unseen = new TreeSet<>();

    @Override
    public Integer call() {
        String problem = filter.problem();
        if (problem != null) {
            throw usage(problem);
        }
        if (filter.topic.equals(to)) {
            throw usage("--to is another topic than that of the letters.");
        }
        unseen.addAll(filter.places);
        try (Cluster cluster = connect()) {
            cluster.topic(filter.topic);
            if (to != null) {
                cluster.topic(to);
            }
            Map<String, Long> done = dryRun ? look(cluster) : replay(cluster);
            tell(done);
        }
        if (!unseen.isEmpty()) {
            throw new CommandFailure("There is no such letter in " + filter.topic + ": "
                    + String.join(", ", new ArrayList<>(unseen).subList(0, Math.min(MAX_NAMED, unseen.size()))));
        }
        return left.isEmpty() ? DONE : Failures.FAILED;
    }

    private Map<String, Long> look(Cluster cluster) {
        try (DeadLetterTopic letters = DeadLetterTopic.openWhole(cluster, bootstrap(), filter.topic)) {
            each(cluster, letters, (letter, target) -> wouldBe.merge(target.topic(), 1L, Long::sum));
        }
        return wouldBe;
    }

    private Map<String, Long> replay(Cluster cluster) {
        try (LetterReplay replay = new LetterReplay(bootstrap(), filter.topic, left);
                DeadLetterTopic letters = DeadLetterTopic.openWhole(cluster, bootstrap(), filter.topic)) {
            each(cluster, letters, replay::add);
            replay.flush();
            return replay.replayed();
        }
    }

    private interface Each {
        void accept(DeadLetter letter, LetterReplay.Target target);
    }

    private void each(Cluster cluster, DeadLetterTopic letters, Each each) {
        Map<String, Integer> partitions = new TreeMap<>();
        for (TopicView view : cluster.topics()) {
            partitions.put(view.name(), view.partitionCount());
        }
        ReplayMarks marks = letters.marks();
        letters.forEach(record -> {
            DeadLetter letter = DeadLetter.of(record);
            if (letter != null && filter.takes(letter)) {
                unseen.remove(letter.place());
                String why = marks.contains(record) && !again ? "" : reason(letter, partitions);
                if (why == null) {
                    each.accept(letter, target(letter, partitions));
                } else if (!why.isEmpty()) {
                    left.merge(why, 1L, Long::sum);
                }
            }
            return true;
        });
    }

    /// Why it cannot be put back; null when it can.
    private @Nullable String reason(DeadLetter letter, Map<String, Integer> partitions) {
        String origin = letter.origin().topic();
        if (letter.omitted() != null) {
            return "a notice alone, of a record that is where it came from, for as long as that is kept";
        }
        if (to == null && origin.endsWith(CHANGELOG)) {
            return "it stands for a timer of a step, or for the result of a window that has closed, which records alone"
                    + " make anew";
        }
        return to == null && !partitions.containsKey(origin) ? "topic " + origin + " is not there; --to names another"
                : null;
    }

    private LetterReplay.Target target(DeadLetter letter, Map<String, Integer> partitions) {
        if (to != null) {
            return new LetterReplay.Target(to, null);
        }
        String origin = letter.origin().topic();
        boolean there = letter.origin().partition() < partitions.getOrDefault(origin, 0);
        return new LetterReplay.Target(origin, there ? (Integer) letter.origin().partition() : null);
    }

    private void tell(Map<String, Long> done) {
        if (structured()) {
            Map<String, Object> object = new LinkedHashMap<>();
            object.put("topic", filter.topic);
            object.put("dryRun", dryRun);
            object.put("replayed", done);
            object.put("left", left);
            show(object);
            return;
        }
        long count = done.values().stream().mapToLong(Long::longValue).sum();
        List<String> where = done.entrySet().stream().map(one -> one.getKey() + " " + one.getValue()).toList();
        said(count == 0 ? "No dead letter of that kind waits in " + filter.topic + "."
                : (dryRun ? "Would put back " : "Put back ") + Words.count(count, "letter") + ": "
                        + String.join(", ", where) + ".");
        left.forEach((why, letters) -> err().println("Left: " + Words.count(letters, "letter") + ", " + why + "."));
    }
}

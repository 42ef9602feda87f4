package io.chapar.cli;

import io.chapar.client.consumer.ConsumerRecord;
import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;

import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/// Which topics have dead letters, or marks of replays: each partition is read from its end backwards, in steps that
/// grow, until one is found, the beginning is reached, or it has been enough. Markers of transactions are offsets
/// without records.
final class LetterSearch {
    private static final int FIRST_OFFSETS = 20;
    private static final int GROWTH = 10;
    private static final int MAX_OFFSETS = 200_000;
    /// Of one partition; a step that has begun is read to its end.
    private static final int ENOUGH_RECORDS = 1_000;
    /// Of all partitions together.
    private static final int MAX_RECORDS = 200_000;
    private static final long MAX_BYTES = 256L << 20;
    private static final int NAMED = 5;

    private final TreeSet<String> found = new TreeSet<>();
    private final TreeSet<String> unsure = new TreeSet<>();
    private final Map<TopicPartition, Integer> seen = new TreeMap<>();
    private int records;
    private long bytes;

    void run(DeadLetterTopic all, List<TopicPartition> partitions) {
        List<TopicPartition> left = partitions;
        long before = 0;
        for (long width = FIRST_OFFSETS; !left.isEmpty() && width <= MAX_OFFSETS && isWithinBounds();
                width *= GROWTH) {
            all.forEachBeforeEnd(left, before, width, this::look);
            if (!isWithinBounds()) {
                break; // in the middle of the step: nobody knows whose records are missing
            }
            before = width;
            long reached = width;
            left = left.stream().filter(one -> !found.contains(one.topic()) && !all.isWithin(one, reached)).toList();
            left.stream().filter(this::isEnough).forEach(one -> unsure.add(one.topic()));
            left = left.stream().filter(one -> !isEnough(one)).toList();
        }
        left.forEach(one -> unsure.add(one.topic()));
        unsure.removeAll(found);
    }

    private boolean isEnough(TopicPartition partition) {
        return seen.getOrDefault(partition, 0) >= ENOUGH_RECORDS;
    }

    private boolean isWithinBounds() {
        return records < MAX_RECORDS && bytes < MAX_BYTES;
    }

    private boolean look(ConsumerRecord<byte[], byte[]> record) {
        records++;
        bytes += length(record.key()) + length(record.value());
        seen.merge(record.topicPartition(), 1, Integer::sum);
        if (DeadLetter.of(record) != null || DeadLetter.text(record, ReplayMarks.HEADER) != null) {
            found.add(record.topic());
        }
        return isWithinBounds();
    }

    private static int length(byte @Nullable [] bytesOrNull) {
        return bytesOrNull == null ? 0 : bytesOrNull.length;
    }

    SortedSet<String> found() {
        return found;
    }

    /// Topics in which none was found, and which were not looked at to their beginning.
    SortedSet<String> unsure() {
        return unsure;
    }

    String stoppedEarly() {
        String more = unsure.size() > NAMED ? " and " + (unsure.size() - NAMED) + " more" : "";
        return "Looked at only in their last records, without a letter: "
                + String.join(", ", unsure.stream().limit(NAMED).toList()) + more
                + ". 'chapar dlq show TOPIC' reads one to its beginning.";
    }
}

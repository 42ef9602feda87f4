package io.chapar.cli;

import io.chapar.client.consumer.ConsumerRecord;
import io.chapar.client.producer.ProducerRecord;
import io.chapar.processor.ErrorPolicy;
import io.chapar.protocol.record.Header;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.regex.Pattern;

/// Which dead letters of a topic were put back. That stands in the topic itself, in each partition for its own letters,
/// as records that are written in the transaction which puts them back:
///
/// ```
/// header chapar.dead-letter.replayed = 12,17-25,40      no key, no value
/// ```
final class ReplayMarks {
    static final String HEADER = ErrorPolicy.HEADER_PREFIX + "replayed";
    /// Possessive: else a text of many runs takes as deep a stack.
    private static final Pattern RUNS =
            Pattern.compile("[0-9]{1,18}+(?:-[0-9]{1,18}+)?+(?:,[0-9]{1,18}+(?:-[0-9]{1,18}+)?+)*+");
    /// Runs of offsets that are kept in memory at a time.
    private static final int MAX_RUNS = 1_000_000;
    /// What one record may name.
    private static final int MAX_TEXT = 1 << 20;

    /// By partition: first offset of each run, and its last one.
    private final Map<Integer, TreeMap<Long, Long>> runs = new TreeMap<>();
    private int count;

    /// False for a record that is no mark: a letter has the headers of the record that was given up, whatever they are.
    boolean read(ConsumerRecord<byte[], byte[]> record) {
        String text = DeadLetter.of(record) != null ? null : DeadLetter.text(record, HEADER);
        if (text == null) {
            return false;
        }
        if (text.length() > MAX_TEXT || !RUNS.matcher(text).matches()) {
            throw new CommandFailure("Offset " + record.offset() + " of " + record.topic() + "/" + record.partition()
                    + " marks letters as put back in a way that cannot be read. Nothing is put back");
        }
        for (String run : text.split(",", -1)) {
            int dash = run.indexOf('-');
            long first = Long.parseLong(dash < 0 ? run : run.substring(0, dash));
            add(record.partition(), first, dash < 0 ? first : Long.parseLong(run.substring(dash + 1)));
        }
        return true;
    }

    /// Runs that meet become one.
    private void add(int partition, long from, long to) {
        TreeMap<Long, Long> ofPartition = runs.computeIfAbsent(partition, none -> new TreeMap<>());
        Map.Entry<Long, Long> before = ofPartition.floorEntry(from);
        long first = before != null && before.getValue() + 1 >= from ? before.getKey() : from;
        long last = to;
        for (Map.Entry<Long, Long> met = ofPartition.ceilingEntry(first); met != null && met.getKey() <= last + 1;
                met = ofPartition.ceilingEntry(first)) {
            last = Math.max(last, met.getValue());
            ofPartition.remove(met.getKey());
            count--;
        }
        ofPartition.put(first, last);
        if (++count > MAX_RUNS) {
            throw new CommandFailure("More than " + MAX_RUNS + " runs of letters are put back; delete what is old");
        }
    }

    boolean contains(ConsumerRecord<byte[], byte[]> record) {
        TreeMap<Long, Long> ofPartition = runs.get(record.partition());
        Map.Entry<Long, Long> run = ofPartition == null ? null : ofPartition.floorEntry(record.offset());
        return run != null && record.offset() <= run.getValue();
    }

    static ProducerRecord<byte[], byte[]> mark(String topic, int partition, SortedSet<Long> offsets) {
        Header header = new Header(HEADER, ByteBuffer.wrap(Utf8.bytes(text(offsets))));
        return new ProducerRecord<>(topic, partition, null, null, null, List.of(header));
    }

    private static String text(SortedSet<Long> offsets) {
        List<String> parts = new ArrayList<>();
        long first = -1;
        long last = -1;
        for (long offset : offsets) {
            if (first >= 0 && offset == last + 1) {
                last = offset;
                continue;
            }
            if (first >= 0) {
                parts.add(run(first, last));
            }
            first = offset;
            last = offset;
        }
        parts.add(run(first, last));
        return String.join(",", parts);
    }

    private static String run(long first, long last) {
        return first == last ? Long.toString(first) : first + "-" + last;
    }
}

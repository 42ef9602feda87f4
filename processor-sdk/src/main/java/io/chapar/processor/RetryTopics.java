package io.chapar.processor;

import io.chapar.client.UsageException;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.record.Header;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/// The topics through which records that have failed are tried again later: for each input topic and each delay one,
/// with as many partitions, so that a record stays with the state of its key. All records of one topic wait for the
/// same time, so the first of them is due first.
///
/// A record there has its key, its value and its headers, the time at which it failed, and behind its headers:
/// ```
/// chapar.retry.offset       in the input topic, in the partition of the same number
/// chapar.retry.timestamp    that it had there
/// chapar.retry.error        why it is here
/// ```
final class RetryTopics {
    private static final String PREFIX = "chapar.retry.";
    private static final String OFFSET = PREFIX + "offset";
    private static final String TIMESTAMP = PREFIX + "timestamp";
    private static final String ERROR = PREFIX + "error";
    /// Always the last ones, in this order: those before them are the record's, whatever they are called.
    private static final List<String> OWN = List.of(OFFSET, TIMESTAMP, ERROR);
    private static final int MAX_TOPIC_LENGTH = 249;
    /// Digits of a long, and a sign.
    private static final int MAX_NUMBER_LENGTH = 20;

    static final RetryTopics NONE = new RetryTopics(new InternalNames("none"), List.of());

    /// `number` from 1.
    private record Level(String input, int number) {
    }

    private final InternalNames names;
    private final List<Duration> delays;
    private final TreeMap<String, Level> levels = new TreeMap<>();

    private RetryTopics(InternalNames names, List<Duration> delays) {
        this.names = names;
        this.delays = delays;
    }

    static RetryTopics of(Collection<String> inputs, InternalNames names, List<Duration> delays) {
        RetryTopics topics = new RetryTopics(names, delays);
        for (String input : inputs) {
            for (int number = 1; number <= delays.size(); number++) {
                topics.add(input, number);
            }
        }
        return topics;
    }

    private void add(String input, int number) {
        String topic = names.retry(input, number);
        if (topic.length() > MAX_TOPIC_LENGTH) {
            throw new UsageException("The topic of records of " + input + " that are tried again later would be called "
                    + topic + ", which is longer than the " + MAX_TOPIC_LENGTH + " characters of a topic's name");
        }
        if (levels.put(topic, new Level(input, number)) != null) {
            throw new UsageException("Records of two input topics would be tried again through " + topic);
        }
    }

    /// Those that there would be with more delays: an application may have had them once.
    List<String> unused(Collection<String> inputs) {
        List<String> unused = new ArrayList<>();
        for (String input : inputs) {
            for (int number = delays.size() + 1; number <= ErrorPolicy.MAX_DELAYS; number++) {
                String topic = names.retry(input, number);
                if (!isOne(input) && topic.length() <= MAX_TOPIC_LENGTH) {
                    unused.add(topic);
                }
            }
        }
        return unused;
    }

    boolean isEmpty() {
        return levels.isEmpty();
    }

    boolean isOne(String topic) {
        return levels.containsKey(topic);
    }

    /// By topic, the input topic that it belongs to.
    SortedMap<String, String> inputs() {
        TreeMap<String, String> inputs = new TreeMap<>();
        levels.forEach((topic, level) -> inputs.put(topic, level.input()));
        return Collections.unmodifiableSortedMap(inputs);
    }

    /// How long this record still has to wait by its own time; never longer than its topic's delay.
    long leftMs(SourceRecord record, long wallClockMs) {
        long delayMs = delayMs(record.partition().topic());
        // Whoever else writes there may have given it any time.
        return record.timestampMs() >= wallClockMs ? delayMs
                : Math.max(0, delayMs - (wallClockMs - Math.max(0, record.timestampMs())));
    }

    /// 0 for what is no such topic.
    long delayMs(String topic) {
        Level level = levels.get(topic);
        return level == null ? 0 : delays.get(level.number() - 1).toMillis();
    }

    /// What is written in place of the outputs of a record that has failed; null when it was tried again as often as
    /// there are delays.
    @Nullable SinkRecord next(SourceRecord failed, String error) {
        String topic = failed.partition().topic();
        Level level = levels.getOrDefault(topic, new Level(topic, 0));
        if (level.number() >= delays.size()) {
            return null;
        }
        SourceRecord original = original(failed);
        List<Header> headers = new ArrayList<>(original.headers());
        headers.add(header(OFFSET, Long.toString(original.offset())));
        headers.add(header(TIMESTAMP, Long.toString(original.timestampMs())));
        headers.add(header(ERROR, DeadLetters.cut(error)));
        return new SinkRecord(names.retry(level.input(), level.number() + 1), failed.partition().partition(),
                SinkRecord.TIME_OF_SENDING, original.key(), original.value(), headers);
    }

    /// The input record that this one stands for; itself, if it is of an input topic.
    SourceRecord original(SourceRecord record) {
        Level level = levels.get(record.partition().topic());
        if (level == null) {
            return record;
        }
        int before = record.headers().size() - OWN.size();
        boolean isPutOff = before >= 0 && record.headers().subList(before, record.headers().size()).stream()
                .map(Header::key).toList().equals(OWN);
        List<Header> headers = isPutOff ? record.headers().subList(0, before) : record.headers();
        return new SourceRecord(new TopicPartition(level.input(), record.partition().partition()),
                isPutOff ? number(record.headers().get(before), 0, record.offset()) : record.offset(),
                record.leaderEpoch(), isPutOff ? number(record.headers().get(before + 1), Long.MIN_VALUE,
                        record.timestampMs()) : record.timestampMs(), record.key(), record.value(), headers);
    }

    /// Somebody else may write there too: what is no number, or a lower one than `least`, is left out.
    private static long number(Header header, long least, long otherwise) {
        for (Map.Entry<String, String> one : texts(List.of(header))) {
            String text = one.getValue();
            if (text.length() <= MAX_NUMBER_LENGTH && text.matches("-?[0-9]{1,18}")) {
                long number = Long.parseLong(text);
                return number >= least ? number : otherwise;
            }
        }
        return otherwise;
    }

    private static List<Map.Entry<String, String>> texts(List<Header> headers) {
        List<Map.Entry<String, String>> texts = new ArrayList<>();
        for (Header header : headers) {
            ByteBuffer value = header.value();
            if (value != null) {
                texts.add(Map.entry(header.key(), StandardCharsets.UTF_8.decode(value.duplicate()).toString()));
            }
        }
        return texts;
    }

    /// Whether this is the record of one that is tried again later. Told by the last header.
    static boolean isPutOff(SinkRecord output) {
        return !output.headers().isEmpty() && output.headers().getLast().key().equals(ERROR);
    }

    /// Why; null for what is no such record.
    static @Nullable String error(SinkRecord output) {
        return isPutOff(output) ? texts(List.of(output.headers().getLast())).stream().map(Map.Entry::getValue)
                .findFirst().orElse(null) : null;
    }

    private static Header header(String name, String value) {
        return new Header(name, ByteBuffer.wrap(value.getBytes(StandardCharsets.UTF_8)));
    }
}

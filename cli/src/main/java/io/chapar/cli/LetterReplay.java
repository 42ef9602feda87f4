package io.chapar.cli;

import io.chapar.client.AbortableException;
import io.chapar.client.ClientConfig;
import io.chapar.client.FencedException;
import io.chapar.client.KafkaConfigNames;
import io.chapar.client.UnknownOutcomeException;
import io.chapar.client.producer.Producer;
import io.chapar.client.producer.ProducerConfig;
import io.chapar.client.producer.ProducerRecord;
import io.chapar.client.serde.Serdes;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/// Puts dead letters of one topic back, each in a transaction that marks it too, so that it is put back once whatever
/// dies in between. One at a time has a topic: whoever comes next fences the one before, whose open transaction is
/// aborted, and reads the marks after that.
final class LetterReplay implements AutoCloseable {
    private static final int BATCH_LETTERS = 500;
    /// In one transaction, of several letters.
    private static final long BATCH_BYTES = 4L << 20;
    private static final int COMMIT_ATTEMPTS = 3;

    /// Where a letter goes: `partition` null is chosen by its key.
    record Target(String topic, @Nullable Integer partition) {
    }

    private record Letter(DeadLetter letter, Target target) {
    }

    private final String topic;
    private final Producer<byte[], byte[]> producer;
    private final List<Letter> batch = new ArrayList<>();
    private long batchBytes;
    private final TreeMap<String, Long> replayed = new TreeMap<>();
    /// Why letters are not put back, and how many.
    private final Map<String, Long> left;

    /// Has the topic for itself when it returns.
    LetterReplay(String bootstrap, String topic, Map<String, Long> left) {
        this.topic = topic;
        this.left = left;
        producer = Producer.open(ProducerConfig.from(Map.of(
                KafkaConfigNames.BOOTSTRAP_SERVERS, bootstrap,
                KafkaConfigNames.CLIENT_ID, "chapar-dlq",
                // What was read can be sent: whether a letter is too large is for its topic to say.
                KafkaConfigNames.MAX_REQUEST_SIZE, ClientConfig.MAX_FRAME_BYTES,
                KafkaConfigNames.BUFFER_MEMORY, ClientConfig.MAX_FRAME_BYTES,
                KafkaConfigNames.TRANSACTIONAL_ID, "chapar-dlq-replay-" + topic)), Serdes.bytes(), Serdes.bytes());
        try {
            producer.initTransactions();
        } catch (RuntimeException e) {
            producer.close();
            throw e;
        }
    }

    void add(DeadLetter letter, Target target) {
        if (batchBytes + letter.sizeInBytes() > BATCH_BYTES) {
            flush();
        }
        batch.add(new Letter(letter, target));
        batchBytes += letter.sizeInBytes();
        if (batch.size() >= BATCH_LETTERS) {
            flush();
        }
    }

    /// What was added is put back.
    void flush() {
        List<Letter> due = List.copyOf(batch);
        batch.clear();
        batchBytes = 0;
        if (due.isEmpty() || isPutBack(due) || due.size() == 1) {
            return;
        }
        // The transaction is aborted: one of them is not taken. The others are.
        due.forEach(one -> isPutBack(List.of(one)));
    }

    /// False when one of them is not taken; of a single one that is noted.
    private boolean isPutBack(List<Letter> letters) {
        try {
            return isCommitted(letters);
        } catch (FencedException e) {
            throw new CommandFailure("Another replay of " + topic + " has taken over. This one has put "
                    + Words.count(count(), "letter") + " back", e);
        }
    }

    private boolean isCommitted(List<Letter> letters) {
        try {
            producer.beginTransaction();
            letters.forEach(this::send);
            marks(letters).forEach((partition, offsets) -> {
                var _ = producer.send(ReplayMarks.mark(topic, partition, offsets));
            });
            commit(letters.size());
        } catch (AbortableException e) {
            producer.abortTransaction();
            if (letters.size() == 1) {
                left.merge("not taken by " + letters.getFirst().target().topic() + ": " + e.getMessage(), 1L,
                        Long::sum);
            }
            return false;
        }
        letters.forEach(one -> replayed.merge(one.target().topic(), 1L, Long::sum));
        return true;
    }

    private void send(Letter one) {
        DeadLetter letter = one.letter();
        var _ = producer.send(new ProducerRecord<>(one.target().topic(), one.target().partition(),
                letter.record().timestamp(), letter.record().key(), letter.record().value(), letter.headers()));
    }

    private static Map<Integer, SortedSet<Long>> marks(List<Letter> letters) {
        Map<Integer, SortedSet<Long>> offsets = new TreeMap<>();
        letters.forEach(one -> offsets.computeIfAbsent(one.letter().record().partition(), none -> new TreeSet<>())
                .add(one.letter().record().offset()));
        return offsets;
    }

    private void commit(int letters) {
        for (int attempt = 1;; attempt++) {
            try {
                producer.commitTransaction();
                return;
            } catch (UnknownOutcomeException e) {
                if (attempt == COMMIT_ATTEMPTS) {
                    throw new CommandFailure("It is not known whether the last " + Words.count(letters, "letter")
                            + " were put back; " + count() + " before them were. The same command goes on with what"
                            + " was not", e);
                }
            }
        }
    }

    long count() {
        return replayed.values().stream().mapToLong(Long::longValue).sum();
    }

    /// By topic that letters were put back to.
    Map<String, Long> replayed() {
        return replayed;
    }

    @Override
    public void close() {
        producer.close();
    }
}

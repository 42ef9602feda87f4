package io.chapar.cli;

import io.chapar.client.consumer.ConsumerRecord;
import io.chapar.client.producer.ProducerRecord;
import io.chapar.protocol.record.Header;
import io.chapar.protocol.record.TimestampType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// What is marked as put back, and nothing else, is known to be.
final class ReplayMarksTest {
    private static ConsumerRecord<byte[], byte[]> record(int partition, long offset, List<Header> headers) {
        return new ConsumerRecord<>("dead", partition, offset, 0, TimestampType.CREATE_TIME, null, null, headers, 0);
    }

    private static boolean isMarked(ReplayMarks marks, int partition, long offset) {
        return marks.contains(record(partition, offset, List.of()));
    }

    @Test
    void whateverIsMarkedInWhateverOrderIsFound() {
        Random random = new Random(5);
        for (int round = 0; round < 200; round++) {
            ReplayMarks marks = new ReplayMarks();
            TreeSet<Long> expected = new TreeSet<>();
            for (int mark = 0; mark < 8; mark++) {
                TreeSet<Long> some = new TreeSet<>();
                for (int letter = 0; letter <= random.nextInt(6); letter++) {
                    long from = random.nextInt(60);
                    for (long offset = from; offset <= from + random.nextInt(5); offset++) {
                        some.add(offset);
                    }
                }
                expected.addAll(some);
                ProducerRecord<byte[], byte[]> written = ReplayMarks.mark("dead", 3, some);
                assertTrue(marks.read(record(3, 1_000 + mark, written.headers())));
            }
            for (long offset = 0; offset < 70; offset++) {
                assertEquals(expected.contains(offset), isMarked(marks, 3, offset));
                assertTrue(!isMarked(marks, 2, offset));
            }
        }
    }

    @Test
    void neighboursAreOneRun() {
        ProducerRecord<byte[], byte[]> written = ReplayMarks.mark("dead", 0, new TreeSet<>(List.of(4L, 5L, 6L, 9L)));
        ByteBuffer value = written.headers().getFirst().value();
        byte[] bytes = new byte[value.remaining()];
        value.duplicate().get(bytes);
        assertEquals("4-6,9", Utf8.textOrNull(bytes));
    }

    /// Taken for no mark, it would have letters put back twice.
    @ParameterizedTest
    @ValueSource(strings = {"", "x", "1,", "-1", "1-2-3", "99999999999999999999"})
    void aMarkThatCannotBeReadIsRefused(String text) {
        Header header = new Header(ReplayMarks.HEADER, ByteBuffer.wrap(Utf8.bytes(text)));
        assertThrows(CommandFailure.class, () -> new ReplayMarks().read(record(0, 1, List.of(header))));
    }

    @Test
    void aMarkMayNameManyRuns() {
        StringBuilder text = new StringBuilder("1");
        for (int run = 2; run <= 100_000; run++) {
            text.append(',').append(2L * run);
        }
        Header header = new Header(ReplayMarks.HEADER, ByteBuffer.wrap(Utf8.bytes(text.toString())));
        ReplayMarks marks = new ReplayMarks();
        assertTrue(marks.read(record(0, 1, List.of(header))));
        assertTrue(isMarked(marks, 0, 200_000));
    }
}

package io.chapar.client.consumer;

import io.chapar.client.OffsetAndMetadata;
import io.chapar.protocol.MalformedMessageException;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.message.FetchResponse.AbortedTransaction;
import io.chapar.protocol.record.compress.Compression;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class ChunkReaderTest {
    private static final TopicPartition PARTITION = new TopicPartition("t", 0);

    private static FetchedData data(Batches batches, long start, AbortedTransaction... aborted) {
        return new FetchedData(PARTITION, start, batches.buffer(), batches.nextOffset(), Batches.EPOCH,
                List.of(aborted));
    }

    private static List<Long> read(FetchedData data) {
        ChunkReader reader = new ChunkReader(data);
        List<Long> seen = new ArrayList<>();
        while (reader.hasRecord()) {
            ByteBuffer value = reader.record().value();
            assertEquals("v" + reader.record().offset(), StandardCharsets.UTF_8.decode(value).toString());
            seen.add(reader.record().offset());
            reader.take();
        }
        assertEquals(data.nextOffset(), reader.position());
        assertEquals(Batches.EPOCH, reader.epoch());
        return seen;
    }

    @Test
    void beginsInTheMiddleOfABatch() {
        assertEquals(List.of(3L, 4L, 5L, 6L), read(data(Batches.from(0).plain(5).plain(2), 3)));
    }

    @ParameterizedTest
    @EnumSource(Compression.class)
    void readsEveryCodec(Compression codec) {
        assertEquals(List.of(12L, 13L, 14L), read(data(Batches.from(10).compressed(codec, 5), 12)));
    }

    @Test
    void passesOverMarkersAndGaps() {
        Batches batches = Batches.from(0).transactional(7, 2).marker(7, true).gap(3).plain(1).marker(8, false);
        assertEquals(List.of(0L, 1L, 6L), read(data(batches, 0)));
    }

    @Test
    void endsBehindAPartialBatch() {
        ByteBuffer whole = Batches.from(0).plain(2).plain(2).buffer();
        FetchedData data = new FetchedData(PARTITION, 0, whole.slice(0, whole.limit() - 5), 2, Batches.EPOCH, null);
        assertEquals(List.of(0L, 1L), read(data));
    }

    @Test
    void overlappingAbortedTransactionsOfSeveralProducers() {
        Batches batches = Batches.from(0).transactional(1, 1).transactional(2, 1).marker(1, false)
                .transactional(1, 1).transactional(3, 1).marker(2, false).marker(1, true).marker(3, true);
        assertEquals(List.of(3L, 4L), read(data(batches, 0, new AbortedTransaction(1, 0),
                new AbortedTransaction(2, 1))));
    }

    @Test
    void anEntryFromBeforeTheFetchIsOverWithItsMarker() {
        // The transaction began at 4, before what is read; its marker is at 12, and what the producer writes then
        // counts.
        Batches batches = Batches.from(10).transactional(1, 2).marker(1, false).transactional(1, 1).marker(1, true);
        assertEquals(List.of(13L), read(data(batches, 10, new AbortedTransaction(1, 4))));
    }

    @Test
    void aStaleEntryHidesNothingBehindTheNextMarker() {
        // The producer's aborted transaction at 4 was over before 10: a broker should not have named it.
        Batches batches = Batches.from(10).transactional(1, 1).marker(1, true).transactional(1, 2).marker(1, true);
        List<Long> seen = read(data(batches, 10, new AbortedTransaction(1, 4)));
        assertTrue(seen.containsAll(List.of(12L, 13L)), () -> "seen " + seen);
    }

    @Test
    void twoAbortedTransactionsOfOneProducerWithACommittedOneBetween() {
        Batches batches = Batches.from(0).transactional(1, 1).marker(1, false).transactional(1, 1).marker(1, true)
                .transactional(1, 1).marker(1, false);
        assertEquals(List.of(2L), read(data(batches, 0, new AbortedTransaction(1, 0), new AbortedTransaction(1, 4))));
    }

    @Test
    void uncommittedReadersSeeAllButMarkers() {
        Batches batches = Batches.from(0).transactional(1, 2).marker(1, false).plain(1);
        FetchedData data = new FetchedData(PARTITION, 0, batches.buffer(), 4, Batches.EPOCH, null);
        assertEquals(List.of(0L, 1L, 3L), read(data));
    }

    @Test
    void aDamagedBatchIsMetWhereItBegins() {
        ByteBuffer bytes = Batches.from(0).plain(2).plain(2).buffer();
        bytes.put(bytes.limit() - 1, (byte) ~bytes.get(bytes.limit() - 1));
        ChunkReader reader = new ChunkReader(new FetchedData(PARTITION, 0, bytes, 4, Batches.EPOCH, null));
        for (int i = 0; i < 2; i++) {
            assertTrue(reader.hasRecord());
            reader.take();
        }
        assertThrows(MalformedMessageException.class, reader::hasRecord);
        assertEquals(2, reader.position());
    }

    @Test
    void deliveryGoesOnWhereTheLimitStoppedIt() {
        FetchedRecords delivery = new FetchedRecords();
        delivery.add(List.of(data(Batches.from(0).plain(5).marker(1, true), 0)));
        List<Long> seen = new ArrayList<>();
        FetchedRecords.Sink sink = (partition, reader) -> seen.add(reader.record().offset());
        assertEquals(3, delivery.drain(3, Set.of(), sink));
        assertEquals(new OffsetAndMetadata(3, Batches.EPOCH, ""), delivery.takeMoved().get(PARTITION));
        assertEquals(3, delivery.position(PARTITION).offset());
        assertEquals(0, delivery.drain(3, Set.of(PARTITION), sink));
        assertFalse(delivery.hasChunk(Set.of(PARTITION)));
        assertEquals(2, delivery.drain(3, Set.of(), sink));
        assertEquals(List.of(0L, 1L, 2L, 3L, 4L), seen);
        assertEquals(6, delivery.takeMoved().get(PARTITION).offset());
        assertFalse(delivery.hasChunk(Set.of()));
    }

    @Test
    void aRecordThatIsRefusedIsNotSkipped() {
        FetchedRecords delivery = new FetchedRecords();
        delivery.add(List.of(data(Batches.from(0).plain(3), 0)));
        FetchedRecords.Sink picky = (partition, reader) -> {
            if (reader.record().offset() == 1) {
                throw new IllegalArgumentException("not of this type");
            }
        };
        assertEquals(1, delivery.drain(10, Set.of(), picky));
        assertThrows(IllegalArgumentException.class, () -> delivery.drain(10, Set.of(), picky));
        assertThrows(IllegalArgumentException.class, () -> delivery.drain(10, Set.of(), picky));
        assertEquals(1, delivery.position(PARTITION).offset());
        assertEquals(2, delivery.drain(10, Set.of(), (partition, reader) -> { }));
    }

    @Test
    void anUnreadableChunkSaysWhere() {
        ByteBuffer bytes = Batches.from(0).plain(2).plain(2).buffer();
        bytes.put(bytes.limit() - 1, (byte) ~bytes.get(bytes.limit() - 1));
        FetchedRecords delivery = new FetchedRecords();
        delivery.add(List.of(new FetchedData(PARTITION, 0, bytes, 4, Batches.EPOCH, null)));
        assertEquals(2, delivery.drain(10, Set.of(), (partition, reader) -> { }));
        FetchedRecords.UnreadableChunk found = assertThrows(FetchedRecords.UnreadableChunk.class,
                () -> delivery.drain(10, Set.of(), (partition, reader) -> { }));
        assertEquals(2, found.position());
    }
}

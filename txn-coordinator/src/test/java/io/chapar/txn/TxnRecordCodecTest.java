package io.chapar.txn;

import io.chapar.protocol.MalformedMessageException;
import io.chapar.protocol.TopicPartition;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.MessageUtil;
import org.apache.kafka.common.protocol.types.RawTaggedField;
import org.apache.kafka.coordinator.transaction.generated.TransactionLogKey;
import org.apache.kafka.coordinator.transaction.generated.TransactionLogValue;
import org.junit.jupiter.api.Test;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Our bytes are Kafka's: its classes read and write the same, for both versions of the value.
class TxnRecordCodecTest {
    private static final String ID = "orders-✓-1";

    private static List<TxnState> samples() {
        TreeSet<TopicPartition> partitions = new TreeSet<>(List.of(
                new TopicPartition("a", 0), new TopicPartition("a", 7), new TopicPartition("日本", 300)));
        List<TxnState> samples = new ArrayList<>();
        samples.add(new TxnState.Empty(5, (short) 3, (short) -1, -1, 60_000, 123_456));
        samples.add(new TxnState.Empty(5_000_000_000L, (short) 0, (short) 32766, 4, 60_000, 123_456));
        for (TxnVersion version : TxnVersion.values()) {
            samples.add(new TxnState.Ongoing(5, (short) 3, 60_000, 1_000, 2_000, partitions, version));
            for (Outcome outcome : Outcome.values()) {
                samples.add(new TxnState.Preparing(
                        outcome, 5, (short) 4, (short) 3, -1, 60_000, 1_000, 2_000, partitions, version));
                samples.add(new TxnState.Preparing(
                        outcome, 5, (short) 4, (short) -1, -1, 60_000, 1_000, 2_000, new TreeSet<>(), version));
                samples.add(new TxnState.Preparing(
                        outcome, 5, Short.MAX_VALUE, (short) 32766, 900, 60_000, 1, 2, partitions, version));
                samples.add(new TxnState.Completed(
                        outcome, 5, (short) 4, (short) 3, -1, 60_000, 1_000, 2_000, version));
                samples.add(new TxnState.Completed(
                        outcome, 900, (short) 0, (short) 32766, 5, 60_000, 1_000, 2_000, version));
            }
        }
        return samples;
    }

    @Test
    void whatIsWrittenIsRead() {
        for (TxnState state : samples()) {
            TxnRecord record = new TxnRecord(ID, state);
            assertEquals(record, TxnRecordCodec.read(TxnRecordCodec.key(record), TxnRecordCodec.value(record)));
        }
        TxnRecord forgotten = new TxnRecord(ID, null);
        assertNull(TxnRecordCodec.value(forgotten));
        assertEquals(forgotten, TxnRecordCodec.read(TxnRecordCodec.key(forgotten), null));
    }

    @Test
    void theKeyIsKafkas() {
        ByteBuffer expected = ByteBuffer.wrap(
                MessageUtil.toCoordinatorTypePrefixedBytes(new TransactionLogKey().setTransactionalId(ID)));
        assertEquals(expected, TxnRecordCodec.key(new TxnRecord(ID, null)));
    }

    @Test
    void theValueIsKafkasInBothVersions() {
        for (TxnState state : samples()) {
            for (short version = 0; version <= 1; version++) {
                ByteBuffer expected =
                        ByteBuffer.wrap(MessageUtil.toVersionPrefixedBytes(version, kafkas(state, version)));
                assertEquals(expected, TxnRecordCodec.value(new TxnRecord(ID, state), version), state.toString());
            }
        }
    }

    @Test
    void kafkasReaderPassesOverOurOwnTag() {
        for (TxnState state : samples()) {
            ByteBuffer bytes = TxnRecordCodec.value(new TxnRecord(ID, state));
            assertEquals(1, bytes.getShort());
            TransactionLogValue read = new TransactionLogValue(new ByteBufferAccessor(bytes), (short) 1);
            assertEquals(0, bytes.remaining());
            TransactionLogValue expected = kafkas(state, (short) 1);
            read.unknownTaggedFields().clear();
            expected.unknownTaggedFields().clear();
            assertEquals(expected, read);
        }
    }

    @Test
    void whatKafkaWroteIsUnderstood() {
        TransactionLogValue value = new TransactionLogValue()
                .setProducerId(5)
                .setPreviousProducerId(5)
                .setProducerEpoch((short) 4)
                .setTransactionTimeoutMs(10)
                .setTransactionStatus((byte) 4)
                .setTransactionPartitions(List.of())
                .setTransactionLastUpdateTimestampMs(2)
                .setTransactionStartTimestampMs(1)
                .setClientTransactionVersion((short) 2);
        TxnRecord read = TxnRecordCodec.read(
                TxnRecordCodec.key(new TxnRecord(ID, null)),
                ByteBuffer.wrap(MessageUtil.toVersionPrefixedBytes((short) 1, value)));
        assertEquals(
                new TxnState.Completed(
                        Outcome.COMMIT, 5, (short) 4, (short) 3, -1, 10, 1, 2, TxnVersion.V2),
                read.state());
    }

    @Test
    void unknownKindsArePassedOver() {
        assertNull(TxnRecordCodec.read(ByteBuffer.wrap(new byte[] {0, 1, 0}), null));
    }

    /// Passed over, the id would be unknown, and the transaction that the record tells of would never end.
    @Test
    void aStateOfALaterVersionIsRefused() {
        ByteBuffer key = TxnRecordCodec.key(new TxnRecord(ID, null));
        MalformedMessageException refused = assertThrows(MalformedMessageException.class,
                () -> TxnRecordCodec.read(key, ByteBuffer.wrap(new byte[] {0, 2, 0})));
        assertTrue(refused.getMessage().contains("version 2"), refused.getMessage());
    }

    @Test
    void damagedBytesEndInOneFailureOrAValue() {
        Random random = new Random(7);
        List<TxnState> samples = samples();
        for (int i = 0; i < 20_000; i++) {
            TxnRecord record = new TxnRecord(ID, samples.get(random.nextInt(samples.size())));
            byte[] bytes = TxnRecordCodec.value(record, (short) random.nextInt(2)).array();
            bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
            ByteBuffer cut = ByteBuffer.wrap(Arrays.copyOf(bytes, random.nextInt(bytes.length)));
            try {
                TxnRecordCodec.read(TxnRecordCodec.key(record), cut);
            } catch (MalformedMessageException expected) {
                assertEquals(MalformedMessageException.class, expected.getClass());
            }
        }
        assertThrows(
                MalformedMessageException.class,
                () -> TxnRecordCodec.read(
                        TxnRecordCodec.key(new TxnRecord(ID, null)), ByteBuffer.wrap(new byte[] {0, 1, 0})));
    }

    private static TransactionLogValue kafkas(TxnState state, short version) {
        TransactionLogValue value = new TransactionLogValue()
                .setProducerId(state.producerId())
                .setProducerEpoch(state.producerEpoch())
                .setTransactionTimeoutMs(state.timeoutMs())
                .setTransactionLastUpdateTimestampMs(state.updatedMs())
                .setTransactionStartTimestampMs(-1)
                .setTransactionPartitions(null);
        switch (state) {
            case TxnState.Empty s -> {
                value.setTransactionStatus((byte) 0);
                tags(value, version, s.previousId(), -1, TxnVersion.V1, s.lastEpoch());
            }
            case TxnState.Ongoing s -> {
                value.setTransactionStatus((byte) 1).setTransactionStartTimestampMs(s.startedMs());
                value.setTransactionPartitions(partitions(s.partitions()));
                if (version > 0) {
                    value.setClientTransactionVersion(s.version().level());
                }
            }
            case TxnState.Preparing s -> {
                value.setTransactionStatus((byte) (s.outcome() == Outcome.COMMIT ? 2 : 3));
                value.setTransactionStartTimestampMs(s.startedMs());
                value.setTransactionPartitions(partitions(s.partitions()));
                tags(value, version, -1, s.nextId(), s.version(), s.lastEpoch());
            }
            case TxnState.Completed s -> {
                value.setTransactionStatus((byte) (s.outcome() == Outcome.COMMIT ? 4 : 5));
                value.setTransactionStartTimestampMs(s.startedMs());
                value.setTransactionPartitions(List.of());
                tags(value, version, s.previousId(), -1, s.version(), s.lastEpoch());
            }
        }
        return value;
    }

    private static void tags(
            TransactionLogValue value, short version, long previous, long next, TxnVersion client, short lastEpoch) {
        if (version > 0) {
            value.setPreviousProducerId(previous).setNextProducerId(next).setClientTransactionVersion(client.level());
            byte[] own = ByteBuffer.allocate(2).putShort(lastEpoch).array();
            value.unknownTaggedFields().add(new RawTaggedField(1000, own));
        }
    }

    private static List<TransactionLogValue.PartitionsSchema> partitions(Iterable<TopicPartition> partitions) {
        List<TransactionLogValue.PartitionsSchema> topics = new ArrayList<>();
        for (TopicPartition partition : partitions) {
            if (topics.isEmpty() || !topics.getLast().topic().equals(partition.topic())) {
                topics.add(new TransactionLogValue.PartitionsSchema()
                        .setTopic(partition.topic())
                        .setPartitionIds(new ArrayList<>()));
            }
            topics.getLast().partitionIds().add(partition.partition());
        }
        return topics;
    }
}

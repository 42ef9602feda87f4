package io.chapar.broker.group;

import io.chapar.broker.coordinator.CoordinatorKeys;
import io.chapar.broker.group.GroupRecord.GroupForgotten;
import io.chapar.broker.group.GroupRecord.GroupStored;
import io.chapar.broker.group.GroupRecord.OffsetCommitted;
import io.chapar.broker.group.GroupRecord.OffsetForgotten;
import io.chapar.broker.group.GroupRecord.StoredMember;
import io.chapar.protocol.MalformedMessageException;
import io.chapar.protocol.TopicPartition;
import org.junit.jupiter.api.Test;

import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

class GroupRecordCodecTest {
    private static final TopicPartition T3 = new TopicPartition("t", 3);

    private static GroupRecord again(GroupRecord record) {
        return GroupRecordCodec.read(GroupRecordCodec.key(record), GroupRecordCodec.value(record));
    }

    private static String hex(ByteBuffer bytes) {
        byte[] copy = new byte[bytes.remaining()];
        bytes.duplicate().get(copy);
        return HexFormat.of().formatHex(copy);
    }

    @Test
    void whatIsWrittenIsReadAgain() {
        CommittedOffset offset = new CommittedOffset(9, 2, "m", 1_000, -1, new UUID(1, 2), -1);
        CommittedOffset expiring = new CommittedOffset(9, -1, "", 1_000, 2_000, CommittedOffset.NO_TOPIC_ID, -1);
        StoredMember member = new StoredMember(
                "m-1", "i", "app", "/h", 60_000, 10_000, GroupLab.bytes("sub"), GroupLab.bytes("part"));
        for (GroupRecord record : List.of(
                new OffsetCommitted("g", T3, offset),
                new OffsetCommitted("g", T3, expiring),
                new OffsetForgotten("g", T3),
                new GroupStored("g", "consumer", 4, "range", "m-1", 77, List.of(member)),
                new GroupStored("g", "consumer", 5, null, null, 78, List.of()),
                new GroupForgotten("g"))) {
            assertEquals(record, again(record));
        }
    }

    @Test
    void theBytesAreThoseOfTheSchemas() {
        CommittedOffset offset = new CommittedOffset(9, 2, "m", 1_000, -1, new UUID(1, 2), -1);
        OffsetCommitted record = new OffsetCommitted("g", T3, offset);
        assertEquals("0001" + "000167" + "000174" + "00000003", hex(GroupRecordCodec.key(record)));
        assertEquals(
                "0004" + "0000000000000009" + "00000002" + "026d" + "00000000000003e8" + "01" + "0010"
                        + "00000000000000010000000000000002",
                hex(GroupRecordCodec.value(record)));
        GroupStored empty = new GroupStored("g", "consumer", 5, null, null, 78, List.of());
        assertEquals("0002" + "000167", hex(GroupRecordCodec.key(empty)));
        assertEquals(
                "0003" + "0008636f6e73756d6572" + "00000005" + "ffff" + "ffff" + "000000000000004e" + "00000000",
                hex(GroupRecordCodec.value(empty)));
    }

    @Test
    void recordsOfProtocolsToComeArePassedOver() {
        ByteBuffer key = ByteBuffer.allocate(5).putShort((short) 100).putShort((short) 1).put((byte) 'g').flip();
        assertNull(GroupRecordCodec.read(key, null));
    }

    @Test
    void groupsLiveWhereKafkaLooksForThem() {
        assertEquals(12, CoordinatorKeys.partitionOf("my-group", 50));
        // Hash Integer.MIN_VALUE, whose absolute value is negative.
        assertEquals(0, CoordinatorKeys.partitionOf("polygenelubricants", 50));
    }

    @Test
    void aRecordWithoutAKeyIsRefusedAndNotAFault() {
        assertThrows(MalformedMessageException.class, () -> GroupRecordCodec.read(null, ByteBuffer.allocate(4)));
    }
}

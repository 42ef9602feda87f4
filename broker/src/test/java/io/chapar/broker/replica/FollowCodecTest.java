package io.chapar.broker.replica;

import io.chapar.broker.replica.FollowMessage.Acknowledge;
import io.chapar.broker.replica.FollowMessage.Batches;
import io.chapar.broker.replica.FollowMessage.Behind;
import io.chapar.broker.replica.FollowMessage.Credit;
import io.chapar.broker.replica.FollowMessage.Diverged;
import io.chapar.broker.replica.FollowMessage.Drop;
import io.chapar.broker.replica.FollowMessage.Refused;
import io.chapar.broker.replica.FollowMessage.Subscribe;
import io.chapar.broker.replica.FollowMessage.SyncAtOnce;
import io.chapar.broker.replica.FollowMessage.ToFollower;
import io.chapar.broker.replica.FollowMessage.ToLeader;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.MalformedMessageException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.UUID;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// The bytes of what follower and leader say.
final class FollowCodecTest {
    private static final UUID TOPIC = new UUID(0x0102030405060708L, 0x090a0b0c0d0e0f10L);
    private static final List<ToLeader> TO_LEADER = List.of(
            new Subscribe(1, TOPIC, 2, 3, 4, -1, List.of(5L)), new Drop(5),
            new Subscribe(2, TOPIC, 2, 3, 4, -1, List.of()),
            new Acknowledge(6, 7, 8), new Credit(9));
    private static final List<ToFollower> TO_FOLLOWER = List.of(new Batches(1, 2, 3, 4, 5, bytes(6)),
            new Diverged(7, 8, 9), new Behind(10, 11), new Refused(12, ErrorCode.NOT_LEADER_OR_FOLLOWER),
            new Batches(1, 3, 3, 4, 5, bytes(0)), new Batches(1, 3, 4, 4, 5, bytes(5_000)), new Behind(13, 14),
            new SyncAtOnce(0, true), new SyncAtOnce(15, false));

    private static ByteBuffer bytes(int length) {
        byte[] all = new byte[length];
        Arrays.fill(all, (byte) length);
        return ByteBuffer.wrap(all);
    }

    private static ByteBuffer joined(List<ByteBuffer> parts) {
        ByteBuffer all = ByteBuffer.allocate(parts.stream().mapToInt(ByteBuffer::remaining).sum());
        parts.forEach(part -> all.put(part.duplicate()));
        return all.flip();
    }

    private static String hex(ByteBuffer frame) {
        byte[] all = new byte[frame.remaining()];
        frame.duplicate().get(all);
        return HexFormat.of().formatHex(all);
    }

    @Test
    void messagesAreReadAsTheyWereWritten() {
        assertEquals(new FollowCodec.ForLeader(65_535, TO_LEADER),
                FollowCodec.read(joined(FollowCodec.toLeader(65_535, TO_LEADER).getFirst())));
        assertEquals(new FollowCodec.ForFollower(3, TO_FOLLOWER),
                FollowCodec.read(joined(FollowCodec.toFollower(3, TO_FOLLOWER).getFirst())));
    }

    @Test
    void theBytesAreThoseOfTheDiagram() {
        ByteBuffer frame = joined(FollowCodec.toLeader(2, List.of(
                new Subscribe(1, TOPIC, 2, 3, 4, -1, List.of(5L)),
                new Acknowledge(6, 7, 8))).getFirst());
        assertEquals("20" + "0002" + "01" + "00000001" + "0102030405060708090a0b0c0d0e0f10" + "00000002" + "00000003"
                + "0000000000000004" + "ffffffff" + "00000001" + "0000000000000005" + "03"
                + "00000006" + "0000000000000007" + "0000000000000008",
                hex(frame));
        ByteBuffer back = joined(FollowCodec.toFollower(0, List.of(
                new Batches(1, 2, 3, 4, 5, bytes(2)), new Refused(9, ErrorCode.NOT_LEADER_OR_FOLLOWER))).getFirst());
        assertEquals("21" + "0000" + "11" + "00000001" + "0000000000000002" + "0000000000000003" + "0000000000000004"
                + "0000000000000005" + "00000002" + "0202" + "14" + "00000009" + "0006",
                hex(back));
    }

    @Test
    void longBatchesAreNotCopied() {
        byte[] all = new byte[5_000];
        ByteBuffer batches = ByteBuffer.wrap(all);
        List<ByteBuffer> parts = FollowCodec.toFollower(0, List.of(new Batches(1, 3, 4, 4, 5, batches))).getFirst();
        assertEquals(2, parts.size());
        all[7] = 9;
        assertEquals(9, parts.get(1).get(7), "the same memory");
    }

    @Test
    void whatIsTooLongForOneFrameGoesInSeveral() {
        List<ToFollower> many = new ArrayList<>();
        for (int i = 0; i < 9; i++) {
            many.add(new Batches(i, 0, 1, 0, 0, bytes(1 << 20)));
        }
        List<List<ByteBuffer>> frames = FollowCodec.toFollower(0, many);
        List<ToFollower> read = new ArrayList<>();
        for (List<ByteBuffer> frame : frames) {
            assertTrue(joined(frame).remaining() <= FollowCodec.FRAME_BYTES);
            read.addAll(((FollowCodec.ForFollower) FollowCodec.read(joined(frame))).messages());
        }
        assertEquals(many, read);
        assertEquals(3, frames.size());
        assertEquals(1, FollowCodec.toFollower(0, List.of(new Batches(1, 0, 1, 0, 0, bytes(5 << 20)))).size());
    }

    @Test
    void otherBytesAreRefusedInOneWay() {
        drawBytes(new Random(5), 20_000);
    }

    @Test
    @Tag("nightly")
    void otherBytesAreRefusedInOneWayForLong() {
        drawBytes(new Random(), 1_000_000);
    }

    private static void drawBytes(Random random, int drawn) {
        List<ByteBuffer> models = List.of(joined(FollowCodec.toLeader(0, TO_LEADER).getFirst()),
                joined(FollowCodec.toFollower(0, TO_FOLLOWER.subList(0, 5)).getFirst()));
        int refused = 0;
        for (int i = 0; i < drawn; i++) {
            byte[] bytes = models.get(random.nextInt(2)).array().clone();
            for (int k = random.nextInt(4); k >= 0; k--) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
            }
            if (random.nextInt(3) == 0) {
                bytes = Arrays.copyOf(bytes, random.nextInt(bytes.length));
            }
            try {
                FollowCodec.read(ByteBuffer.wrap(bytes));
            } catch (MalformedMessageException e) {
                refused++;
            }
        }
        assertTrue(refused > drawn / 10 * 3, refused + " were refused");
        assertThrows(MalformedMessageException.class, () -> FollowCodec.read(ByteBuffer.wrap(new byte[] {32, 0, 0})));
    }
}

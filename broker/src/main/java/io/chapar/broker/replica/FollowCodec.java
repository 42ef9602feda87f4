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

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/// The bytes of [FollowMessage]s: one frame of a link is of one stream and in one direction. Numbers are big-endian.
///
/// ```
/// to the leader    32 | stream u16 | message, message ...
/// to the follower  33 | stream u16 | message, message ...
///
/// Subscribe     1 | slot i32 | topic id 16 | partition i32 | epoch i32 | from i64 | last epoch i32
///                 | count i32 | open i64 ...
/// Drop          2 | slot i32
/// Acknowledge   3 | slot i32 | end i64 | synced i64
/// Credit        4 | bytes i32
/// Batches      17 | slot i32 | from i64 | next i64 | high watermark i64 | log start i64 | length i32 | batches
/// SyncAtOnce   17 | -1 - slot i32 | wanted i64, 1 or 0 | 0 i64 | 0 i64 | 0 i64 | 0 i32
/// Diverged     18 | slot i32 | epoch i32 | end i64
/// Behind       19 | slot i32 | log start i64
/// Refused      20 | slot i32 | error i16, Kafka's
/// ```
/// SyncAtOnce is one of batches for a slot that nobody uses: who does not know it drops it.
///
/// Batches are not copied: on the way out they are parts of their own, unless they are short; on the way in they are
/// slices of the frame.
public final class FollowCodec {
    public static final byte TO_LEADER = 32;
    public static final byte TO_FOLLOWER = 33;
    /// What goes into one frame, where a single message is not longer.
    public static final int FRAME_BYTES = 4 << 20;
    private static final int HEAD_BYTES = 1 + Short.BYTES;
    private static final int COPIED_BATCHES = 1 << 10;
    private static final byte SUBSCRIBE = 1;
    private static final byte DROP = 2;
    private static final byte ACKNOWLEDGE = 3;
    private static final byte CREDIT = 4;
    private static final byte BATCHES = 17;
    private static final byte DIVERGED = 18;
    private static final byte BEHIND = 19;
    private static final byte REFUSED = 20;

    private FollowCodec() {}

    /// As they were received.
    public sealed interface Frame {
        int stream();
    }

    public record ForLeader(int stream, List<ToLeader> messages) implements Frame {}

    /// @param messages whose batches are slices of what was read
    public record ForFollower(int stream, List<ToFollower> messages) implements Frame {}

    // ---- out

    public static List<List<ByteBuffer>> toLeader(int stream, List<ToLeader> messages) {
        return write(TO_LEADER, stream, messages);
    }

    /// Mostly one frame; more where one would be longer than [#FRAME_BYTES]. Each in parts.
    public static List<List<ByteBuffer>> toFollower(int stream, List<ToFollower> messages) {
        return write(TO_FOLLOWER, stream, messages);
    }

    private static List<List<ByteBuffer>> write(byte kind, int stream, List<? extends FollowMessage> messages) {
        List<List<ByteBuffer>> frames = new ArrayList<>(1);
        int from = 0;
        while (from < messages.size()) {
            int to = from;
            int copied = HEAD_BYTES;
            long bytes = HEAD_BYTES;
            do {
                copied += copiedBytes(messages.get(to));
                bytes += size(messages.get(to));
                to++;
            } while (to < messages.size() && bytes + size(messages.get(to)) <= FRAME_BYTES);
            ByteBuffer head = ByteBuffer.allocate(copied).put(kind).putShort((short) stream);
            frames.add(parts(head, messages.subList(from, to)));
            from = to;
        }
        return frames;
    }

    private static List<ByteBuffer> parts(ByteBuffer copied, List<? extends FollowMessage> messages) {
        List<ByteBuffer> parts = new ArrayList<>(1);
        int begun = 0;
        for (FollowMessage message : messages) {
            write(message, copied);
            if (message instanceof Batches batches) {
                if (batches.bytes().remaining() <= COPIED_BATCHES) {
                    copied.put(batches.bytes().duplicate());
                } else {
                    parts.add(copied.slice(begun, copied.position() - begun));
                    parts.add(batches.bytes().duplicate());
                    begun = copied.position();
                }
            }
        }
        if (copied.position() > begun) {
            parts.add(copied.slice(begun, copied.position() - begun));
        }
        return parts;
    }

    private static int copiedBytes(FollowMessage message) {
        int own = 1 + Integer.BYTES;
        return switch (message) {
            case Subscribe(_, _, _, _, _, _, List<Long> open) ->
                own + 3 * Long.BYTES + 4 * Integer.BYTES + open.size() * Long.BYTES;
            case Drop _, Credit _ -> own;
            case Acknowledge _ -> own + 2 * Long.BYTES;
            case Batches(_, _, _, _, _, ByteBuffer bytes) -> own + 4 * Long.BYTES + Integer.BYTES
                    + (bytes.remaining() <= COPIED_BATCHES ? bytes.remaining() : 0);
            case SyncAtOnce _ -> own + 4 * Long.BYTES + Integer.BYTES;
            case Diverged _ -> own + Integer.BYTES + Long.BYTES;
            case Behind _ -> own + Long.BYTES;
            case Refused _ -> own + Short.BYTES;
        };
    }

    private static long size(FollowMessage message) {
        return copiedBytes(message) + (message instanceof Batches batches ? batches.bytes().remaining() : 0L);
    }

    private static void write(FollowMessage message, ByteBuffer out) {
        switch (message) {
            case Subscribe(int slot, UUID topic, int partition, int epoch, long from, int last, List<Long> open) -> {
                out.put(SUBSCRIBE).putInt(slot).putLong(topic.getMostSignificantBits())
                        .putLong(topic.getLeastSignificantBits()).putInt(partition).putInt(epoch).putLong(from)
                        .putInt(last).putInt(open.size());
                open.forEach(out::putLong);
            }
            case Drop(int slot) -> out.put(DROP).putInt(slot);
            case Acknowledge(int slot, long end, long synced) ->
                out.put(ACKNOWLEDGE).putInt(slot).putLong(end).putLong(synced);
            case Credit(int bytes) -> out.put(CREDIT).putInt(bytes);
            case Batches(int slot, long from, long next, long highWatermark, long logStart, ByteBuffer bytes) ->
                out.put(BATCHES).putInt(slot).putLong(from).putLong(next).putLong(highWatermark).putLong(logStart)
                        .putInt(bytes.remaining());
            case SyncAtOnce(int slot, boolean wanted) ->
                out.put(BATCHES).putInt(-1 - slot).putLong(wanted ? 1 : 0).putLong(0).putLong(0).putLong(0).putInt(0);
            case Diverged(int slot, int epoch, long end) -> out.put(DIVERGED).putInt(slot).putInt(epoch).putLong(end);
            case Behind(int slot, long logStart) -> out.put(BEHIND).putInt(slot).putLong(logStart);
            case Refused(int slot, ErrorCode error) -> out.put(REFUSED).putInt(slot).putShort(error.code());
        }
    }

    // ---- in

    /// Throws [MalformedMessageException].
    public static Frame read(ByteBuffer frame) {
        ByteBuffer in = frame.duplicate();
        try {
            byte kind = in.get();
            int stream = Short.toUnsignedInt(in.getShort());
            return switch (kind) {
                case TO_LEADER -> new ForLeader(stream, toLeader(in));
                case TO_FOLLOWER -> new ForFollower(stream, toFollower(in));
                default -> throw new MalformedMessageException("a frame of kind " + kind);
            };
        } catch (BufferUnderflowException e) {
            throw new MalformedMessageException("a message that ends too early", e);
        }
    }

    private static List<ToLeader> toLeader(ByteBuffer in) {
        List<ToLeader> messages = new ArrayList<>();
        while (in.hasRemaining()) {
            byte type = in.get();
            messages.add(switch (type) {
                case SUBSCRIBE -> new Subscribe(in.getInt(), new UUID(in.getLong(), in.getLong()), in.getInt(),
                        in.getInt(), in.getLong(), in.getInt(), offsets(in));
                case DROP -> new Drop(in.getInt());
                case ACKNOWLEDGE -> new Acknowledge(in.getInt(), in.getLong(), in.getLong());
                case CREDIT -> new Credit(in.getInt());
                default -> throw new MalformedMessageException("a message of type " + type + " for a leader");
            });
        }
        return someOf(messages);
    }

    private static List<ToFollower> toFollower(ByteBuffer in) {
        List<ToFollower> messages = new ArrayList<>();
        while (in.hasRemaining()) {
            byte type = in.get();
            messages.add(switch (type) {
                case BATCHES -> batchesOrWish(in);
                case DIVERGED -> new Diverged(in.getInt(), in.getInt(), in.getLong());
                case BEHIND -> new Behind(in.getInt(), in.getLong());
                case REFUSED -> new Refused(in.getInt(), ErrorCode.of(in.getShort()));
                default -> throw new MalformedMessageException("a message of type " + type + " for a follower");
            });
        }
        return someOf(messages);
    }

    private static <M> List<M> someOf(List<M> messages) {
        if (messages.isEmpty()) {
            throw new MalformedMessageException("a frame without messages");
        }
        return messages;
    }

    private static List<Long> offsets(ByteBuffer in) {
        int count = in.getInt();
        if (count < 0 || count > in.remaining() / Long.BYTES) {
            throw new MalformedMessageException(count + " offsets, and " + in.remaining() + " bytes left");
        }
        List<Long> offsets = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            offsets.add(in.getLong());
        }
        return offsets;
    }

    private static ToFollower batchesOrWish(ByteBuffer in) {
        Batches read = new Batches(
                in.getInt(), in.getLong(), in.getLong(), in.getLong(), in.getLong(), batches(in));
        return read.slot() < 0 ? new SyncAtOnce(-1 - read.slot(), read.from() == 1) : read;
    }

    private static ByteBuffer batches(ByteBuffer in) {
        int length = in.getInt();
        if (length < 0 || length > in.remaining()) {
            throw new MalformedMessageException(length + " bytes of batches, and " + in.remaining() + " left");
        }
        ByteBuffer bytes = in.slice(in.position(), length);
        in.position(in.position() + length);
        return bytes;
    }
}

package io.chapar.broker.metadata.quorum;

import io.chapar.broker.metadata.quorum.FeedTold.Content;
import io.chapar.broker.metadata.quorum.FeedTold.Entries;
import io.chapar.broker.metadata.quorum.FeedTold.Nothing;
import io.chapar.broker.metadata.quorum.FeedTold.Piece;

import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/// What voters and brokers that do not vote say to each other.
///
/// ```
/// ask  = layout u8, 1 | group 2 x i64 | version i64 | snapshot i64 | offset i32
/// told = layout u8, 1 | group 2 x i64 | controller i32 | version i64
///        | 0                                                          nothing
///        | 1 | count i32 | (length i32 | an entry, by QuorumEntry)*   entries
///        | 2 | snapshot i64 | total i32 | offset i32 | bytes          a part of a snapshot, by QuorumState
/// ```
final class FeedCodec {
    private static final byte LAYOUT = 1;
    private static final int ASK_BYTES = 1 + 16 + 8 + 8 + 4;
    private static final int TOLD_HEAD_BYTES = 1 + 16 + 4 + 8 + 1;

    private FeedCodec() {}

    static ByteBuffer encode(FeedAsk ask) {
        ByteBuffer out = ByteBuffer.allocate(ASK_BYTES).put(LAYOUT);
        write(ask.group(), out);
        return out.putLong(ask.version()).putLong(ask.snapshot()).putInt(ask.offset()).flip();
    }

    /// Throws [IOException] when the bytes are not what [#encode] makes.
    static FeedAsk decodeAsk(ByteBuffer bytes) throws IOException {
        ByteBuffer in = bytes.slice();
        if (in.remaining() != ASK_BYTES || in.get() != LAYOUT) {
            throw new IOException("a question about metadata of " + bytes.remaining() + " bytes");
        }
        FeedAsk ask = new FeedAsk(readId(in), in.getLong(), in.getLong(), in.getInt());
        if (ask.version() < FeedAsk.NOTHING || ask.snapshot() < FeedAsk.NOTHING || ask.offset() < 0) {
            throw new IOException("a question about metadata out of bounds: " + ask);
        }
        return ask;
    }

    static ByteBuffer encode(FeedTold told) {
        ByteBuffer out = ByteBuffer.allocate(TOLD_HEAD_BYTES + size(told.content())).put(LAYOUT);
        write(told.group(), out);
        out.putInt(told.controller()).putLong(told.version());
        switch (told.content()) {
            case Nothing _ -> out.put((byte) 0);
            case Entries(List<ByteBuffer> entries) -> {
                out.put((byte) 1).putInt(entries.size());
                entries.forEach(entry -> out.putInt(entry.remaining()).put(entry.duplicate()));
            }
            case Piece(long snapshot, int total, int offset, ByteBuffer part) ->
                out.put((byte) 2).putLong(snapshot).putInt(total).putInt(offset).put(part.duplicate());
        }
        return out.flip().asReadOnlyBuffer();
    }

    private static int size(Content content) {
        return switch (content) {
            case Nothing _ -> 0;
            case Entries(List<ByteBuffer> entries) ->
                Integer.BYTES + entries.stream().mapToInt(entry -> Integer.BYTES + entry.remaining()).sum();
            case Piece piece -> 8 + 4 + 4 + piece.bytes().remaining();
        };
    }

    /// Throws [IOException] when the bytes are not what [#encode] makes. What is told shares the bytes.
    static FeedTold decodeTold(ByteBuffer bytes) throws IOException {
        ByteBuffer in = bytes.slice();
        try {
            if (in.get() != LAYOUT) {
                throw new IOException("metadata in the layout of another release");
            }
            UUID group = readId(in);
            int controller = in.getInt();
            long version = in.getLong();
            Content content = switch (in.get()) {
                case 0 -> new Nothing();
                case 1 -> entries(in);
                case 2 -> piece(in);
                default -> throw new IOException("metadata of a kind that nobody knows here");
            };
            if (in.hasRemaining()) {
                throw new IOException(in.remaining() + " bytes too many behind metadata");
            }
            return new FeedTold(group, controller, version, content);
        } catch (BufferUnderflowException e) {
            throw new IOException("metadata that end too soon", e);
        }
    }

    private static Entries entries(ByteBuffer in) throws IOException {
        int count = in.getInt();
        List<ByteBuffer> entries = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int length = in.getInt();
            if (length < 1 || length > in.remaining()) {
                throw new IOException("an entry of " + length + " bytes in " + in.remaining());
            }
            entries.add(in.slice(in.position(), length).asReadOnlyBuffer());
            in.position(in.position() + length);
        }
        if (entries.isEmpty()) {
            throw new IOException("no entry where there should be some");
        }
        return new Entries(entries);
    }

    private static Piece piece(ByteBuffer in) throws IOException {
        long snapshot = in.getLong();
        int total = in.getInt();
        int offset = in.getInt();
        int length = in.remaining();
        if (total < 1 || total > QuorumState.MAX_SNAPSHOT_BYTES || offset < 0 || length < 1
                || length > total - offset) {
            throw new IOException(length + " bytes at " + offset + " of a snapshot of " + total);
        }
        Piece piece = new Piece(snapshot, total, offset, in.slice().asReadOnlyBuffer());
        in.position(in.limit());
        return piece;
    }

    private static void write(UUID id, ByteBuffer out) {
        out.putLong(id.getMostSignificantBits()).putLong(id.getLeastSignificantBits());
    }

    private static UUID readId(ByteBuffer in) {
        return new UUID(in.getLong(), in.getLong());
    }
}

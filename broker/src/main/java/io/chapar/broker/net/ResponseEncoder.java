package io.chapar.broker.net;

import io.chapar.broker.log.FileRecords;
import io.chapar.protocol.BufferRecords;
import io.chapar.protocol.Records;
import io.chapar.protocol.WireWriter;
import io.chapar.protocol.message.ApiKey;
import io.chapar.protocol.message.Response;
import io.chapar.protocol.message.ResponseHeader;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.DefaultFileRegion;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.util.ArrayList;
import java.util.List;

/// Puts answers on a channel: the bytes of the message, and in between ranges of files that the kernel copies from
/// file to socket.
@SuppressWarnings("FutureReturnValueIgnored") // a failed write or close ends in channelInactive
final class ResponseEncoder {
    private static final int MOST_AT_ONCE = 1 << 20;

    private ResponseEncoder() {}

    /// Told of an answer's end.
    interface Sent {
        /// @param taken false when the connection is at its end
        void ended(boolean taken);
    }

    /// An answer as it goes over the channel: buffers, and ranges of files.
    record Encoded(List<Object> pieces, int size) {
        /// Nobody will send it.
        void discard() {
            for (Object piece : pieces) {
                if (piece instanceof Region region) {
                    region.file.release();
                } else {
                    ((ByteBuf) piece).release();
                }
            }
        }
    }

    /// From any thread. Takes the answer's records over, also when it throws.
    static Encoded encode(ByteBufAllocator allocator, Response response, ApiKey api, short version,
            int correlationId) {
        WireWriter out = new WireWriter();
        try {
            new ResponseHeader(correlationId).write(out, api.responseHeaderVersion(version));
            response.write(out, version);
        } catch (RuntimeException e) {
            RequestInProgress.discard(response);
            throw e;
        }
        int size = out.size();
        List<WireWriter.Part> parts = out.parts();
        List<Object> pieces = new ArrayList<>(2);
        ByteBuf head = allocator.buffer(Integer.BYTES + room(parts, 0));
        head.writeInt(size);
        // Consecutive pieces in memory travel in one buffer, as long as they are not very long.
        for (int i = 0; i < parts.size(); i++) {
            FileRecords file = sentByTheKernel(parts.get(i));
            if (file != null) {
                if (head != null) {
                    pieces.add(head);
                    head = null;
                }
                pieces.add(new Region(file));
                continue;
            }
            ByteBuffer bytes = inMemory(parts.get(i));
            if (head != null && head.readableBytes() + bytes.remaining() > MOST_AT_ONCE) {
                pieces.add(head);
                head = null;
            }
            if (head == null) {
                head = allocator.buffer(room(parts, i));
            }
            head.writeBytes(bytes);
        }
        if (head != null) {
            pieces.add(head);
        }
        return new Encoded(pieces, size);
    }

    /// Bytes of this part and those behind it that travel in one buffer with it.
    private static int room(List<WireWriter.Part> parts, int from) {
        int room = 0;
        for (int i = from; i < parts.size() && sentByTheKernel(parts.get(i)) == null; i++) {
            int bytes = switch (parts.get(i)) {
                case WireWriter.Part.Bytes(ByteBuffer content) -> content.remaining();
                case WireWriter.Part.Batches(Records records) -> records.sizeInBytes();
            };
            if (i > from && room + bytes > MOST_AT_ONCE) {
                break;
            }
            room += bytes;
        }
        return room;
    }

    /// Null for what is in memory, or has to be brought there.
    private static @Nullable FileRecords sentByTheKernel(WireWriter.Part part) {
        return part instanceof WireWriter.Part.Batches(FileRecords file) && file.channel() != null ? file : null;
    }

    /// Writes without flushing. `sent` is told once the kernel has taken all of it, or it never will.
    static void write(Channel channel, Encoded answer, Sent sent) {
        int last = answer.pieces().size() - 1;
        for (int i = 0; i <= last; i++) {
            Object piece = answer.pieces().get(i);
            if (i < last && piece instanceof ByteBuf) {
                channel.write(piece, channel.voidPromise());
                continue;
            }
            ChannelFuture written = channel.write(piece);
            if (piece instanceof Region region) {
                written.addListener(sending -> region.end(sending.cause()));
            }
            if (i == last) {
                written.addListener(ended -> sent.ended(ended.isSuccess()));
            }
        }
    }

    private static ByteBuffer inMemory(WireWriter.Part part) {
        return switch (part) {
            case WireWriter.Part.Bytes(ByteBuffer bytes) -> bytes;
            case WireWriter.Part.Batches(BufferRecords records) -> records.bytes().duplicate();
            case WireWriter.Part.Batches(Records records) -> load((FileRecords) records);
        };
    }

    private static ByteBuffer load(FileRecords file) {
        try {
            return file.load();
        } catch (IOException e) {
            file.unreadable(e);
            throw new UncheckedIOException(e);
        } finally {
            file.release();
        }
    }

    /// A range whose file belongs to the log. It is held until its sending has ended one way or the other.
    private static final class Region extends DefaultFileRegion {
        private final FileRecords file;

        Region(FileRecords file) {
            super(file.channel(), file.position(), file.sizeInBytes());
            this.file = file;
        }

        /// One call copies from file to socket, and its error does not say which of them failed. So the file is asked.
        void end(Throwable failure) {
            try {
                if (failure instanceof IOException && !(failure instanceof ClosedChannelException)) {
                    file.probe(transferred());
                }
            } catch (IOException unreadable) {
                file.unreadable(unreadable);
            } finally {
                file.release();
            }
        }

        @Override
        protected void deallocate() {
            // The file goes with the end of the sending.
        }
    }
}

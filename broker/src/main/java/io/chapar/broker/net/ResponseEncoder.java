package io.chapar.broker.net;

import io.chapar.broker.log.FileRecords;
import io.chapar.protocol.BufferRecords;
import io.chapar.protocol.Records;
import io.chapar.protocol.WireWriter;
import io.chapar.protocol.message.ApiKey;
import io.chapar.protocol.message.FetchResponse;
import io.chapar.protocol.message.Response;
import io.chapar.protocol.message.ResponseHeader;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.DefaultFileRegion;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.util.function.LongConsumer;

/// Puts answers on a channel: the bytes of the message, and in between ranges of files that the kernel copies from
/// file to socket.
@SuppressWarnings("FutureReturnValueIgnored") // a failed write or close ends in channelInactive
final class ResponseEncoder {
    private ResponseEncoder() {}

    /// Writes without flushing; gives the size in bytes. `sent` gets the same number once the kernel has taken all of
    /// it, or it never will.
    static long write(
            Channel channel, Response response, ApiKey api, short version, int correlationId, LongConsumer sent) {
        WireWriter out = new WireWriter();
        try {
            new ResponseHeader(correlationId).write(out, api.responseHeaderVersion(version));
            response.write(out, version);
        } catch (RuntimeException e) {
            discard(response);
            throw e;
        }
        int size = out.size();
        ByteBuf head = channel.alloc().buffer(Math.min(size, 1 << 16) + Integer.BYTES);
        head.writeInt(size);
        ChannelFuture last = null;
        // Consecutive pieces in memory travel in one buffer.
        for (WireWriter.Part part : out.parts()) {
            if (part instanceof WireWriter.Part.Batches(FileRecords file) && file.channel() != null) {
                if (head != null) {
                    channel.write(head, channel.voidPromise());
                    head = null;
                }
                Region region = new Region(file);
                last = channel.write(region).addListener(sending -> region.end(sending.cause()));
            } else {
                ByteBuffer bytes = inMemory(part);
                if (head == null) {
                    head = channel.alloc().buffer(bytes.remaining());
                }
                head.writeBytes(bytes);
            }
        }
        if (head != null) {
            last = channel.write(head);
        }
        last.addListener(f -> sent.accept(size));
        return size;
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

    /// Lets go of what an answer holds that nobody will send.
    static void discard(Response response) {
        if (response instanceof FetchResponse fetch) {
            fetch.responses().forEach(topic -> topic.partitions().forEach(partition -> {
                if (partition.records() instanceof FileRecords file) {
                    file.release();
                }
            }));
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

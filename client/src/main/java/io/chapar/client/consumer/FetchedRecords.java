package io.chapar.client.consumer;

import io.chapar.client.ChaparException;
import io.chapar.client.FatalException;
import io.chapar.client.OffsetAndMetadata;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.MalformedMessageException;
import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;

import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Iterator;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/// What was fetched and handed to the polling thread, which alone uses this: at most one chunk for each partition that
/// is being fetched. Whole chunks are read one after the other; each partition's records come in offset order.
final class FetchedRecords {
    /// Takes one record off the reader, or throws and leaves it there.
    interface Sink {
        void accept(TopicPartition partition, ChunkReader reader);
    }

    private final ArrayDeque<ChunkReader> chunks = new ArrayDeque<>();
    private final Map<TopicPartition, OffsetAndMetadata> moved = new TreeMap<>();

    void add(Collection<FetchedData> fetched) {
        fetched.forEach(data -> chunks.addLast(new ChunkReader(data)));
    }

    /// Whether a partition that is not paused has something left.
    boolean hasChunk(Set<TopicPartition> paused) {
        return chunks.stream().anyMatch(chunk -> !paused.contains(chunk.data().partition()));
    }

    /// Null when nothing of the partition is here: then the loop knows its position.
    @Nullable OffsetAndMetadata position(TopicPartition partition) {
        for (ChunkReader chunk : chunks) {
            if (chunk.data().partition().equals(partition)) {
                return new OffsetAndMetadata(chunk.position(), chunk.epoch(), "");
            }
        }
        return null;
    }

    void drop(TopicPartition partition) {
        moved.remove(partition);
        chunks.removeIf(chunk -> {
            boolean gone = chunk.data().partition().equals(partition);
            if (gone) {
                chunk.close();
            }
            return gone;
        });
    }

    void clear() {
        chunks.forEach(ChunkReader::close);
        chunks.clear();
        moved.clear();
    }

    /// Delivers up to `max` records. What cannot be read ends it: thrown only when nothing came before, so that what
    /// did come is not lost; the next call meets it again.
    int drain(int max, Set<TopicPartition> paused, Sink sink) {
        int count = 0;
        Iterator<ChunkReader> left = chunks.iterator();
        while (count < max && left.hasNext()) {
            ChunkReader chunk = left.next();
            if (paused.contains(chunk.data().partition())) {
                continue;
            }
            try {
                while (count < max && chunk.hasRecord()) {
                    sink.accept(chunk.data().partition(), chunk);
                    chunk.take();
                    count++;
                }
                if (count < max) {
                    left.remove();
                }
            } catch (RuntimeException e) {
                if (count > 0) {
                    return count;
                }
                throw e instanceof MalformedMessageException malformed
                        ? new UnreadableChunk(chunk.data().partition(), chunk.position(), malformed) : e;
            } finally {
                if (chunk.position() > chunk.data().startOffset()) {
                    moved.put(chunk.data().partition(), new OffsetAndMetadata(chunk.position(), chunk.epoch(), ""));
                }
            }
        }
        return count;
    }

    /// Where each partition that moved since the last call goes on.
    Map<TopicPartition, OffsetAndMetadata> takeMoved() {
        Map<TopicPartition, OffsetAndMetadata> taken = new TreeMap<>(moved);
        moved.clear();
        return taken;
    }

    /// A chunk is damaged from `position` on.
    static final class UnreadableChunk extends RuntimeException {
        private static final long serialVersionUID = 1L;
        private final transient TopicPartition partition;
        private final long position;

        UnreadableChunk(TopicPartition partition, long position, MalformedMessageException cause) {
            super(cause.getMessage(), cause);
            this.partition = partition;
            this.position = position;
        }

        TopicPartition partition() {
            return partition;
        }

        long position() {
            return position;
        }

        ChaparException toUser() {
            return new FatalException(ErrorCode.CORRUPT_MESSAGE, "What was fetched of " + partition + " at offset "
                    + position + " cannot be read: " + getMessage(), getCause());
        }
    }
}

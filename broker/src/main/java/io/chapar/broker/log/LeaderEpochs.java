package io.chapar.broker.log;

import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/// Which leader epoch began at which offset: the fold of the log's batches, plus the own epoch of a leader that has
/// not appended yet. Epochs and offsets strictly increase.
///
/// What began below the recovery point is remembered in [LogOffsets], the rest is in the batches behind it. The file in
/// Kafka's format is written for whoever else reads the folder.
final class LeaderEpochs {
    private final List<Entry> entries = new ArrayList<>();
    private boolean dirty;

    record Entry(int epoch, long startOffset) {}

    int latest() {
        return entries.isEmpty() ? -1 : entries.getLast().epoch();
    }

    List<Entry> entries() {
        return List.copyOf(entries);
    }

    /// The epoch begins at this offset; whatever contradicts it goes.
    void assign(int epoch, long startOffset) {
        if (epoch < 0 || epoch == latest()) {
            return;
        }
        while (!entries.isEmpty()
                && (entries.getLast().epoch() >= epoch || entries.getLast().startOffset() >= startOffset)) {
            entries.removeLast();
        }
        entries.add(new Entry(epoch, startOffset));
        dirty = true;
    }

    /// The largest epoch at or below the asked one, and where it ended; (-1, -1) if the asked one is unknown and above.
    Entry endOf(int epoch, long logEndOffset) {
        if (entries.isEmpty() || epoch < 0 || epoch > latest()) {
            return new Entry(-1, -1);
        }
        if (epoch == latest()) {
            return new Entry(epoch, logEndOffset);
        }
        int i = entries.size() - 1;
        while (i >= 0 && entries.get(i).epoch() > epoch) {
            i--;
        }
        return i < 0
                ? new Entry(epoch, entries.getFirst().startOffset())
                : new Entry(entries.get(i).epoch(), entries.get(i + 1).startOffset());
    }

    /// The epoch of the batch at the offset, or -1.
    int epochAt(long offset) {
        for (int i = entries.size() - 1; i >= 0; i--) {
            if (entries.get(i).startOffset() <= offset) {
                return entries.get(i).epoch();
            }
        }
        return -1;
    }

    void truncateFromEnd(long logEndOffset) {
        while (!entries.isEmpty() && entries.getLast().startOffset() >= logEndOffset) {
            entries.removeLast();
            dirty = true;
        }
    }

    /// What lies before the log start is gone, but the epoch in which the first remaining record was written stays.
    void truncateFromStart(long logStartOffset) {
        while (entries.size() > 1 && entries.get(1).startOffset() <= logStartOffset) {
            entries.removeFirst();
            dirty = true;
        }
        if (!entries.isEmpty() && entries.getFirst().startOffset() < logStartOffset) {
            entries.set(0, new Entry(entries.getFirst().epoch(), logStartOffset));
            dirty = true;
        }
    }

    /// Whether the file is behind. Asking clears it.
    boolean takeDirty() {
        boolean was = dirty;
        dirty = false;
        return was;
    }

    ByteBuffer bytes() {
        List<String> lines = new ArrayList<>();
        for (Entry entry : entries) {
            lines.add(entry.epoch() + " " + entry.startOffset());
        }
        return CheckpointText.write(lines);
    }

    /// Those that began below the offset.
    List<Entry> below(long offset) {
        return below(offset, entries);
    }

    static List<Entry> below(long offset, List<Entry> entries) {
        return entries.stream().filter(entry -> entry.startOffset() < offset).toList();
    }

    /// In place of what is there.
    void restore(List<Entry> saved) {
        entries.clear();
        saved.forEach(entry -> assign(entry.epoch(), entry.startOffset()));
    }

    /// @param file what the file holds; null for none
    void compareTo(@Nullable ByteBuffer file) {
        dirty = file == null ? !entries.isEmpty() : !file.equals(bytes());
    }
}

package io.chapar.broker.log;

import io.chapar.broker.log.disk.DiskFile;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/// What recovery finds readable and has no place for: it is kept beside the log, with [#SUFFIX] behind its name, which
/// no part of the broker looks at again. Why stands in the broker's log and in [#REASONS], a line for each.
///
/// Nothing of it is lost by a crash: a file gets its new name, or a copy is synced, before the log is cut.
final class Unexplained {
    static final String SUFFIX = ".unexplained";
    static final String REASONS = "unexplained.txt";
    private static final Logger LOG = LoggerFactory.getLogger(Unexplained.class);
    private static final int COPY_BYTES = 1 << 20;

    private final LogFolder folder;

    Unexplained(LogFolder folder) {
        this.folder = folder;
    }

    /// The files of segments, in order, that do not continue the log.
    void setAside(List<Segment> segments, long end) throws IOException {
        List<String> moved = new ArrayList<>();
        long bytes = 0;
        // From the end on, as in a truncation.
        for (Segment segment : segments.reversed()) {
            segment.forgetFiles();
            bytes += segment.size();
            List<String> paths = new ArrayList<>(List.of(folder.snapshotPath(segment.baseOffset())));
            paths.addAll(segment.paths().reversed());
            for (String path : paths) {
                if (folder.disk().exists(path)) {
                    String aside = free(path);
                    folder.disk().rename(path, aside);
                    moved.addFirst(aside);
                }
            }
        }
        folder.disk().sync(moved);
        tell(moved, segments.getFirst().path(PartitionFiles.LOG) + (segments.size() == 1 ? "" : " and "
                + (segments.size() - 1) + " more segments") + " with " + bytes + " bytes from offset "
                + segments.getFirst().baseOffset() + " on do not continue the log, which ends at offset " + end);
    }

    /// A copy of what a log file holds from the position on, if any of it can be read: a batch behind a torn one.
    void copyReadable(Segment segment, int position, long end, @Nullable String fault) throws IOException {
        if (position >= segment.size()) {
            return;
        }
        String path = segment.path(PartitionFiles.LOG);
        OpenFile file = folder.data().files().acquire(path);
        try {
            int found = new BatchSearch(file.file(), segment.size()).firstAfter(position, end);
            if (found < 0) {
                return;
            }
            String aside = copy(file.file(), position, segment.size(), path + ".from-byte-" + position);
            tell(List.of(aside), "Behind " + fault + " at byte " + position + " of " + path
                    + ", where the log ends at offset " + end + ", there are batches that can be read, from byte "
                    + found + " on");
        } finally {
            file.release();
        }
    }

    /// Gives the copy's name. One that an opening made which did not come to its end is taken for this one.
    private String copy(DiskFile from, int start, int end, String name) throws IOException {
        String made = name + PartitionFiles.UNFINISHED;
        try (DiskFile to = folder.disk().open(made)) {
            to.truncate(0);
            ByteBuffer piece = ByteBuffer.allocate(Math.min(COPY_BYTES, end - start));
            for (int at = start; at < end; at += piece.limit()) {
                piece.clear().limit(Math.min(piece.capacity(), end - at));
                from.read(piece, at);
                to.write(piece.flip(), at - start);
            }
        }
        folder.disk().sync(List.of(made));
        String aside = name + SUFFIX;
        for (int again = 2; folder.disk().exists(aside) && !isSame(made, aside); again++) {
            aside = name + SUFFIX + "." + again;
        }
        folder.disk().rename(made, aside);
        folder.disk().sync(List.of(aside));
        return aside;
    }

    private boolean isSame(String one, String other) throws IOException {
        long size = folder.disk().size(one);
        if (size != folder.disk().size(other)) {
            return false;
        }
        try (DiskFile left = folder.disk().open(one); DiskFile right = folder.disk().open(other)) {
            ByteBuffer ours = ByteBuffer.allocate((int) Math.min(COPY_BYTES, size));
            ByteBuffer theirs = ByteBuffer.allocate(ours.capacity());
            for (long at = 0; at < size; at += ours.limit()) {
                int length = (int) Math.min(ours.capacity(), size - at);
                left.read(ours.clear().limit(length), at);
                right.read(theirs.clear().limit(length), at);
                if (!ours.flip().equals(theirs.flip())) {
                    return false;
                }
            }
            return true;
        }
    }

    private String free(String path) throws IOException {
        String aside = path + SUFFIX;
        for (int again = 2; folder.disk().exists(aside); again++) {
            aside = path + SUFFIX + "." + again;
        }
        return aside;
    }

    private void tell(List<String> files, String why) throws IOException {
        LOG.error("{}. Nothing of it is deleted: it is set aside as {}{}", why, files.getFirst(),
                files.size() == 1 ? "" : " and the like");
        String path = folder.path(REASONS);
        ByteBuffer before = folder.disk().read(path);
        ByteBuffer line = StandardCharsets.UTF_8.encode(files.getFirst() + ": " + why + "\n");
        ByteBuffer all = ByteBuffer.allocate((before == null ? 0 : before.remaining()) + line.remaining());
        if (before != null) {
            all.put(before);
        }
        folder.disk().replace(path, all.put(line).flip());
    }
}

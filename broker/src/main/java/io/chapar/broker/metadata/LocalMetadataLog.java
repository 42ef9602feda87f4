package io.chapar.broker.metadata;

import io.chapar.broker.log.disk.Disk;
import io.chapar.broker.runtime.Loop;
import io.chapar.protocol.ErrorCode;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;

/// The metadata of a single broker: a [MetadataFile], synced before any answer.
///
/// Commands that arrive while a sync is under way are decided together afterwards and share the next one. The file is
/// written anew, as one entry, when it is large and most of it is history.
///
/// ```
/// Working --a write, sync or rewriting fails--> Failing --the file is open again--> Working
///                                               ^     | still not: a longer pause
///                                               +-----+
/// ```
/// While it is failing every command is refused at once: nothing may be decided on top of an entry of which nobody
/// knows whether it is on the disk. Opening it again finds that out.
public final class LocalMetadataLog implements MetadataLog {
    static final String FILE = MetadataFile.NAME;
    private static final String TOO_LATE = "Nothing was done: the metadata log did not come to it in time.";
    static final long FIRST_PAUSE_MS = 1_000;
    static final long LONGEST_PAUSE_MS = 30_000;
    private static final long COMPACT_AT_BYTES = 1 << 20;
    /// An entry takes no further command beyond this. One command alone stays far below the rest, being no longer
    /// than a request may be.
    static final int FULL_ENTRY_BYTES = 4 << 20;

    private static final Logger LOG = LoggerFactory.getLogger(LocalMetadataLog.class);

    private final Disk disk;
    private final Loop loop;
    private final ControllerCore core;
    private final int node;
    private final List<ChangeListener> listeners = new ArrayList<>();
    private final ArrayDeque<Pending<?>> queue = new ArrayDeque<>();
    private final boolean cut;
    private final Set<UUID> deleted;

    private volatile ClusterImage image;
    private volatile @Nullable String trouble;
    private MetadataFile file;
    private long compactAtBytes;
    /// A sync, or the writing of a new file: nothing else is begun meanwhile.
    private boolean underWay;
    private int lastEntryBytes;
    private long pauseMs = FIRST_PAUSE_MS;
    private Loop.@Nullable Timer retry;
    private boolean closed;

    private LocalMetadataLog(
            Disk disk, Loop loop, ControllerCore core, int node, long compactAtBytes, MetadataFile.Opened opened) {
        this.disk = disk;
        this.node = node;
        this.loop = loop;
        this.core = core;
        this.compactAtBytes = compactAtBytes;
        file = opened.file();
        image = opened.image();
        cut = opened.cut();
        deleted = opened.deleted();
    }

    /// Reads the file, or begins one. Blocks; to be called before the loop has work that needs metadata.
    ///
    /// @param nodeId of the broker whose log it is
    public static LocalMetadataLog open(Disk disk, Loop loop, ControllerCore core, int nodeId) throws IOException {
        return open(disk, loop, core, nodeId, COMPACT_AT_BYTES);
    }

    /// @param compactAtBytes the size at which the file is written anew, if most of it is history
    public static LocalMetadataLog open(Disk disk, Loop loop, ControllerCore core, int nodeId, long compactAtBytes)
            throws IOException {
        return new LocalMetadataLog(disk, loop, core, nodeId, compactAtBytes, MetadataFile.open(disk, nodeId));
    }

    @Override
    public ClusterImage image() {
        return image;
    }

    @Override
    public @Nullable String trouble() {
        return trouble;
    }

    @Override
    public int controller() {
        return node;
    }

    @Override
    public MetadataQuorum quorum() {
        return MetadataQuorum.alone(node, image.version());
    }

    @Override
    public void onChange(ChangeListener listener) {
        listeners.add(listener);
    }

    /// Whether the file had a last entry that cannot be read. As a rule nobody was told of it, since a loss of power
    /// tore it; but what a bit has spoilt since looks the same.
    public boolean isCut() {
        return cut;
    }

    /// Topics that the file told the deletion of when it was opened, since it was last written anew.
    public Set<UUID> deletedTopics() {
        return deleted;
    }

    @Override
    public <R> void propose(MetadataCommand<R> command, long deadlineMs, Loop replyOn, Consumer<Proposed<R>> done) {
        loop.run(() -> {
            Pending<R> pending = new Pending<>(command, replyOn, done);
            if (deadlineMs < loop.nowMs()) {
                pending.refuse(ErrorCode.REQUEST_TIMED_OUT, TOO_LATE);
                return;
            }
            pending.deadline = loop.schedule(Math.max(0, deadlineMs - loop.nowMs()), () -> late(pending));
            queue.add(pending);
            decideAll();
        });
    }

    private void late(Pending<?> pending) {
        if (queue.remove(pending)) {
            pending.refuse(ErrorCode.REQUEST_TIMED_OUT, TOO_LATE);
        } else {
            pending.doubt(ErrorCode.REQUEST_TIMED_OUT, "The metadata log has not told in time whether it is done.");
        }
    }

    /// Closes the file; commands that are still waiting stay unanswered. On the loop.
    public void close() throws IOException {
        closed = true;
        if (retry != null) {
            retry.cancel();
        }
        queue.forEach(Pending::forget);
        queue.clear();
        file.close();
    }

    /// A command that nobody has been answered yet; answered once.
    private static final class Pending<R> {
        private final MetadataCommand<R> command;
        private final Loop replyOn;
        private final Consumer<Proposed<R>> done;
        /// Null for one that came too late.
        private Loop.@Nullable Timer deadline;
        private boolean answered;

        Pending(MetadataCommand<R> command, Loop replyOn, Consumer<Proposed<R>> done) {
            this.command = command;
            this.replyOn = replyOn;
            this.done = done;
        }

        void answer(Proposed<R> outcome) {
            if (!answered) {
                forget();
                replyOn.run(() -> done.accept(outcome));
            }
        }

        void refuse(ErrorCode error, String reason) {
            answer(new Refused<>(error, reason));
        }

        void doubt(ErrorCode error, String reason) {
            answer(new Unknown<>(error, reason));
        }

        void forget() {
            answered = true;
            if (deadline != null) {
                deadline.cancel();
            }
        }
    }

    private record Decided<R>(Pending<R> pending, R result) {
        void commit() {
            pending.answer(new Committed<>(result));
        }
    }

    private void decideAll() {
        if (closed || underWay || queue.isEmpty()) {
            return;
        }
        if (trouble != null) {
            refuseAll();
            return;
        }
        ClusterImage.Builder builder = new ClusterImage.Builder(image);
        List<MetadataRecord> records = new ArrayList<>();
        List<Decided<?>> decided = new ArrayList<>();
        int bytes = 0;
        while (!queue.isEmpty() && bytes < FULL_ENTRY_BYTES) {
            int known = records.size();
            decided.add(decideOne(queue.poll(), builder, records));
            bytes += MetadataCodec.encode(records.subList(known, records.size())).length;
        }
        if (records.isEmpty()) {
            decided.forEach(Decided::commit);
            return;
        }
        underWay = true;
        try {
            lastEntryBytes = file.write(image.version(), records);
            disk.syncLater(List.of(FILE), loop, failure -> synced(failure, builder, decided));
        } catch (IOException e) {
            synced(e, builder, decided);
        }
    }

    private <R> Decided<R> decideOne(
            Pending<R> pending, ClusterImage.Builder builder, List<MetadataRecord> records) {
        ControllerCore.Decision<R> decision = core.decide(pending.command, builder.build());
        decision.records().forEach(builder::apply);
        records.addAll(decision.records());
        return new Decided<>(pending, decision.result());
    }

    private void synced(IOException failure, ClusterImage.Builder builder, List<Decided<?>> decided) {
        underWay = false;
        if (closed) {
            decided.forEach(one -> one.pending().forget());
            return;
        }
        if (failure == null) {
            pauseMs = FIRST_PAUSE_MS;
            change(builder.build(), builder.delta());
            decided.forEach(Decided::commit);
            compactWhenLarge();
        } else {
            fail(failure);
            decided.forEach(one -> one.pending().doubt(ErrorCode.KAFKA_STORAGE_ERROR,
                    "It is not known whether this was done: " + trouble + "."));
        }
        decideAll();
    }

    private void change(ClusterImage after, ClusterDelta delta) {
        ClusterImage before = image;
        image = after;
        listeners.forEach(l -> l.changed(before, after, delta));
    }

    // ---- failing, and coming back

    private void fail(IOException cause) {
        String reason = cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
        trouble = "the metadata log cannot be written (" + reason + "), which is tried again by itself";
        LOG.error("Topics, settings and producer ids cannot be changed, next try in {} ms: {}", pauseMs, reason);
        retry = loop.schedule(pauseMs, this::reopen);
        pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 2);
    }

    private void refuseAll() {
        while (!queue.isEmpty()) {
            queue.poll().refuse(ErrorCode.KAFKA_STORAGE_ERROR, "Nothing was done: " + trouble + ".");
        }
    }

    private void reopen() {
        MetadataFile old = file;
        MetadataFile.Opened[] found = new MetadataFile.Opened[1];
        disk.runLater(
                () -> {
                    old.close();
                    found[0] = MetadataFile.reopen(disk, image, lastEntryBytes);
                },
                loop,
                failure -> reopened(failure, found[0]));
    }

    private void reopened(IOException failure, MetadataFile.Opened found) {
        if (closed) {
            return;
        }
        if (failure != null) {
            fail(failure);
            return;
        }
        file = found.file();
        trouble = null;
        LOG.warn("Topics, settings and producer ids can be changed again; the metadata log ends at version {}",
                found.image().version());
        if (found.image().version() != image.version()) {
            change(found.image(), found.delta());
        }
        decideAll();
    }

    // ---- compaction

    /// A new file in place of this one, when that is worth it; away from the loop.
    private void compactWhenLarge() {
        if (file.size() < compactAtBytes) {
            return;
        }
        underWay = true;
        Compacting compacting = new Compacting(file.size());
        disk.runLater(() -> compacting.run(disk, image), loop, failure -> compacted(failure, compacting));
    }

    /// One rewriting of the file. Between its begin and its end nothing else looks at it.
    private static final class Compacting {
        private final long oldSize;
        private int size;
        private @Nullable MetadataFile fresh;
        /// Why there is none, and all is as it was.
        private @Nullable IOException unprepared;

        Compacting(long oldSize) {
            this.oldSize = oldSize;
        }

        void run(Disk disk, ClusterImage image) throws IOException {
            ByteBuffer whole = MetadataFile.snapshot(image);
            size = whole.remaining();
            if (size > oldSize / 2 || size > MetadataFile.MAX_ENTRY_BYTES) {
                return;
            }
            try {
                MetadataFile.prepare(disk, whole);
            } catch (IOException e) {
                unprepared = e;
                return;
            }
            fresh = MetadataFile.adopt(disk, size);
        }
    }

    private void compacted(IOException failure, Compacting done) {
        underWay = false;
        if (closed) {
            return;
        }
        MetadataFile fresh = done.fresh;
        compactAtBytes = Math.max(compactAtBytes, 2L * done.size);
        if (done.unprepared != null) {
            compactAtBytes = Math.max(compactAtBytes, done.oldSize + done.oldSize / 4);
            LOG.warn("The metadata log of {} bytes could not be written anew, and grows on for now: {}", done.oldSize,
                    done.unprepared.getMessage());
        } else if (failure != null) {
            fail(failure);
        } else if (fresh != null) {
            try {
                file.close();
            } catch (IOException e) {
                LOG.warn("The metadata log's former file could not be closed: {}", e.getMessage());
            }
            file = fresh;
        }
        decideAll();
    }
}

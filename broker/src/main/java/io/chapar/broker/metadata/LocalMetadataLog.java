package io.chapar.broker.metadata;

import io.chapar.broker.log.disk.Disk;
import io.chapar.broker.log.disk.DiskFile;
import io.chapar.broker.runtime.Loop;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.zip.CRC32C;

/// The metadata of a single broker: an append-only file, synced before any answer.
///
/// ```
/// file  = "CHAPARM2" entry*
/// entry = "NTRY" | length i32 | crc32c i32 over the entry's position in the file i64 and payload | payload
/// payload = records of MetadataCodec, committed together
/// ```
/// One entry at most is not synced yet, and it is the last; opening the file syncs what it finds. So a place that holds
/// no whole entry is what a crash left of one that was never answered, in whichever order its sectors went to the disk,
/// and is cut off when the file is opened; unless a whole entry stands behind it: then answered ones are damaged, and
/// opening fails.
///
/// Commands that arrive while a sync is under way are decided together afterwards and share the next one. The file is
/// written anew, as one entry, when it is large and most of it is history.
public final class LocalMetadataLog implements MetadataLog {
    static final String FILE = "metadata.log";
    private static final String NEW_FILE = "metadata.log.new";
    private static final byte[] MAGIC = {'C', 'H', 'A', 'P', 'A', 'R', 'M', '2'};
    private static final int ENTRY_MAGIC = 'N' << 24 | 'T' << 16 | 'R' << 8 | 'Y';
    private static final int ENTRY_HEADER = 12;
    static final int MAX_ENTRY_BYTES = 64 << 20;
    /// An entry takes no further command beyond this. One command alone stays far below the rest, being no longer
    /// than a request may be.
    static final int FULL_ENTRY_BYTES = 4 << 20;

    private static final Logger LOG = LoggerFactory.getLogger(LocalMetadataLog.class);

    private final Disk disk;
    private final Loop loop;
    private final ControllerCore core;
    private final long compactAtBytes;
    private final List<ChangeListener> listeners = new ArrayList<>();
    private final ArrayDeque<Pending<?>> queue = new ArrayDeque<>();

    private volatile ClusterImage image;
    private DiskFile file;
    private long end;
    private boolean cut;
    private boolean syncing;
    private String broken;

    private record Pending<R>(MetadataCommand<R> command, Loop replyOn, Consumer<Proposed<R>> done) {
        void fail(String reason) {
            replyOn.run(() -> done.accept(new Unknown<>(reason)));
        }
    }

    private record Answer(Loop replyOn, Runnable task) {}

    private LocalMetadataLog(Disk disk, Loop loop, ControllerCore core, long compactAtBytes) {
        this.disk = disk;
        this.loop = loop;
        this.core = core;
        this.compactAtBytes = compactAtBytes;
    }

    /// Reads the file, or begins one. Blocks; to be called before the loop has work that needs metadata.
    public static LocalMetadataLog open(Disk disk, Loop loop, ControllerCore core) throws IOException {
        return open(disk, loop, core, 1 << 20);
    }

    static LocalMetadataLog open(Disk disk, Loop loop, ControllerCore core, long compactAtBytes) throws IOException {
        LocalMetadataLog log = new LocalMetadataLog(disk, loop, core, compactAtBytes);
        log.load();
        return log;
    }

    @Override
    public ClusterImage image() {
        return image;
    }

    @Override
    public void onChange(ChangeListener listener) {
        listeners.add(listener);
    }

    @Override
    public <R> void propose(MetadataCommand<R> command, Loop replyOn, Consumer<Proposed<R>> done) {
        loop.run(() -> {
            queue.add(new Pending<>(command, replyOn, done));
            decideAll();
        });
    }

    /// Closes the file; commands that are still waiting stay unanswered. On the loop.
    public void close() throws IOException {
        broken = "the broker is stopping";
        file.close();
    }

    private void load() throws IOException {
        disk.delete(NEW_FILE);
        ByteBuffer bytes = disk.read(FILE);
        if (bytes == null || bytes.remaining() <= MAGIC.length) {
            image = ClusterImage.EMPTY;
            file = disk.open(FILE);
            file.truncate(0);
            file.write(ByteBuffer.wrap(MAGIC), 0);
            // Whoever finds more than this in the file may trust that this is in it.
            disk.sync(List.of(FILE));
            end = MAGIC.length;
            return;
        }
        for (int i = 0; i < MAGIC.length; i++) {
            if (bytes.get(i) != MAGIC[i]) {
                throw new IOException("'" + FILE + "' is not a metadata log of this version");
            }
        }
        ClusterImage.Builder builder = new ClusterImage.Builder(ClusterImage.EMPTY);
        int at = MAGIC.length;
        for (ByteBuffer payload; (payload = payloadAt(bytes, at)) != null; at += ENTRY_HEADER + payload.limit()) {
            MetadataCodec.decode(payload).forEach(builder::apply);
        }
        for (int behind = at + 1; behind <= bytes.limit() - ENTRY_HEADER; behind++) {
            if (payloadAt(bytes, behind) != null) {
                throw damaged(at);
            }
        }
        end = at;
        image = builder.build();
        file = disk.open(FILE);
        if (file.size() > end) {
            LOG.warn("Cutting a torn entry of {} bytes off the metadata log", file.size() - end);
            file.truncate(end);
            cut = true;
        }
        // What a killed broker wrote last may be in the page cache alone, and is believed from here on.
        disk.sync(List.of(FILE));
    }

    /// Whether the file had a last entry that cannot be read. As a rule nobody was told of it, since a loss of power
    /// tore it; but what a bit has spoilt since looks the same.
    public boolean isCut() {
        return cut;
    }

    /// The payload of the whole entry that begins there, or null.
    private static ByteBuffer payloadAt(ByteBuffer bytes, int at) {
        if (bytes.limit() - at < ENTRY_HEADER || bytes.getInt(at) != ENTRY_MAGIC) {
            return null;
        }
        int length = bytes.getInt(at + 4);
        if (length <= 0 || length > bytes.limit() - at - ENTRY_HEADER) {
            return null;
        }
        ByteBuffer payload = bytes.slice(at + ENTRY_HEADER, length);
        return crc(at, payload) == bytes.getInt(at + 8) ? payload : null;
    }

    private static IOException damaged(int at) {
        return new IOException("the metadata log '" + FILE + "' is damaged at byte " + at);
    }

    private static int crc(long at, ByteBuffer payload) {
        CRC32C crc = new CRC32C();
        crc.update(ByteBuffer.allocate(Long.BYTES).putLong(0, at));
        crc.update(payload.duplicate());
        return (int) crc.getValue();
    }

    private static ByteBuffer entry(long at, List<MetadataRecord> records) {
        byte[] payload = MetadataCodec.encode(records);
        return ByteBuffer.allocate(ENTRY_HEADER + payload.length)
                .putInt(ENTRY_MAGIC)
                .putInt(payload.length)
                .putInt(crc(at, ByteBuffer.wrap(payload)))
                .put(payload)
                .flip();
    }

    private void decideAll() {
        if (syncing || queue.isEmpty()) {
            return;
        }
        if (broken != null) {
            failAll();
            return;
        }
        ClusterImage before = image;
        ClusterImage after = before;
        List<MetadataRecord> records = new ArrayList<>();
        List<Answer> answers = new ArrayList<>();
        int bytes = 0;
        while (!queue.isEmpty() && bytes < FULL_ENTRY_BYTES) {
            int known = records.size();
            after = decideOne(queue.poll(), after, records, answers);
            bytes += MetadataCodec.encode(records.subList(known, records.size())).length;
        }
        if (records.isEmpty()) {
            answers.forEach(a -> a.replyOn().run(a.task()));
            return;
        }
        ClusterImage committed = after;
        syncing = true;
        try {
            ByteBuffer entry = entry(end, records);
            int size = entry.remaining();
            file.write(entry, end);
            end += size;
            disk.syncLater(List.of(FILE), loop, failure -> synced(failure, before, committed, answers));
        } catch (IOException e) {
            synced(e, before, committed, answers);
        }
    }

    private <R> ClusterImage decideOne(
            Pending<R> pending, ClusterImage at, List<MetadataRecord> records, List<Answer> answers) {
        ControllerCore.Decision<R> decision = core.decide(pending.command(), at);
        records.addAll(decision.records());
        answers.add(new Answer(pending.replyOn(),
                () -> pending.done().accept(broken == null
                        ? new Committed<>(decision.result()) : new Unknown<>(broken))));
        return decision.records().isEmpty() ? at : at.apply(decision.records());
    }

    private void synced(IOException failure, ClusterImage before, ClusterImage after, List<Answer> answers) {
        syncing = false;
        if (failure != null) {
            // The entry may or may not survive: nothing may be decided on top of either belief.
            LOG.error("The metadata log cannot be written; metadata is frozen until a restart", failure);
            broken = "the metadata log cannot be written: " + failure.getMessage();
        } else {
            image = after;
            listeners.forEach(l -> l.changed(before, after));
        }
        answers.forEach(a -> a.replyOn().run(a.task()));
        if (failure == null) {
            compactWhenLarge();
        }
        decideAll();
    }

    private void failAll() {
        while (!queue.isEmpty()) {
            queue.poll().fail(broken);
        }
    }

    /// Replaces the file by a snapshot of the image. Blocks for one small sync; happens once per megabyte of history.
    private void compactWhenLarge() {
        if (end < compactAtBytes) {
            return;
        }
        ByteBuffer snapshot = entry(MAGIC.length, image.snapshot());
        if (MAGIC.length + snapshot.remaining() > end / 2 || snapshot.remaining() > MAX_ENTRY_BYTES) {
            return;
        }
        try {
            ByteBuffer whole = ByteBuffer.allocate(MAGIC.length + snapshot.remaining()).put(MAGIC).put(snapshot).flip();
            int size = whole.remaining();
            disk.replace(NEW_FILE, whole);
            disk.sync(List.of(NEW_FILE));
            disk.rename(NEW_FILE, FILE);
            disk.sync(List.of(FILE));
            file.close();
            file = disk.open(FILE);
            end = size;
        } catch (IOException e) {
            LOG.error("The metadata log cannot be compacted; metadata is frozen until a restart", e);
            broken = "the metadata log cannot be written: " + e.getMessage();
        }
    }
}

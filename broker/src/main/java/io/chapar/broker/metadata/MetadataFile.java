package io.chapar.broker.metadata;

import io.chapar.broker.log.disk.Disk;
import io.chapar.broker.log.disk.DiskFile;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.zip.CRC32C;

/// The file of a [LocalMetadataLog].
///
/// ```
/// file  = "CHAPARM3" entry*
/// entry = "NTRY" | length i32 | crc32c i32 over the entry's position in the file i64 and payload | payload
/// payload = version before it i64 | records of MetadataCodec, committed together
/// ```
/// An entry applies on top of the version it was decided on alone. One entry at most is not synced yet, and it is the
/// last; opening the file syncs what it finds. So a place that holds no whole entry is what a crash left of one that
/// was never answered, in whichever order its sectors went to the disk, and is cut off when the file is opened; unless
/// a whole entry stands behind it: then answered ones are damaged, and opening fails.
///
/// A file of `CHAPARM2` is read, and written anew. Everything but [#write] blocks.
final class MetadataFile {
    static final String NAME = "metadata.log";
    private static final String NEW_NAME = "metadata.log.new";
    private static final byte[] MAGIC = {'C', 'H', 'A', 'P', 'A', 'R', 'M', '3'};
    private static final byte OLD_VERSION = '2';
    private static final int ENTRY_MAGIC = 'N' << 24 | 'T' << 16 | 'R' << 8 | 'Y';
    private static final int ENTRY_HEADER = 12;
    private static final int LEAST_ROOM_BYTES = 4096;
    static final int MAX_ENTRY_BYTES = 64 << 20;

    private static final Logger LOG = LoggerFactory.getLogger(MetadataFile.class);

    private final DiskFile file;
    private long end;

    private MetadataFile(DiskFile file, long end) {
        this.file = file;
        this.end = end;
    }

    /// @param cut whether there was a last entry that cannot be read
    /// @param delta from what was known before
    /// @param deleted topics whose deletion the file tells
    record Opened(
            MetadataFile file, ClusterImage image, ClusterDelta delta, boolean cut, Set<UUID> deleted) {}

    /// Where an entry stands, and what it holds.
    private record Entry(int at, ByteBuffer payload) {}

    /// @param end behind the last whole one
    private record Entries(byte version, List<Entry> all, int end) {}

    /// Reads the file, or begins one.
    ///
    /// @param nodeId of the broker whose file it is
    static Opened open(Disk disk, int nodeId) throws IOException {
        disk.delete(NEW_NAME);
        ByteBuffer bytes = disk.read(NAME);
        if (bytes == null || bytes.remaining() <= MAGIC.length) {
            DiskFile file = disk.open(NAME);
            file.truncate(0);
            file.write(ByteBuffer.wrap(MAGIC), 0);
            // Whoever finds more than this in the file may trust that this is in it.
            disk.sync(List.of(NAME));
            return opened(new MetadataFile(file, MAGIC.length), new ClusterImage.Builder(ClusterImage.EMPTY),
                    false);
        }
        Entries entries = entries(bytes);
        boolean cut = bytes.limit() > entries.end;
        if (entries.version == OLD_VERSION) {
            OldMetadata old = new OldMetadata(nodeId);
            for (Entry entry : entries.all) {
                old.apply(entry.payload);
            }
            LOG.info("Writing '{}' anew in the format of this release", NAME);
            MetadataFile file = create(disk, snapshot(old.image()));
            return new Opened(file, old.image(), new ClusterDelta(List.of()), cut, old.deleted());
        }
        ClusterImage.Builder builder = new ClusterImage.Builder(ClusterImage.EMPTY);
        for (Entry entry : entries.all) {
            apply(entry, builder);
        }
        DiskFile file = disk.open(NAME);
        if (cut) {
            LOG.warn("Cutting a torn entry of {} bytes off the metadata log", bytes.limit() - entries.end);
            file.truncate(entries.end);
        }
        // What a killed broker wrote last may be in the page cache alone, and is believed from here on.
        disk.sync(List.of(NAME));
        return opened(new MetadataFile(file, entries.end), builder, cut);
    }

    private static Opened opened(MetadataFile file, ClusterImage.Builder builder, boolean cut) {
        return new Opened(file, builder.build(), builder.delta(), cut, builder.deleted());
    }

    /// Opens the file again after it could not be written. What came behind the known image is kept if it is whole, and
    /// written once more, since after a failed sync the system may hold bytes for written that the disk never got.
    ///
    /// @param known what was committed for certain
    /// @param roomBytes the file must be able to grow by as much
    static Opened reopen(Disk disk, ClusterImage known, int roomBytes) throws IOException {
        disk.delete(NEW_NAME);
        ByteBuffer bytes = disk.read(NAME);
        if (bytes == null || bytes.remaining() <= MAGIC.length) {
            throw new IOException("'" + NAME + "' has lost what it held");
        }
        Entries entries = entries(bytes);
        ClusterImage.Builder all = new ClusterImage.Builder(ClusterImage.EMPTY);
        ClusterImage.Builder beyond = new ClusterImage.Builder(known);
        int doubtful = entries.end;
        for (Entry entry : entries.all) {
            if (base(entry) == known.version()) {
                doubtful = Math.min(doubtful, entry.at);
            }
            if (base(entry) >= known.version()) {
                apply(new Entry(entry.at, entry.payload.duplicate()), beyond);
            }
            apply(entry, all);
        }
        if (!all.build().equals(beyond.build())) {
            throw new IOException("'" + NAME + "' does not hold what was committed");
        }
        DiskFile file = disk.open(NAME);
        try {
            file.truncate(entries.end);
            file.write(bytes.slice(doubtful, entries.end - doubtful), doubtful);
            file.write(ByteBuffer.allocate(Math.max(LEAST_ROOM_BYTES, roomBytes)), entries.end);
            file.truncate(entries.end);
            disk.sync(List.of(NAME));
        } catch (IOException e) {
            try (file) {
                file.truncate(entries.end);
            } catch (IOException alike) {
                e.addSuppressed(alike);
            }
            throw e;
        }
        return opened(new MetadataFile(file, entries.end), beyond, false);
    }

    private static Entries entries(ByteBuffer bytes) throws IOException {
        byte version = bytes.get(MAGIC.length - 1);
        for (int i = 0; i < MAGIC.length; i++) {
            if (bytes.get(i) != MAGIC[i] && !(i == MAGIC.length - 1 && version == OLD_VERSION)) {
                throw new IOException("'" + NAME + "' is not a metadata log of this version");
            }
        }
        List<Entry> all = new ArrayList<>();
        int at = MAGIC.length;
        for (ByteBuffer payload; (payload = payloadAt(bytes, at)) != null; ) {
            all.add(new Entry(at, payload));
            at += ENTRY_HEADER + payload.remaining();
        }
        for (int behind = at + 1; behind <= bytes.limit() - ENTRY_HEADER; behind++) {
            if (payloadAt(bytes, behind) != null) {
                throw new IOException("the metadata log '" + NAME + "' is damaged at byte " + at);
            }
        }
        return new Entries(version, all, at);
    }

    /// The payload of the whole entry that begins there, or null.
    private static @Nullable ByteBuffer payloadAt(ByteBuffer bytes, int at) {
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

    private static long base(Entry entry) {
        return entry.payload.remaining() < Long.BYTES ? -1 : entry.payload.getLong(entry.payload.position());
    }

    private static void apply(Entry entry, ClusterImage.Builder builder) throws IOException {
        if (base(entry) != builder.version()) {
            throw new IOException("the entry at byte " + entry.at + " of the metadata log '" + NAME
                    + "' was decided on version " + base(entry) + " and not on " + builder.version());
        }
        entry.payload.getLong();
        MetadataCodec.decode(entry.payload).forEach(builder::apply);
    }

    private static int crc(long at, ByteBuffer payload) {
        CRC32C crc = new CRC32C();
        crc.update(ByteBuffer.allocate(Long.BYTES).putLong(0, at));
        crc.update(payload.duplicate());
        return (int) crc.getValue();
    }

    private static ByteBuffer entry(long at, long base, List<MetadataRecord> records) {
        byte[] encoded = MetadataCodec.encode(records);
        ByteBuffer entry = ByteBuffer.allocate(ENTRY_HEADER + Long.BYTES + encoded.length)
                .putInt(ENTRY_MAGIC)
                .putInt(Long.BYTES + encoded.length)
                .putInt(0)
                .putLong(base)
                .put(encoded)
                .flip();
        return entry.putInt(8, crc(at, entry.slice(ENTRY_HEADER, entry.limit() - ENTRY_HEADER)));
    }

    long size() {
        return end;
    }

    /// Into the page cache alone; gives the bytes that it took.
    ///
    /// @param base the version that the records were decided on
    int write(long base, List<MetadataRecord> records) throws IOException {
        ByteBuffer entry = entry(end, base, records);
        int size = entry.remaining();
        end += size;
        file.write(entry, end - size);
        return size;
    }

    /// A whole file of one entry that leads to the image.
    static ByteBuffer snapshot(ClusterImage image) {
        ByteBuffer entry = entry(MAGIC.length, ClusterImage.EMPTY.version(), image.snapshot());
        return ByteBuffer.allocate(MAGIC.length + entry.remaining()).put(MAGIC).put(entry).flip();
    }

    /// Puts a file of that content in the place of the one there is.
    static MetadataFile create(Disk disk, ByteBuffer whole) throws IOException {
        int size = whole.remaining();
        prepare(disk, whole);
        return adopt(disk, size);
    }

    /// Writes a file of that content beside the one there is, which stays as it was also where this fails.
    static void prepare(Disk disk, ByteBuffer whole) throws IOException {
        try {
            disk.replace(NEW_NAME, whole);
            disk.sync(List.of(NEW_NAME));
        } catch (IOException e) {
            try {
                disk.delete(NEW_NAME);
            } catch (IOException alike) {
                e.addSuppressed(alike);
            }
            throw e;
        }
    }

    /// What was prepared takes the place of the one there is.
    static MetadataFile adopt(Disk disk, int size) throws IOException {
        disk.rename(NEW_NAME, NAME);
        disk.sync(List.of(NAME));
        return new MetadataFile(disk.open(NAME), size);
    }

    void close() throws IOException {
        file.close();
    }
}

package io.chapar.processor;

import io.chapar.client.AbortableException;
import io.chapar.client.ChaparException;
import io.chapar.client.RetriableException;
import io.chapar.protocol.ErrorCode;
import org.jspecify.annotations.Nullable;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.Slice;
import org.rocksdb.Status;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteOptions;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.SortedMap;
import java.util.UUID;
import java.util.function.BiConsumer;

/// One store on disk, in a RocksDB of its own. A commit is one write to its log, which a killed process does not lose;
/// a machine that fails may lose the last ones, and comes back as it was before them.
///
/// ```
/// 0 'n'      the name of the store
/// 0 's'      standing: topic id 16 bytes | offset i64 | at i64 | epoch i32, which earlier versions did not write
/// 1 | key    value
/// ```
/// What cannot be read is set aside, and the store begins anew with nothing.
final class DiskRows implements CommittedRows {
    private static final Logger LOG = LoggerFactory.getLogger(DiskRows.class);
    private static final byte[] NAME = {0, 'n'};
    private static final byte[] STANDING = {0, 's'};
    private static final byte ROW = 1;
    private static final byte BEHIND_ROWS = 2;
    private static final int STANDING_WITHOUT_EPOCH = 4 * Long.BYTES;
    private static final int STANDING_BYTES = STANDING_WITHOUT_EPOCH + Integer.BYTES;

    private final DiskStorage storage;
    private final Path folder;
    private final FirstRows firsts = new FirstRows();
    private final RecentRows recent = new RecentRows();
    private @Nullable RocksDB database;
    private @Nullable Standing standing;
    /// What was read was damaged.
    private boolean damaged;
    /// It was open, and could not be written to or read: that it has no rows would not be true.
    private boolean cutOff;

    DiskRows(DiskStorage storage, Path folder) {
        this.storage = storage;
        this.folder = folder;
    }

    // Opening.

    @Override
    public void open() {
        if (database != null) {
            return;
        }
        if (!storage.claim(folder, this)) {
            throw new RetriableException(ErrorCode.NONE, folder + " is still in use by another thread");
        }
        boolean again = damaged;
        damaged = false;
        try {
            if (again) {
                setAside("it could not be read");
            }
            try {
                begin();
            } catch (RocksDBException e) {
                if (!isUseless(e)) {
                    throw e;
                }
                end();
                setAside(String.valueOf(e.getMessage()));
                begin();
            }
        } catch (RocksDBException | IOException e) {
            end();
            throw notNow(e);
        }
    }

    private void begin() throws RocksDBException, IOException {
        Files.createDirectories(folder.toAbsolutePath().getParent());
        if (Files.exists(folder) && !Files.isDirectory(folder)) {
            throw new RocksDBException("It is no folder", new Status(Status.Code.Corruption, Status.SubCode.None, ""));
        }
        StoreFolder place = new StoreFolder(folder);
        if (place.isForeign()) {
            throw new RocksDBException("It holds something else", new Status(Status.Code.Corruption,
                    Status.SubCode.None, ""));
        }
        if (Files.notExists(folder)) {
            Files.createDirectory(folder);
            place.mark();
        }
        RocksDB opened = RocksDB.open(storage.options(), folder.toString());
        database = opened;
        firsts.clear();
        byte[] name = opened.get(NAME);
        byte[] wanted = folder.getFileName().toString().getBytes(StandardCharsets.UTF_8);
        if (name == null && isEmpty(opened)) {
            opened.put(NAME, wanted);
        } else if (!Arrays.equals(name, wanted)) {
            throw new RocksDBException("It is not this store's", new Status(Status.Code.Corruption,
                    Status.SubCode.None, ""));
        }
        standing = standing(opened.get(STANDING));
        place.mark();
        cutOff = false;
    }

    private static boolean isEmpty(RocksDB opened) {
        try (RocksIterator rows = opened.newIterator()) {
            rows.seekToFirst();
            return !rows.isValid();
        }
    }

    private static @Nullable Standing standing(byte @Nullable [] bytes) throws RocksDBException {
        if (bytes == null) {
            return null;
        }
        if (bytes.length != STANDING_BYTES && bytes.length != STANDING_WITHOUT_EPOCH) {
            throw new RocksDBException("Its standing is of another form", new Status(Status.Code.Corruption,
                    Status.SubCode.None, ""));
        }
        ByteBuffer in = ByteBuffer.wrap(bytes);
        UUID topic = new UUID(in.getLong(), in.getLong());
        long offset = in.getLong();
        long atMs = in.getLong();
        return new Standing(topic, offset, in.hasRemaining() ? in.getInt() : Standing.NO_EPOCH, atMs);
    }

    private static byte[] bytes(Standing standing) {
        return ByteBuffer.allocate(STANDING_BYTES).putLong(standing.topic().getMostSignificantBits())
                .putLong(standing.topic().getLeastSignificantBits()).putLong(standing.offset())
                .putLong(standing.atMs()).putInt(standing.epoch()).array();
    }

    /// Another attempt would find the same.
    private static boolean isUseless(RocksDBException e) {
        Status.Code code = e.getStatus() == null ? Status.Code.Undefined : e.getStatus().getCode();
        return switch (code) {
            case Corruption, InvalidArgument, NotSupported, NotFound, Incomplete, Undefined -> true;
            default -> false;
        };
    }

    private void setAside(String why) throws IOException {
        if (Files.exists(folder)) {
            StoreFolder aside = new StoreFolder(folder).setAside(System.currentTimeMillis());
            LOG.warn("The store in {} cannot be used ({}): it is set aside as {}, and built anew from its changelog",
                    folder, why, aside.path().getFileName());
        }
    }

    private ChaparException notNow(Exception e) {
        cutOff = true;
        LOG.warn("The store in {} cannot be written to: {}", folder, e.toString());
        return new RetriableException(ErrorCode.NONE, "State cannot be kept in " + folder + " now (is the disk full?),"
                + " which is tried again, and nothing is processed before: " + e.getMessage());
    }

    /// As if it had never been opened.
    private void end() {
        if (database != null) {
            database.close();
            database = null;
        }
        firsts.clear();
        recent.clear();
    }

    @Override
    public void close() {
        end();
        standing = null;
        cutOff = false;
        storage.release(folder, this);
    }

    @Override
    public void clear() {
        RocksDB here = database;
        if (here == null) {
            return;
        }
        // In one write: rows that are gone while their standing is left would never be read again.
        try (WriteBatch batch = new WriteBatch(); WriteOptions writing = new WriteOptions()) {
            batch.deleteRange(new byte[] {ROW}, new byte[] {BEHIND_ROWS});
            batch.delete(STANDING);
            here.write(writing, batch);
            standing = null;
            firsts.clear();
            recent.clear();
        } catch (RocksDBException e) {
            end();
            throw notNow(e);
        }
    }

    // Committing.

    @Override
    public @Nullable Standing standing() {
        return standing;
    }

    @Override
    public void commit(Overlay changes, @Nullable Standing now) {
        try (WriteBatch batch = new WriteBatch(); WriteOptions writing = new WriteOptions()) {
            RocksDB here = database == null ? openedAgain(now) : database;
            for (Map.Entry<byte[], byte @Nullable []> change : changes.all().entrySet()) {
                byte[] value = change.getValue();
                if (value == null) {
                    batch.delete(row(change.getKey()));
                } else {
                    batch.put(row(change.getKey()), value);
                }
            }
            if (now != null) {
                batch.put(STANDING, bytes(now));
            }
            here.write(writing, batch);
            standing = now;
            long recentBytes = storage.recentBytes();
            changes.forEach((key, value) -> {
                firsts.changed(key, value);
                recent.put(key, value, recentBytes);
            });
        } catch (RocksDBException e) {
            // What it has written of this is known when it is opened again.
            end();
            throw notNow(e);
        }
    }

    /// After a commit that failed. What was there before it has to be there still.
    private RocksDB openedAgain(@Nullable Standing now) {
        Standing before = standing;
        open();
        if (!Objects.equals(standing, before) && !Objects.equals(standing, now)) {
            LOG.warn("The store in {} is not what it was before: it is built anew from its changelog", folder);
            throw new AbortableException(ErrorCode.NONE, "The store in " + folder + " was lost");
        }
        return Objects.requireNonNull(database, "it is open");
    }

    // Reading.

    private static byte[] row(byte[] key) {
        byte[] row = new byte[key.length + 1];
        row[0] = ROW;
        System.arraycopy(key, 0, row, 1, key.length);
        return row;
    }

    private static byte[] key(byte[] row) {
        return Arrays.copyOfRange(row, 1, row.length);
    }

    /// Null before it is open.
    private @Nullable RocksDB here() {
        if (cutOff) {
            throw new StateLostException("The store in " + folder + " cannot be read before it can be written to",
                    null);
        }
        return database;
    }

    private StateLostException lost(RocksDBException e) {
        damaged |= isUseless(e);
        cutOff = true;
        LOG.warn("The store in {} cannot be read. What is not committed is undone, and nothing is processed before the"
                + " store is whole again: {}", folder, e.toString());
        end();
        return new StateLostException("The store in " + folder + " cannot be read: " + e.getMessage(), e);
    }

    @Override
    public byte @Nullable [] get(byte[] key) {
        try {
            RocksDB here = here();
            if (here == null) {
                return null;
            }
            long recentBytes = storage.recentBytes();
            byte[] known = recent.find(key, recentBytes);
            if (known != null) {
                return RecentRows.value(known);
            }
            byte[] found = here.get(row(key));
            recent.put(key, found, recentBytes);
            return found;
        } catch (RocksDBException e) {
            throw lost(e);
        }
    }

    @Override
    public Map.@Nullable Entry<byte[], byte[]> first(byte[] from, byte[] to) {
        FirstRows.Found known = firsts.find(from, to);
        if (known.isAll()) {
            return known.row();
        }
        Map.Entry<byte[], byte[]>[] found = entry();
        read(known.from(), to, 1, (key, value) -> found[0] = Map.entry(key, value));
        firsts.found(from, to, found[0]);
        return found[0];
    }

    @SuppressWarnings({"unchecked", "rawtypes"})
    private static Map.Entry<byte[], byte[]>[] entry() {
        return new Map.Entry[1];
    }

    @Override
    public Map.@Nullable Entry<byte[], byte[]> last(byte[] from, byte[] to) {
        RocksDB here = here();
        if (here == null) {
            return null;
        }
        try (Slice lower = new Slice(row(from)); ReadOptions reading = new ReadOptions().setIterateLowerBound(lower);
                RocksIterator rows = here.newIterator(reading)) {
            byte[] end = row(to);
            rows.seekForPrev(end);
            if (rows.isValid() && Arrays.equals(rows.key(), end)) {
                rows.prev();
            }
            rows.status();
            return rows.isValid() ? Map.entry(key(rows.key()), rows.value()) : null;
        } catch (RocksDBException e) {
            throw lost(e);
        }
    }

    @Override
    public SortedMap<byte[], byte[]> range(byte[] from, byte[] to) {
        NavigableMap<byte[], byte[]> found = Store.entries();
        read(firsts.from(from), to, Integer.MAX_VALUE, found::put);
        firsts.found(from, to, found.firstEntry());
        return found;
    }

    @Override
    public void from(byte[] from, int atMost, BiConsumer<byte[], byte[]> each) {
        read(from, null, atMost, each);
    }

    /// `to` null: to the end.
    private void read(byte[] from, byte @Nullable [] to, int atMost, BiConsumer<byte[], byte[]> each) {
        RocksDB here = here();
        if (here == null) {
            return;
        }
        try (Slice upper = new Slice(to == null ? new byte[] {BEHIND_ROWS} : row(to));
                ReadOptions reading = new ReadOptions().setIterateUpperBound(upper);
                RocksIterator rows = here.newIterator(reading)) {
            rows.seek(row(from));
            for (int given = 0; given < atMost && rows.isValid(); given++) {
                each.accept(key(rows.key()), rows.value());
                rows.next();
            }
            rows.status();
        } catch (RocksDBException e) {
            throw lost(e);
        }
    }
}

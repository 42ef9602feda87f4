package io.chapar.broker.log;

import io.chapar.broker.log.disk.Disk;
import io.chapar.broker.producer.AbortedTxnIndex;
import io.chapar.broker.producer.ProducerSnapshot;
import io.chapar.broker.producer.ProducerTable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.UUID;

/// The folder of a partition, and the files in it that belong to no segment. It comes to be with the first batch.
final class LogFolder {
    private static final Logger LOG = LoggerFactory.getLogger(LogFolder.class);

    private final String name;
    private final UUID topicId;
    private final DataFolder data;
    private final NavigableMap<Long, Segment> segments;
    private final RenewedIndexes renewed;
    private final IndexRepair repair;
    private boolean exists;

    /// @param segments of the log, by base offset
    LogFolder(String name, UUID topicId, DataFolder data, NavigableMap<Long, Segment> segments) {
        this.name = name;
        this.topicId = topicId;
        this.data = data;
        this.segments = segments;
        this.renewed = new RenewedIndexes(data);
        this.repair = new IndexRepair(data.disk());
    }

    String name() {
        return name;
    }

    DataFolder data() {
        return data;
    }

    Disk disk() {
        return data.disk();
    }

    RenewedIndexes renewed() {
        return renewed;
    }

    IndexRepair repair() {
        return repair;
    }

    boolean exists() {
        return exists;
    }

    void found(boolean there) {
        exists = there;
    }

    String path(String file) {
        return name + "/" + file;
    }

    String offsetsPath() {
        return path(PartitionFiles.OFFSETS);
    }

    String snapshotPath(long offset) {
        return PartitionFiles.segmentFile(name, offset, PartitionFiles.SNAPSHOT);
    }

    /// One without a file yet.
    Segment newSegment(long baseOffset) {
        return new Segment(this, baseOffset, 0, 0);
    }

    /// @param size bytes in the log file
    /// @param abortedChecksum what [AbortedTxnIndex#checksum] must be
    Segment segment(long baseOffset, int size, long abortedChecksum) {
        return new Segment(this, baseOffset, size, abortedChecksum);
    }

    /// Makes it the topic's own, before anything in it is read. False where there is none, or none any more: the
    /// partition has no batch yet.
    boolean claim() throws IOException {
        if (disk().exists(name) && claimThere()) {
            begin();
            return true;
        }
        if (disk().exists(begunPath())) {
            throw new IOException("the folder " + name + " is missing. Put it back, or make an empty one of that name: "
                    + "then the partition begins anew, at offset 0");
        }
        return false;
    }

    /// False where it was another's, and is gone.
    private boolean claimThere() throws IOException {
        UUID owner = PartitionMetadata.read(disk(), name);
        if (owner != null && !owner.equals(topicId)) {
            // An older topic of the same name was deleted before this partition of it was ever opened.
            discard(owner);
            return false;
        }
        if (owner == null && PartitionMetadata.isTorn(disk(), name) && !disk().exists(begunPath())) {
            setAside();
            return false;
        }
        if (owner == null) {
            PartitionMetadata.write(disk(), name, topicId);
        }
        return true;
    }

    /// A loss of power has taken whose it is, and undone what was renamed and made last: it may be the folder of an
    /// older topic of the same name. What this topic ever had on stable storage is not in it.
    private void setAside() throws IOException {
        String aside = DataFolder.folderName(name, Unexplained.SUFFIX);
        for (int again = 2; disk().exists(aside); again++) {
            aside = DataFolder.folderName(name, Unexplained.SUFFIX + "." + again);
        }
        LOG.warn("Renaming the folder {} to {}: a loss of power has taken which topic it belongs to. Nothing in it was"
                + " ever on stable storage", name, aside);
        disk().rename(name, aside);
    }

    String begunPath() {
        return DataFolder.begunPath(name, topicId);
    }

    /// From now on the folder is missed when it is not there.
    private void begin() throws IOException {
        if (!disk().exists(begunPath())) {
            disk().createFolder(PartitionFiles.BEGUN);
            disk().open(begunPath()).close();
        }
    }

    /// Before a batch is written: the folder is there, and the leader epochs are as the batch needs them.
    void prepare(LeaderEpochs epochs, SyncState sync) throws IOException {
        if (!exists) {
            disk().createFolder(name);
            PartitionMetadata.write(disk(), name, topicId);
            begin();
            exists = true;
            sync.created(name);
            sync.created(path(PartitionFiles.METADATA));
            sync.created(PartitionFiles.BEGUN);
            sync.created(begunPath());
        }
        save(epochs);
    }

    /// It may be torn by a loss of power: it is never read, but to see whether it is as it should be.
    void save(LeaderEpochs epochs) throws IOException {
        if (epochs.takeDirty()) {
            disk().replace(path(PartitionFiles.LEADER_EPOCHS), epochs.bytes());
        }
    }

    void compare(LeaderEpochs epochs) throws IOException {
        epochs.compareTo(disk().read(path(PartitionFiles.LEADER_EPOCHS)));
    }

    /// The segments up to the one that begins there, which is the last of them.
    NavigableMap<Long, Segment> segmentsTo(long segmentStart) {
        return new TreeMap<>(segments.headMap(segmentStart, true));
    }

    boolean holds(Segment segment) {
        return segments.get(segment.baseOffset()) == segment;
    }

    /// Of an offset that a log has just come to. One that is there already, and may be on stable storage and be needed,
    /// tells the same of the batches before: what was forgotten since is forgotten again.
    void leaveSnapshot(long offset, ProducerTable table) throws IOException {
        String path = snapshotPath(offset);
        if (!ProducerSnapshot.read(disk().read(path), new ProducerTable())) {
            disk().replace(path, ProducerSnapshot.write(table));
        }
    }

    /// One that is there already may be on stable storage, and be needed: it gives way only to one that is there too,
    /// and that blocks. To bring 100,000 producers into bytes takes 12 ms of the processor, the first time 50 ms.
    void saveSnapshot(long offset, ProducerTable table) throws IOException {
        String path = snapshotPath(offset);
        ByteBuffer content = ProducerSnapshot.write(table);
        ByteBuffer before = disk().read(path);
        if (before == null) {
            disk().replace(path, content);
        } else if (!before.equals(content)) {
            disk().replace(path + ".new", content);
            disk().sync(List.of(path + ".new"));
            disk().rename(path + ".new", path);
        }
    }

    /// By names of their own: until the deletion comes to them, a new topic may have files of the old names here.
    void deleteLater(List<String> paths) throws IOException {
        List<String> doomed = new ArrayList<>();
        for (String path : paths) {
            if (disk().exists(path)) {
                disk().rename(path, path + PartitionFiles.DELETED_FILE);
                doomed.add(path + PartitionFiles.DELETED_FILE);
            }
        }
        disk().deleteLater(doomed);
    }

    /// Deletes everything, whether the log could be opened or not. Transfers under way go on.
    void discard() throws IOException {
        UUID owner = disk().exists(name) ? PartitionMetadata.read(disk(), name) : null;
        if (owner == null || owner.equals(topicId)) {
            discard(topicId);
        }
    }

    private void discard(UUID owner) throws IOException {
        DataFolder.discard(disk(), name, owner);
    }
}

package io.chapar.broker.liveness;

import io.chapar.broker.liveness.LifeProof.Place;
import io.chapar.broker.liveness.LifeProof.Proven;
import io.chapar.broker.liveness.LifeProof.Unproven;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.UUID;

/// The file `broker.life` in a data folder ([LifeNote] has the bytes), by which a broker proves that it has all that it
/// acknowledged in its lives before.
///
/// ```
/// open: judged, and said to be unclean --begin: this life is added--> registered: this life alone --ended cleanly-->
///                                                                        +--a sync failed--> failed
/// ```
/// Each step is synced before whatever comes next: unclean before anything is written, this life before it registers,
/// clean after everything else.
///
/// Whoever has it holds the lock of the folder. From any thread; everything here blocks.
public final class BrokerLife {
    public static final String NAME = "broker.life";
    private static final Logger LOG = LoggerFactory.getLogger(BrokerLife.class);
    private static final Path BOOT = Path.of("/proc/sys/kernel/random/boot_id");
    private static final int MOST_BOOT_BYTES = 64;
    /// File systems of this machine alone, which keep what was written as long as the machine runs.
    private static final Set<String> LOCAL = Set.of("ext2", "ext3", "ext4", "xfs", "btrfs", "zfs", "f2fs", "bcachefs",
            "jfs", "reiserfs", "nilfs2", "tmpfs", "ramfs", "overlay");

    private final Path folder;
    private final LifeProof proof;
    private LifeNote note;
    private final List<UUID> doubtful;
    private final long epochBefore;
    private boolean hasFailed;

    private BrokerLife(Path folder, LifeProof proof, LifeNote note) {
        epochBefore = note.epoch();
        this.folder = folder;
        this.proof = proof;
        doubtful = note.doubtful().isEmpty() ? List.of() : note.all();
        this.note = note;
    }

    /// What the folder tells, which is unclean from here on. A folder that should have such a file and has none, or one
    /// that cannot be read, proves nothing; the log says so once.
    ///
    /// @param isBootTrusted the setting `broker.boot.proof`
    /// @param wasAlone whether nothing is missing where there is no such file: a broker without others has none
    public static BrokerLife open(Path folder, boolean isBootTrusted, boolean wasAlone) throws IOException {
        return open(folder, place(folder, isBootTrusted), wasAlone);
    }

    static BrokerLife open(Path folder, Place place) throws IOException {
        return open(folder, place, false);
    }

    private static BrokerLife open(Path folder, Place place, boolean wasAlone) throws IOException {
        LifeNote before = null;
        LifeProof proof;
        try {
            before = read(folder);
            proof = LifeProof.judge(before, place);
        } catch (DamagedException e) {
            proof = new Unproven("the file " + NAME + " cannot be read: " + e.getMessage());
        }
        if (!wasAlone && proof instanceof Unproven(String why) && Files.exists(folder.resolve("meta.properties"))) {
            LOG.warn("Nothing proves that this broker still has all that it has acknowledged, since {}. What it has"
                    + " counts again once it has followed the leaders.", why);
        }
        LifeNote now = new LifeNote(false, false, place.boot(), place.volume(), place.folder(),
                before == null ? LifeNote.NOT_REGISTERED : before.epoch(),
                proof instanceof Proven(List<UUID> lives) ? lives : List.of(),
                before == null ? List.of() : proof instanceof Proven ? before.doubtful() : before.all());
        if (!now.equals(before)) {
            write(folder, now);
        }
        return new BrokerLife(folder, proof, now);
    }

    /// The incarnations of which this broker has all that they acknowledged; none where that is not proven. For
    /// `RegisterBroker`, whose `isNothingLost` is whether there are any.
    public List<UUID> provenLives() {
        return proof instanceof Proven(List<UUID> lives) ? lives : List.of();
    }

    /// The incarnations that were lived in this folder, where something may be lost of one of them; else none.
    public List<UUID> doubtfulLives() {
        return doubtful;
    }

    /// Of the last life before this one that is known to have registered; -1 for none.
    public long epochBefore() {
        return epochBefore;
    }

    /// A life is about to register.
    public synchronized void begin(UUID incarnation) throws IOException {
        become(note.with(incarnation));
    }

    /// The life that has begun stands in the metadata.
    public synchronized void registered(long epoch) throws IOException {
        become(note.registered(epoch));
    }

    /// The disk did not keep what was written to it: nobody knows what of it is there. Where not even this can be
    /// written it is tried again with the next failure.
    public synchronized void syncFailed() {
        if (hasFailed && note.hasFailed()) {
            return;
        }
        hasFailed = true;
        try {
            become(note.failed());
            LOG.warn("A sync of the data folder failed: after the next start this broker has to follow the leaders"
                    + " before what it has counts again");
        } catch (IOException e) {
            LOG.error("A sync of the data folder failed, and {} cannot be written", NAME, e);
        }
    }

    /// All is synced, and nothing will be written any more. Without effect after a failed sync.
    public synchronized void endedCleanly() throws IOException {
        if (!hasFailed) {
            become(note.endedCleanly());
        }
    }

    private void become(LifeNote next) throws IOException {
        write(folder, next);
        note = next;
    }

    // ---- files

    private static final class DamagedException extends IOException {
        private static final long serialVersionUID = 1L;

        DamagedException(IOException how) {
            super(how.getMessage(), how);
        }
    }

    private static @Nullable LifeNote read(Path folder) throws IOException {
        ByteBuffer bytes;
        try (InputStream in = Files.newInputStream(folder.resolve(NAME))) {
            bytes = ByteBuffer.wrap(in.readNBytes(LifeNote.MAX_BYTES + 1));
        } catch (NoSuchFileException e) {
            return null;
        }
        try {
            return LifeNote.decode(bytes);
        } catch (IOException e) {
            throw new DamagedException(e);
        }
    }

    private static void write(Path folder, LifeNote note) throws IOException {
        Path next = folder.resolve(NAME + ".new");
        ByteBuffer bytes = note.encode();
        try (FileChannel file = FileChannel.open(next, StandardOpenOption.CREATE, StandardOpenOption.WRITE,
                StandardOpenOption.TRUNCATE_EXISTING)) {
            while (bytes.hasRemaining()) {
                file.write(bytes);
            }
            file.force(true);
        }
        Files.move(next, folder.resolve(NAME), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        try (FileChannel directory = FileChannel.open(folder, StandardOpenOption.READ)) {
            directory.force(true);
        }
    }

    private static Place place(Path folder, boolean isBootTrusted) throws IOException {
        boolean isUnix = folder.getFileSystem().supportedFileAttributeViews().contains("unix");
        String type = type(folder);
        String distrust = null;
        if (!isBootTrusted) {
            distrust = "broker.boot.proof is false";
        } else if (!isUnix || !LOCAL.contains(type)) {
            distrust = "the data folder is on a file system (" + type + ") that may lose what it has not synced";
        }
        return new Place(boot(),
                isUnix ? ((Number) Files.getAttribute(folder, "unix:dev")).longValue() : 0,
                isUnix ? ((Number) Files.getAttribute(folder, "unix:ino")).longValue() : 0, distrust);
    }

    /// Of the file system. Within `chroot` a folder need not be in the table of what is mounted.
    private static String type(Path folder) {
        try {
            return Files.getFileStore(folder).type().toLowerCase(Locale.ROOT);
        } catch (IOException e) {
            return "of no known type: " + e.getMessage();
        }
    }

    private static @Nullable UUID boot() throws IOException {
        try (InputStream in = Files.newInputStream(BOOT)) {
            return UUID.fromString(new String(in.readNBytes(MOST_BOOT_BYTES), StandardCharsets.US_ASCII)
                    .strip());
        } catch (NoSuchFileException | IllegalArgumentException e) {
            return null;
        }
    }
}

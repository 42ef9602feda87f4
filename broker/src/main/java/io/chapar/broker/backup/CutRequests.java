package io.chapar.broker.backup;

import io.chapar.broker.backup.FolderCut.Outcome;
import io.chapar.broker.log.LogCut;
import io.chapar.broker.log.disk.FileDisk;
import io.chapar.broker.metadata.ClusterImage;
import io.chapar.broker.metadata.MetadataSeed;
import io.chapar.broker.metadata.SeedImages;
import io.chapar.broker.runtime.Beat;
import io.chapar.broker.runtime.Loop;
import io.chapar.broker.shard.Shard;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

import static java.util.Objects.requireNonNull;

/// Answers who wants a backup of the running broker ([CutFiles]), one at a time. On one loop of the broker, which looks
/// once a second, on a [Beat], whether there is a question; what it says is read away from it.
public final class CutRequests {
    private static final Logger LOG = LoggerFactory.getLogger(CutRequests.class);
    private static final long LOOK_EVERY_MS = 1_000;
    /// Before whoever asks is told why there is none: partitions that are deleted meanwhile and loops that are busy are
    /// no reason to give up.
    private static final int TRIES = 5;
    private static final String OWNER = "meta.properties";

    private final Path folder;
    private final FileDisk disk;
    private final Loop loop;
    private final List<Shard> shards;
    private final Supplier<ClusterImage> cluster;
    /// Whose question has an answer, or is about to have one.
    private @Nullable String answering;
    private int tries;
    private @Nullable String said;
    /// From any thread.
    private volatile boolean stopped;

    /// @param folder the broker's data folder
    /// @param cluster the latest committed image
    public CutRequests(
            Path folder, FileDisk disk, Loop loop, List<Shard> shards, Supplier<ClusterImage> cluster) {
        this.folder = folder;
        this.disk = disk;
        this.loop = loop;
        this.shards = shards;
        this.cluster = cluster;
    }

    /// What backups of an earlier run left; who still waits for an answer gets one. Who had one gets no second: files
    /// of another moment would come to lie where those are copied from. At the start, before any partition is opened.
    public static void clean(FileDisk disk) throws IOException {
        List<String> names = disk.list("");
        boolean isAnswered = names.stream().anyMatch(CutFiles::isCut);
        if (isAnswered) {
            disk.delete(CutFiles.WANTED);
        }
        for (String name : names) {
            if (CutFiles.isOfBackup(name) && !name.equals(CutFiles.WANTED)) {
                disk.delete(name);
            }
        }
    }

    /// From any thread.
    public void start() {
        loop.run(this::look);
    }

    /// No cut is answered with any more: what the broker writes at its end belongs to no moment before. From any
    /// thread.
    public synchronized void stop() {
        stopped = true;
    }

    private void look() {
        if (stopped) {
            return;
        }
        if (!disk.exists(CutFiles.WANTED)) {
            boolean _ = looked(null);
            lookAgain();
            return;
        }
        String[] found = new String[1];
        disk.runLater(() -> found[0] = wanted(), loop, failure -> {
            if (failure != null) {
                unreadable(String.valueOf(failure.getMessage()));
            } else if (looked(found[0])) {
                return;
            }
            lookAgain();
        });
    }

    /// Once for each reason: it may stay for ever.
    private void unreadable(String why) {
        if (!why.equals(said)) {
            said = why;
            LOG.warn("Whether a backup is wanted cannot be seen: {}", why);
        }
    }

    private void lookAgain() {
        if (!stopped) {
            long nowMs = loop.nowMs();
            loop.schedule(Beat.before(nowMs + LOOK_EVERY_MS, nowMs) - nowMs, this::look);
        }
    }

    /// The id of whoever asks and is alive, or null. A question of somebody who is gone is taken away.
    private @Nullable String wanted() throws IOException {
        Path file = folder.resolve(CutFiles.WANTED);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            if (isNobodys(channel)) {
                disk.delete(CutFiles.WANTED);
                return null;
            }
            ByteBuffer bytes = ByteBuffer.allocate(CutFiles.MOST_ID_BYTES);
            while (bytes.hasRemaining() && channel.read(bytes) >= 0) { }
            String id = new String(bytes.array(), 0, bytes.position(), StandardCharsets.US_ASCII).strip();
            return CutFiles.isId(id) ? id : null;
        } catch (NoSuchFileException nobody) {
            return null;
        }
    }

    private static boolean isNobodys(FileChannel channel) throws IOException {
        try {
            // Shared, for which the file need not be this user's: root may ask as well.
            FileLock lock = channel.tryLock(0, Long.MAX_VALUE, true);
            return lock != null;
        } catch (OverlappingFileLockException ofThisProcess) {
            return false;
        }
    }

    /// True where something was begun that looks again when it has ended.
    private boolean looked(@Nullable String id) {
        String before = answering;
        if (before != null && !before.equals(id)) {
            disk.deleteLater(List.of(CutFiles.cut(before), CutFiles.refused(before)));
            answering = null;
        }
        if (id == null || id.equals(before)) {
            return false;
        }
        answering = id;
        tries = 0;
        cut(id);
        return true;
    }

    private void cut(String id) {
        tries++;
        String into = CutFiles.unfinished(id);
        disk.runLater(() -> {
            disk.delete(into);
            disk.createFolder(into);
        }, loop, failure -> {
            if (failure == null) {
                FolderCut.make(shards, cluster, into, outcome -> loop.execute(() -> cut(id, outcome)));
            } else {
                refuse(id, String.valueOf(failure.getMessage()));
            }
        });
    }

    private void cut(String id, Outcome outcome) {
        String trouble = outcome.trouble();
        if (trouble == null) {
            disk.runLater(() -> publish(id, outcome), loop, failure -> published(id, failure));
        } else if (tries < TRIES && !stopped) {
            loop.schedule(LOOK_EVERY_MS, () -> cut(id));
        } else {
            refuse(id, trouble);
        }
    }

    /// With metadata whose epochs and producer ids lie beyond all that this broker may give away before it is lost:
    /// clients that outlive it do not take what a restored one says for older than what they know, and no producer id
    /// is given a second time.
    private void publish(String id, Outcome outcome) throws IOException {
        String into = CutFiles.unfinished(id);
        List<LogCut.Kept> files = new ArrayList<>(outcome.files());
        try (FileDisk made = new FileDisk(folder.resolve(into))) {
            MetadataSeed.write(made, SeedImages.afterLoss(requireNonNull(outcome.image(), "the moment has come")));
            files.add(new LogCut.Kept(MetadataSeed.NAME, LogCut.Kept.WHOLE));
            disk.link(OWNER, into + "/" + OWNER);
            files.add(new LogCut.Kept(OWNER, LogCut.Kept.WHOLE));
            made.replace(CutFiles.LIST, CutFiles.list(files));
        }
        synchronized (this) {
            if (stopped) {
                throw new IOException("the broker is about to stop");
            }
            disk.rename(into, CutFiles.cut(id));
        }
    }

    private void published(String id, @Nullable IOException failure) {
        if (failure == null) {
            LOG.info("All partitions are kept as they are at this moment, for a backup");
            lookAgain();
        } else {
            refuse(id, String.valueOf(failure.getMessage()));
        }
    }

    private void refuse(String id, String why) {
        LOG.warn("A backup is not made: {}", why);
        disk.runLater(() -> {
            disk.delete(CutFiles.unfinished(id));
            disk.replace(CutFiles.refused(id), ByteBuffer.wrap(why.getBytes(StandardCharsets.UTF_8)));
        }, loop, failure -> {
            if (failure != null) {
                LOG.warn("Whoever wants a backup cannot be told: {}", failure.getMessage());
            }
            lookAgain();
        });
    }
}

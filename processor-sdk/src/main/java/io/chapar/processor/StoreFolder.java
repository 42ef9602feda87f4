package io.chapar.processor;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// The folder of one store. A file in it says which application's store it is: a folder without that, or with
/// another's, is never deleted, whatever it is called.
///
/// ```
/// APPLICATION/STEP-PARTITION/chapar-store               APPLICATION/STEP-PARTITION
/// APPLICATION/STEP-PARTITION.aside-MS/chapar-store      the same
/// ```
record StoreFolder(Path path) {
    static final String MARK = "chapar-store";
    private static final String ASIDE = ".aside-";
    /// A time has more digits than any partition's number, so no step's name makes a store's folder look like this.
    private static final Pattern SET_ASIDE = Pattern.compile("(.+-[0-9]+)\\.aside-[0-9]{11,}");
    /// RocksDB has it in every folder of its own.
    private static final String DATABASE = "CURRENT";
    private static final int MAX_MARK_BYTES = 1_024;

    /// Directories alone, no links: what lies elsewhere is not looked at.
    static List<StoreFolder> allIn(Path application) throws IOException {
        try (Stream<Path> all = Files.list(application)) {
            return all.filter(path -> Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)).sorted()
                    .map(StoreFolder::new).toList();
        }
    }

    /// In its place or set aside.
    boolean isOurs() {
        Path mark = path.resolve(MARK);
        try {
            return Files.isRegularFile(mark, LinkOption.NOFOLLOW_LINKS) && Files.size(mark) <= MAX_MARK_BYTES
                    && Files.readString(mark).equals(identity());
        } catch (IOException e) {
            // Whose it is cannot be told.
            return false;
        }
    }

    /// Something is in it that no store has put there.
    boolean isForeign() throws IOException {
        if (Files.notExists(path) || isOurs() || Files.exists(path.resolve(DATABASE))) {
            return false;
        }
        try (Stream<Path> content = Files.list(path)) {
            return content.findAny().isPresent();
        }
    }

    void mark() throws IOException {
        if (!isOurs()) {
            Files.write(path.resolve(MARK), identity().getBytes(StandardCharsets.UTF_8), StandardOpenOption.CREATE,
                    StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING, LinkOption.NOFOLLOW_LINKS);
        }
    }

    /// Where it is moved to. Of what was set aside before, and is ours, nothing is kept: a disk that fails again and
    /// again would fill up with it.
    StoreFolder setAside(long nowMs) throws IOException {
        for (StoreFolder other : allIn(application())) {
            if (other.isAsideOf(this) && other.isOurs()) {
                other.delete();
            }
        }
        return new StoreFolder(Files.move(path, path.resolveSibling(path.getFileName() + ASIDE + nowMs)));
    }

    private boolean isAsideOf(StoreFolder store) {
        Matcher aside = SET_ASIDE.matcher(path.getFileName().toString());
        return aside.matches() && aside.group(1).equals(store.path.getFileName().toString());
    }

    /// When something in it was last written.
    long usedMs() throws IOException {
        try (Stream<Path> files = Files.walk(path)) {
            return files.mapToLong(file -> file.toFile().lastModified()).max().orElse(Long.MAX_VALUE);
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    void delete() throws IOException {
        try (Stream<Path> files = Files.walk(path)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    private Path application() {
        return Objects.requireNonNull(path.toAbsolutePath().getParent(), "a store is in its application's folder");
    }

    private String identity() {
        String name = path.getFileName().toString();
        Matcher aside = SET_ASIDE.matcher(name);
        return application().getFileName() + "/" + (aside.matches() ? aside.group(1) : name);
    }
}

package io.chapar.broker.log.disk;

import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.NavigableSet;
import java.util.TreeMap;
import java.util.TreeSet;

/// The names on a [MemoryDisk], as they are now and as they were last synced. Changes between the two are kept in their
/// order, and a crash keeps a beginning of them, as a file system with a journal does.
final class MemoryNames {
    private final Tree now = new Tree();
    private final Tree synced = new Tree();
    private final List<Change> unsynced = new ArrayList<>();

    private sealed interface Change {
        /// Whether a sync of the folder covers it.
        boolean touches(String folder);
    }

    private record Created(String path, MemoryContent content) implements Change {
        @Override
        public boolean touches(String folder) {
            return folderOf(path).equals(folder);
        }
    }

    private record FolderCreated(String path) implements Change {
        @Override
        public boolean touches(String folder) {
            return folderOf(path).equals(folder);
        }
    }

    private record Renamed(String from, String to) implements Change {
        @Override
        public boolean touches(String folder) {
            return folderOf(from).equals(folder) || folderOf(to).equals(folder);
        }
    }

    private record Deleted(String path) implements Change {
        @Override
        public boolean touches(String folder) {
            return folderOf(path).equals(folder);
        }
    }

    private static final class Tree {
        private final NavigableMap<String, MemoryContent> files = new TreeMap<>();
        private final NavigableSet<String> folders = new TreeSet<>();

        void set(Tree other) {
            files.clear();
            files.putAll(other.files);
            folders.clear();
            folders.addAll(other.folders);
        }

        void apply(Change change) {
            switch (change) {
                case Created c -> files.put(c.path(), c.content());
                case FolderCreated f -> folders.add(f.path());
                case Deleted d -> {
                    files.remove(d.path());
                    folders.remove(d.path());
                }
                case Renamed r -> rename(r.from(), r.to());
            }
        }

        private void rename(String from, String to) {
            MemoryContent content = files.remove(from);
            if (content != null) {
                files.put(to, content);
            }
            // What lies in a folder: its paths follow each other.
            String prefix = from + "/";
            for (String path = files.ceilingKey(prefix); path != null && path.startsWith(prefix);
                    path = files.higherKey(path)) {
                files.put(to + path.substring(from.length()), files.remove(path));
            }
            if (folders.remove(from)) {
                folders.add(to);
            }
        }
    }

    static String folderOf(String path) {
        int slash = path.lastIndexOf('/');
        return slash < 0 ? "" : path.substring(0, slash);
    }

    NavigableMap<String, MemoryContent> files() {
        return now.files;
    }

    boolean isFolder(String path) {
        return path.isEmpty() || now.folders.contains(path);
    }

    List<String> list(String folder) {
        String prefix = folder.isEmpty() ? "" : folder + "/";
        NavigableSet<String> names = new TreeSet<>();
        addNames(now.files.tailMap(prefix, true).navigableKeySet(), prefix, names);
        addNames(now.folders.tailSet(prefix, true), prefix, names);
        return List.copyOf(names);
    }

    private static void addNames(NavigableSet<String> paths, String prefix, NavigableSet<String> into) {
        for (String path : paths) {
            if (!path.startsWith(prefix)) {
                return;
            }
            String rest = path.substring(prefix.length());
            int slash = rest.indexOf('/');
            into.add(slash < 0 ? rest : rest.substring(0, slash));
        }
    }

    void create(String path, MemoryContent content) {
        change(new Created(path, content));
    }

    void createFolder(String path) {
        change(new FolderCreated(path));
    }

    void rename(String from, String to) {
        change(new Renamed(from, to));
    }

    void delete(String path) {
        change(new Deleted(path));
    }

    private void change(Change change) {
        now.apply(change);
        unsynced.add(change);
    }

    /// The folder's names are durable, and so is every change before the last one of them.
    void sync(String folder) {
        int last = unsynced.size() - 1;
        while (last >= 0 && !unsynced.get(last).touches(folder)) {
            last--;
        }
        keep(last + 1);
    }

    int unsyncedChanges() {
        return unsynced.size();
    }

    /// Only so many changes since the last sync ever happened.
    void crash(int kept) {
        keep(kept);
        unsynced.clear();
        now.set(synced);
    }

    private void keep(int changes) {
        List<Change> kept = unsynced.subList(0, changes);
        kept.forEach(synced::apply);
        kept.clear();
    }
}

package io.chapar.broker.log;

/// Names of a partition's files, as Kafka gives them. A segment's files are named by its base offset in twenty digits.
final class PartitionFiles {
    static final String LOG = ".log";
    static final String OFFSET_INDEX = ".index";
    static final String TIME_INDEX = ".timeindex";
    static final String TXN_INDEX = ".txnindex";
    static final String SNAPSHOT = ".snapshot";
    static final String LEADER_EPOCHS = "leader-epoch-checkpoint";
    static final String METADATA = "partition.metadata";
    /// Recovery point, log start and high watermark, and what is needed to trust the other files. Kafka keeps these
    /// three for all partitions together in files of the data folder; here each partition has its own, since partitions
    /// belong to different loops, and it goes with the folder when that is deleted. Kafka's tools pass over the file.
    static final String OFFSETS = "offset-checkpoint";
    static final String CLEANER_OFFSET = "cleaner-offset-checkpoint";
    /// Behind the name of a file that compaction is making, or that is about to take the place of older ones.
    static final String CLEANED = ".cleaned";
    static final String SWAP = ".swap";
    /// There while the log is being cut: what was to go may come back with the next loss of power, until it is synced.
    static final String TRUNCATING = "truncation-under-way";
    /// Folder of the data folder with an empty file for each partition that has a folder, named by its topic's id: a
    /// partition without one that should have one has lost it, and one that never had any has not.
    static final String BEGUN = "begun";
    /// What a folder's name ends in once it is to be deleted.
    static final String DELETED_FOLDER = "-delete";
    static final String DELETED_FILE = ".deleted";
    /// Behind the name of a file that is being written. The next opening deletes it.
    static final String UNFINISHED = ".tmp";

    private PartitionFiles() {}

    static String segmentFile(String folder, long baseOffset, String suffix) {
        String digits = Long.toString(baseOffset);
        return folder + "/" + "0".repeat(20 - digits.length()) + digits + suffix;
    }

    /// The base offset in the name, or -1 if the name is not one of a segment's files with this suffix.
    static long baseOffset(String name, String suffix) {
        if (!name.endsWith(suffix) || name.length() != 20 + suffix.length()) {
            return -1;
        }
        for (int i = 0; i < 20; i++) {
            if (name.charAt(i) < '0' || name.charAt(i) > '9') {
                return -1;
            }
        }
        try {
            return Long.parseLong(name, 0, 20, 10);
        } catch (NumberFormatException e) {
            return -1;
        }
    }
}

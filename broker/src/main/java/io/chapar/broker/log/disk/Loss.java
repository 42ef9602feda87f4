package io.chapar.broker.log.disk;

/// What becomes of writes that were never synced when a [MemoryDisk] crashes.
public enum Loss {
    /// The process was killed and the machine goes on: everything is there, and still not synced.
    NOTHING,
    /// Every file, and every folder, is as its last sync left it.
    ALL_UNSYNCED,
    /// Of each file's new bytes a beginning is there, its last few bytes perhaps zero or garbage; of new names, the
    /// older ones.
    TAILS,
    /// Each sector of 512 bytes was written or was not, in any order; what lies in a sector that was never written is
    /// zero or garbage.
    SECTORS
}

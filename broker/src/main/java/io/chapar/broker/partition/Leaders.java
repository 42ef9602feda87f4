package io.chapar.broker.partition;

/// What the leaders of one loop share.
///
/// @param kept the room for batches that are not committed yet
public record Leaders(Followers followers, KeptBytes kept) {
    /// Of a loop whose partitions have one replica each.
    public static Leaders alone() {
        return followedBy(Followers.NONE);
    }

    public static Leaders followedBy(Followers followers) {
        return new Leaders(followers, new KeptBytes(KeptBytes.PER_LOOP));
    }
}

package io.chapar.broker.liveness;

import io.chapar.broker.metadata.MetadataCommand.RegisterBroker;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.zip.CRC32C;

/// What a data folder says about the lives of its broker: as long as the machine has not started anew since that boot
/// and the folder is that one, or where it ended cleanly, all is there that these lives acknowledged; unless it has
/// failed.
///
/// ```
/// file = "CHAPARL1" | crc32c i32 over the rest | flags u8: 1 clean, 2 failed, 4 boot known | boot 2 x i64
///        | volume i64 | folder i64 | broker epoch i64 | lives | doubtful, nothing where there are none
/// lives, doubtful = count u8, at most 8 | (incarnation 2 x i64)*
/// ```
/// Numbers are big-endian.
///
/// @param lives incarnations that may stand in the metadata as this broker's latest, oldest first
/// @param epoch of the last of them, or [#NOT_REGISTERED]
/// @param doubtful incarnations from before them of which something may be lost, and which were lived in this folder
record LifeNote(boolean isClean, boolean hasFailed, @Nullable UUID boot, long volume, long folder, long epoch,
        List<UUID> lives, List<UUID> doubtful) {
    static final long NOT_REGISTERED = -1;
    private static final byte[] MAGIC = {'C', 'H', 'A', 'P', 'A', 'R', 'L', '1'};
    private static final int HEADER = 12;
    private static final int FIXED = HEADER + 1 + 16 + 8 + 8 + 8 + 1;
    static final int MAX_BYTES = FIXED + 1 + 2 * RegisterBroker.MOST_LIVES * 16;
    private static final int CLEAN = 1;
    private static final int FAILED = 2;
    private static final int BOOT_KNOWN = 4;

    LifeNote {
        lives = List.copyOf(lives);
        doubtful = List.copyOf(doubtful);
    }

    LifeNote(boolean isClean, boolean hasFailed, @Nullable UUID boot, long volume, long folder, long epoch,
            List<UUID> lives) {
        this(isClean, hasFailed, boot, volume, folder, epoch, lives, List.of());
    }

    /// All that were lived in this folder, as far as they may stand in the metadata.
    List<UUID> all() {
        List<UUID> all = new ArrayList<>(doubtful);
        all.addAll(lives);
        return some(all);
    }

    /// Of too many the oldest, which was seen to register, and the latest, of which one may have registered unseen.
    private static List<UUID> some(List<UUID> all) {
        if (all.size() <= RegisterBroker.MOST_LIVES) {
            return all;
        }
        List<UUID> some = new ArrayList<>(all.subList(all.size() - RegisterBroker.MOST_LIVES + 1, all.size()));
        some.addFirst(all.getFirst());
        return some;
    }

    /// The present life comes behind the others. However often a broker is started in vain, the life stays among them
    /// that the metadata know: else the broker would come as one with another folder, which leads nothing that it led.
    LifeNote with(UUID incarnation) {
        List<UUID> more = new ArrayList<>(lives);
        more.add(incarnation);
        return new LifeNote(isClean, hasFailed, boot, volume, folder, NOT_REGISTERED, some(more), doubtful);
    }

    /// The last of the lives stands in the metadata.
    LifeNote registered(long as) {
        return new LifeNote(isClean, hasFailed, boot, volume, folder, as, List.of(lives.getLast()));
    }

    LifeNote failed() {
        return new LifeNote(false, true, boot, volume, folder, epoch, lives, doubtful);
    }

    LifeNote endedCleanly() {
        return new LifeNote(true, hasFailed, boot, volume, folder, epoch, lives, doubtful);
    }

    ByteBuffer encode() {
        ByteBuffer out = ByteBuffer.allocate(MAX_BYTES).put(MAGIC).putInt(0);
        out.put((byte) ((isClean ? CLEAN : 0) | (hasFailed ? FAILED : 0) | (boot == null ? 0 : BOOT_KNOWN)));
        put(out, boot == null ? new UUID(0, 0) : boot);
        out.putLong(volume).putLong(folder).putLong(epoch);
        put(out, lives);
        if (!doubtful.isEmpty()) {
            put(out, doubtful);
        }
        return out.flip().putInt(MAGIC.length, crc(out));
    }

    /// Throws [IOException] when the bytes are not what [#encode] makes.
    static LifeNote decode(ByteBuffer in) throws IOException {
        byte[] magic = new byte[MAGIC.length];
        if (in.remaining() < FIXED || in.remaining() > MAX_BYTES) {
            throw new IOException(in.remaining() + " bytes are not what it has");
        }
        ByteBuffer whole = in.slice();
        whole.get(magic);
        int crc = whole.getInt();
        if (!Arrays.equals(magic, MAGIC) || crc != crc(whole)) {
            throw new IOException("it is damaged, or of another release");
        }
        int flags = whole.get();
        UUID boot = id(whole);
        long volume = whole.getLong();
        long folder = whole.getLong();
        long epoch = whole.getLong();
        List<UUID> lives = ids(whole);
        List<UUID> doubtful = whole.hasRemaining() ? ids(whole) : List.of();
        if (whole.hasRemaining()) {
            throw new IOException("it has " + whole.remaining() + " bytes more");
        }
        return new LifeNote((flags & CLEAN) != 0, (flags & FAILED) != 0, (flags & BOOT_KNOWN) != 0 ? boot : null,
                volume, folder, epoch, lives, doubtful);
    }

    private static List<UUID> ids(ByteBuffer in) throws IOException {
        int count = in.get();
        if (count < 0 || count > RegisterBroker.MOST_LIVES || in.remaining() < count * 16) {
            throw new IOException("it has " + in.remaining() + " bytes for " + count + " lives");
        }
        List<UUID> ids = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            ids.add(id(in));
        }
        return ids;
    }

    private static void put(ByteBuffer out, List<UUID> ids) {
        out.put((byte) ids.size());
        ids.forEach(id -> put(out, id));
    }

    private static int crc(ByteBuffer whole) {
        CRC32C crc = new CRC32C();
        crc.update(whole.slice(HEADER, whole.limit() - HEADER));
        return (int) crc.getValue();
    }

    private static void put(ByteBuffer out, UUID id) {
        out.putLong(id.getMostSignificantBits()).putLong(id.getLeastSignificantBits());
    }

    private static UUID id(ByteBuffer in) {
        return new UUID(in.getLong(), in.getLong());
    }
}

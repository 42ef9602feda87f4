package io.chapar.protocol.record;

import io.chapar.protocol.MalformedMessageException;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;

/// What a control record says. Its key is `version i16 | type i16`, in later versions perhaps followed by more.
public enum ControlType {
    ABORT(0),
    COMMIT(1),
    LEADER_CHANGE(2),
    SNAPSHOT_HEADER(3),
    SNAPSHOT_FOOTER(4),
    KRAFT_VERSION(5),
    KRAFT_VOTERS(6),
    /// A type that a later release introduced; readers pass over it.
    UNKNOWN(-1);

    static final int KEY_BYTES = 4;
    private static final ControlType[] BY_ID =
            {ABORT, COMMIT, LEADER_CHANGE, SNAPSHOT_HEADER, SNAPSHOT_FOOTER, KRAFT_VERSION, KRAFT_VOTERS};

    private final short id;

    ControlType(int id) {
        this.id = (short) id;
    }

    public short id() {
        return id;
    }

    /// The type that the key of a control record names, read at its position without moving it.
    public static ControlType ofKey(@Nullable ByteBuffer key) {
        if (key == null || key.remaining() < KEY_BYTES) {
            throw new MalformedMessageException("a control record without a control key");
        }
        short version = key.getShort(key.position());
        if (version < 0) {
            throw new MalformedMessageException("control key version " + version);
        }
        short id = key.getShort(key.position() + 2);
        return id >= 0 && id < BY_ID.length ? BY_ID[id] : UNKNOWN;
    }

    /// The type of the first record of a control batch.
    public static ControlType of(RecordBatch batch) {
        try (RecordCursor cursor = batch.cursor()) {
            if (!batch.isControl() || !cursor.advance()) {
                throw new MalformedMessageException("not a control batch with a record: " + batch);
            }
            return ofKey(cursor.key());
        }
    }

    ByteBuffer key() {
        return ByteBuffer.allocate(KEY_BYTES).putShort((short) 0).putShort(id).flip();
    }
}

package io.chapar.protocol;

import java.nio.ByteBuffer;

/// Keys and values of records in the topics of coordinators, as Kafka's own tools read them: messages behind an i16.
///
/// ```
/// key    type of the record i16 | message in version 0
/// value  version i16            | message in that version
/// ```
public final class Prefixed {
    private static final short KEY_VERSION = 0;

    private Prefixed() {}

    /// Reads what follows the version.
    @FunctionalInterface
    public interface Reader<T> {
        T read(WireReader in, short version);
    }

    public static ByteBuffer key(short type, Message key) {
        return bytes(type, key, KEY_VERSION);
    }

    public static ByteBuffer value(short version, Message value) {
        return bytes(version, value, version);
    }

    private static ByteBuffer bytes(short prefix, Message message, short version) {
        WireWriter out = new WireWriter();
        out.int16(prefix);
        message.write(out, version);
        return out.toBuffer();
    }

    /// What a value says. Throws [MalformedMessageException] for a version that is not known here: what such a value
    /// says would be given up.
    ///
    /// @param highest version that is known
    public static <T> T read(ByteBuffer value, short highest, Reader<T> reader) {
        WireReader in = new WireReader(value.duplicate());
        short version = in.int16();
        if (version < 0 || version > highest) {
            throw new MalformedMessageException("version " + version + " of a value in the log of a coordinator");
        }
        return reader.read(in, version);
    }
}

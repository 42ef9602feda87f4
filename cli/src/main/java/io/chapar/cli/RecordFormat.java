package io.chapar.cli;

import io.chapar.client.consumer.ConsumerRecord;
import io.chapar.protocol.record.Header;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;

/// How a record is printed: text in which `%` and a letter stand for a part of the record, in the manner of kcat and
/// rpk. Text and bytes go out as they are.
final class RecordFormat {
    /// For a command's help, in which a percent sign is written twice.
    static final String HELP = "%%t topic, %%p partition, %%o offset, %%k key, %%v or %%s value, %%T or %%d timestamp,"
            + " %%h headers, %%K and %%V or %%S bytes of key and value (-1: null), %%%%; %%k{hex} and %%v{base64} print"
            + " bytes so; \\n, \\t, \\r, \\0, \\xNN stand for characters.";

    private interface Piece {
        void write(ConsumerRecord<byte[], byte[]> record, OutputStream out) throws IOException;
    }

    private final List<Piece> pieces = new ArrayList<>();
    private final byte[] forNull;

    private RecordFormat(String forNull) {
        this.forNull = Utf8.bytes(forNull);
    }

    /// Throws [IllegalArgumentException] with what is wrong.
    ///
    /// @param forNull what is printed for a key or value that is null
    static RecordFormat parse(String template, String forNull) {
        RecordFormat format = new RecordFormat(forNull);
        StringBuilder text = new StringBuilder();
        int at = 0;
        while (at < template.length()) {
            char c = template.charAt(at);
            if (c == '\\') {
                at = escape(template, at + 1, text);
            } else if (c == '%') {
                if (at + 1 == template.length()) {
                    throw new IllegalArgumentException("a percent sign at the end");
                }
                char field = template.charAt(at + 1);
                at += 2;
                if (field == '%') {
                    text.append('%');
                    continue;
                }
                format.text(text);
                int close = at < template.length() && template.charAt(at) == '{' ? template.indexOf('}', at) : -1;
                String as = close < 0 ? "" : template.substring(at + 1, close);
                format.pieces.add(format.field(field, as));
                at = close < 0 ? at : close + 1;
            } else {
                text.append(c);
                at++;
            }
        }
        format.text(text);
        return format;
    }

    private void text(StringBuilder text) {
        byte[] bytes = Utf8.bytes(text.toString());
        if (bytes.length > 0) {
            pieces.add((_, out) -> out.write(bytes));
        }
        text.setLength(0);
    }

    private static int escape(String template, int at, StringBuilder text) {
        if (at == template.length()) {
            throw new IllegalArgumentException("a lone \\ at the end");
        }
        switch (template.charAt(at)) {
            case 'n' -> text.append('\n');
            case 't' -> text.append('\t');
            case 'r' -> text.append('\r');
            case '0' -> text.append('\0');
            case '\\' -> text.append('\\');
            case 'x' -> {
                try {
                    text.append((char) Integer.parseInt(template.substring(at + 1, at + 3), 16));
                    return at + 3;
                } catch (StringIndexOutOfBoundsException | NumberFormatException e) {
                    throw new IllegalArgumentException("\\x without two hexadecimal digits", e);
                }
            }
            default -> throw new IllegalArgumentException("an unknown \\" + template.charAt(at));
        }
        return at + 1;
    }

    private Piece field(char name, String as) {
        return switch (name) {
            case 't' -> (record, out) -> out.write(Utf8.bytes(record.topic()));
            case 'p' -> (record, out) -> number(record.partition(), out);
            case 'o' -> (record, out) -> number(record.offset(), out);
            case 'T', 'd' -> (record, out) -> number(record.timestamp(), out);
            case 'K' -> (record, out) -> number(record.key() == null ? -1 : record.key().length, out);
            case 'V', 'S' -> (record, out) -> number(record.value() == null ? -1 : record.value().length, out);
            case 'k' -> bytes(as, true);
            case 'v', 's' -> bytes(as, false);
            case 'h' -> this::headers;
            default -> throw new IllegalArgumentException("an unknown %" + name);
        };
    }

    private Piece bytes(String as, boolean ofKey) {
        if (!List.of("", "hex", "base64").contains(as)) {
            throw new IllegalArgumentException("{" + as + "}, which is neither hex nor base64");
        }
        return (record, out) -> {
            byte[] bytes = ofKey ? record.key() : record.value();
            out.write(bytes == null ? forNull : switch (as) {
                case "hex" -> Utf8.bytes(HexFormat.of().formatHex(bytes));
                case "base64" -> Base64.getEncoder().encode(bytes);
                default -> bytes;
            });
        };
    }

    private void headers(ConsumerRecord<byte[], byte[]> record, OutputStream out) throws IOException {
        boolean first = true;
        for (Header header : record.headers()) {
            if (!first) {
                out.write(',');
            }
            first = false;
            out.write(Utf8.bytes(header.key()));
            out.write('=');
            out.write(bytes(header.value()));
        }
    }

    private byte[] bytes(@Nullable ByteBuffer value) {
        if (value == null) {
            return forNull;
        }
        byte[] bytes = new byte[value.remaining()];
        value.duplicate().get(bytes);
        return bytes;
    }

    private static void number(long number, OutputStream out) throws IOException {
        out.write(Utf8.bytes(Long.toString(number)));
    }

    void write(ConsumerRecord<byte[], byte[]> record, OutputStream out) throws IOException {
        for (Piece piece : pieces) {
            piece.write(record, out);
        }
    }
}

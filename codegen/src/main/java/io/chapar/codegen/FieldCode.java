package io.chapar.codegen;

import java.util.ArrayList;
import java.util.List;

/// The Java expressions of one field: its type, its default, how it is read and written.
final class FieldCode {
    private static final String LIST = "java.util.List";

    private final Schema.Field field;
    private final VersionRange valid;
    private final VersionRange messageFlexible;

    FieldCode(Schema.Field field, Schema message) {
        this.field = field;
        this.valid = message.versions();
        this.messageFlexible = message.flexible();
    }

    Schema.Field field() {
        return field;
    }

    /// A field called version would hide the parameter of that name.
    String name() {
        return field.javaName().equals("version") ? "version_" : field.javaName();
    }

    /// The type of a component or a parameter: it says where null is lawful in one version at least, or the default.
    String javaType() {
        String type = javaType(field.type(), false);
        if (!isNullable()) {
            return type;
        }
        int name = type.indexOf('<') < 0 ? type.lastIndexOf('.') + 1 : LIST.lastIndexOf('.') + 1;
        return type.substring(0, name) + "@Nullable " + type.substring(name);
    }

    /// Whether a reader of the field has to expect null.
    boolean isNullable() {
        return canBeAbsent() && (!nullable().equals("false") || defaultValue().equals("null"));
    }

    /// The type of a local variable.
    String plainType() {
        return javaType(field.type(), false);
    }

    static String javaType(Schema.Type type, boolean boxed) {
        if (type instanceof Schema.Type.Scalar scalar) {
            return switch (scalar.primitive()) {
                case BOOL -> boxed ? "Boolean" : "boolean";
                case INT8 -> boxed ? "Byte" : "byte";
                case INT16 -> boxed ? "Short" : "short";
                case UINT16, INT32 -> boxed ? "Integer" : "int";
                case UINT32, INT64 -> boxed ? "Long" : "long";
                case FLOAT64 -> boxed ? "Double" : "double";
                case UUID -> "java.util.UUID";
            };
        }
        if (type instanceof Schema.Type.Text) {
            return "String";
        }
        if (type instanceof Schema.Type.Bytes) {
            return "java.nio.ByteBuffer";
        }
        if (type instanceof Schema.Type.RecordData) {
            return "io.chapar.protocol.Records";
        }
        if (type instanceof Schema.Type.StructRef ref) {
            return ref.struct();
        }
        return LIST + "<" + javaType(((Schema.Type.Array) type).element(), true) + ">";
    }

    String defaultValue() {
        String text = field.defaultText();
        if (text.equals("null")) {
            return "null";
        }
        if (field.type() instanceof Schema.Type.Scalar scalar) {
            return scalarDefault(scalar.primitive(), text);
        }
        if (field.type() instanceof Schema.Type.Text) {
            return "\"" + text + "\"";
        }
        if (field.type() instanceof Schema.Type.Bytes) {
            return "io.chapar.protocol.WireReader.EMPTY";
        }
        if (field.type() instanceof Schema.Type.RecordData) {
            return "null";
        }
        if (field.type() instanceof Schema.Type.StructRef ref) {
            return ref.struct() + ".DEFAULT";
        }
        return LIST + ".of()";
    }

    private static String scalarDefault(Schema.Primitive primitive, String text) {
        return switch (primitive) {
            case BOOL -> text.isEmpty() ? "false" : text;
            case INT8 -> "(byte) " + number(text);
            case INT16 -> "(short) " + number(text);
            case UINT16, INT32 -> number(text);
            case UINT32, INT64 -> number(text) + "L";
            case FLOAT64 -> text.isEmpty() ? "0.0" : text;
            case UUID -> "io.chapar.protocol.WireReader.ZERO_UUID";
        };
    }

    private static String number(String text) {
        return text.isEmpty() ? "0" : text;
    }

    /// A Java condition that holds when the value is the default.
    String isDefault() {
        String value = defaultValue();
        if (value.equals("null")) {
            return name() + " == null";
        }
        if (field.type() instanceof Schema.Type.Array) {
            return name() + " != null && " + name() + ".isEmpty()";
        }
        if (field.type() instanceof Schema.Type.Scalar scalar && scalar.primitive() != Schema.Primitive.UUID) {
            return name() + " == " + value;
        }
        if (field.type() instanceof Schema.Type.Bytes) {
            return name() + " != null && !" + name() + ".hasRemaining()";
        }
        return value + ".equals(" + name() + ")";
    }

    /// The condition for `version` to lie in a range; empty where it always does, `false` where it never does.
    String condition(VersionRange range) {
        VersionRange within = range.and(valid);
        if (within.isEmpty()) {
            return "false";
        }
        List<String> parts = new ArrayList<>();
        if (within.lowest() > valid.lowest()) {
            parts.add("version >= " + within.lowest());
        }
        if (within.highest() < valid.highest()) {
            parts.add("version <= " + within.highest());
        }
        return String.join(" && ", parts);
    }

    /// `true`, `false` or the condition under which the field is written in the compact form.
    String flexible() {
        VersionRange flexible = field.flexible() == null ? messageFlexible : field.flexible();
        String condition = condition(flexible);
        return condition.isEmpty() ? "true" : condition;
    }

    /// `true`, `false` or the condition under which null is lawful.
    String nullable() {
        String condition = condition(field.nullable());
        return condition.isEmpty() ? "true" : condition;
    }

    /// Whether the field is one that can be null in Java.
    boolean canBeAbsent() {
        return !(field.type() instanceof Schema.Type.Scalar);
    }

    /// How the field is read: in the message's body, or as the content of a tagged field. The two differ for a
    /// structure that may be null: a signed byte says so in the body, a varint in a tagged field.
    String readExpression(boolean tagged) {
        String present = tagged ? "in.isTaggedPresent()" : "in.isPresent()";
        String read = read(field.type(), "in");
        if (!canBeAbsent()) {
            return read;
        }
        if (field.type() instanceof Schema.Type.StructRef ref) {
            String nullable = nullable();
            String plain = ref.struct() + ".read(in, version)";
            return switch (nullable) {
                case "false" -> plain;
                case "true" -> present + " ? " + plain + " : null";
                default -> "!(" + nullable + ") || " + present + " ? " + plain + " : null";
            };
        }
        String nullable = nullable();
        if (nullable.equals("true")) {
            return read;
        }
        String required = "io.chapar.protocol.WireReader.required(" + read + ", \"" + name() + "\")";
        return nullable.equals("false") ? required : nullable + " ? " + read + " : " + required;
    }

    private String read(Schema.Type type, String in) {
        if (type instanceof Schema.Type.Scalar scalar) {
            return in + "." + scalarMethod(scalar.primitive()) + "()";
        }
        if (type instanceof Schema.Type.Text) {
            return in + ".string(" + flexible() + ")";
        }
        if (type instanceof Schema.Type.Bytes) {
            return in + ".bytes(" + flexible() + ")";
        }
        if (type instanceof Schema.Type.RecordData) {
            return in + ".records(" + flexible() + ")";
        }
        if (type instanceof Schema.Type.StructRef ref) {
            return ref.struct() + ".read(" + in + ", version)";
        }
        Schema.Type element = ((Schema.Type.Array) type).element();
        String reader = read(element, "element");
        if (!(element instanceof Schema.Type.Scalar) && !(element instanceof Schema.Type.StructRef)) {
            reader = "io.chapar.protocol.WireReader.required(" + reader + ", \"" + name() + "\")";
        }
        return in + ".list(" + flexible() + ", element -> " + reader + ")";
    }

    void write(JavaText out, String to, boolean tagged) {
        String presence = to + (tagged ? ".taggedPresence(" : ".presence(") + name() + ")";
        String nullable = nullable();
        if (field.type() instanceof Schema.Type.StructRef) {
            if (nullable.equals("false")) {
                out.line(name() + ".write(" + to + ", version);");
                return;
            }
            if (!nullable.equals("true")) {
                out.line("if (!(" + nullable + ")) {");
                out.line(name() + ".write(" + to + ", version);");
                out.line("} else if (" + presence + ") {");
            } else {
                out.line("if (" + presence + ") {");
            }
            out.line(name() + ".write(" + to + ", version);");
            out.line("}");
            return;
        }
        if (canBeAbsent() && !nullable.equals("true")) {
            out.line("if (" + name() + " == null" + (nullable.equals("false") ? "" : " && !(" + nullable + ")")
                    + ") {");
            out.line("throw new IllegalStateException(\"" + name() + " is null in version \" + version);");
            out.line("}");
        }
        out.line(write(field.type(), to, name()) + ";");
    }

    private String write(Schema.Type type, String to, String value) {
        if (type instanceof Schema.Type.Scalar scalar) {
            return to + "." + scalarMethod(scalar.primitive()) + "(" + value + ")";
        }
        if (type instanceof Schema.Type.Text) {
            return to + (isMessage() ? ".message(" : ".string(") + value + ", " + flexible() + ")";
        }
        if (type instanceof Schema.Type.Bytes) {
            return to + ".bytes(" + value + ", " + flexible() + ")";
        }
        if (type instanceof Schema.Type.RecordData) {
            return to + ".records(" + value + ", " + flexible() + ")";
        }
        if (type instanceof Schema.Type.StructRef) {
            return value + ".write(" + to + ", version)";
        }
        Schema.Type element = ((Schema.Type.Array) type).element();
        return to + ".list(" + value + ", " + flexible() + ", (each, element) -> " + write(element, "each", "element")
                + ")";
    }

    /// Text for people, which may quote what somebody said at any length.
    private boolean isMessage() {
        return field.javaName().toLowerCase(java.util.Locale.ROOT).endsWith("errormessage");
    }

    private static String scalarMethod(Schema.Primitive primitive) {
        return primitive.name().toLowerCase(java.util.Locale.ROOT);
    }
}

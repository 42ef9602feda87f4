package io.chapar.codegen;

import java.util.List;

/// The error codes of an answer, wherever they stand in it: fields of 16 bits whose name ends with `ErrorCode`.
final class ErrorFields {
    private final Schema schema;

    ErrorFields(Schema schema) {
        this.schema = schema;
    }

    /// Whether one of the fields is an error code, or holds one.
    boolean within(List<Schema.Field> fields) {
        return fields.stream().anyMatch(field -> isCode(field) || holds(field.type()));
    }

    private static boolean isCode(Schema.Field field) {
        return field.name().endsWith("ErrorCode")
                && field.type().equals(new Schema.Type.Scalar(Schema.Primitive.INT16));
    }

    private boolean holds(Schema.Type type) {
        if (type instanceof Schema.Type.Array array) {
            return holds(array.element());
        }
        return type instanceof Schema.Type.StructRef ref && within(schema.structs().stream()
                .filter(struct -> struct.name().equals(ref.struct())).findFirst().orElseThrow().fields());
    }

    void method(List<Schema.Field> fields, boolean top, JavaText out) {
        if (top) {
            out.line("@Override");
        } else {
            out.line("/// The first error code here or below that is not 0.");
        }
        out.line("public short firstErrorCode() {");
        for (Schema.Field field : fields) {
            String name = new FieldCode(field, schema).name();
            if (isCode(field)) {
                out.line("if (" + name + " != 0) {");
                out.line("return " + name + ";");
                out.line("}");
            } else if (holds(field.type())) {
                below(field, name, out);
            }
        }
        out.line("return 0;");
        out.line("}");
        out.blank();
    }

    private static void below(Schema.Field field, String name, JavaText out) {
        out.line("if (" + name + " != null) {");
        boolean many = field.type() instanceof Schema.Type.Array;
        if (many) {
            out.line("for (var each : " + name + ") {");
        }
        String one = many ? "each" : name;
        out.line("if (" + one + " != null && " + one + ".firstErrorCode() != 0) {");
        out.line("return " + one + ".firstErrorCode();");
        out.line("}");
        if (many) {
            out.line("}");
        }
        out.line("}");
    }
}

package io.chapar.codegen;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/// The Java source of one message: a record with its nested records.
final class MessageSource {
    private final Schema schema;
    private final String javaPackage;
    private final JavaText out = new JavaText();

    MessageSource(Schema schema, String javaPackage) {
        this.schema = schema;
        this.javaPackage = javaPackage;
    }

    String text() {
        out.line("// Generated from the schema " + schema.name() + " of Apache Kafka. Do not edit.");
        out.line("package " + javaPackage + ";");
        out.blank();
        out.line("import io.chapar.protocol.WireReader;");
        out.line("import io.chapar.protocol.WireWriter;");
        if (hasNullable()) {
            out.line("import org.jspecify.annotations.Nullable;");
        }
        out.blank();
        record(schema.name(), "Versions " + range(schema.versions()) + ", flexible "
                + range(schema.flexible()) + ".", schema.fields(), true);
        return out.toString();
    }

    private boolean hasNullable() {
        return Stream.concat(schema.fields().stream(), schema.structs().stream().flatMap(s -> s.fields().stream()))
                .anyMatch(field -> new FieldCode(field, schema).isNullable());
    }

    private static String range(VersionRange range) {
        return range.isEmpty() ? "none"
                : range.lowest() + (range.highest() == Short.MAX_VALUE ? "+" : "-" + range.highest());
    }

    private void record(String name, String about, List<Schema.Field> fields, boolean top) {
        List<FieldCode> codes = fields.stream().map(field -> new FieldCode(field, schema)).toList();
        if (!about.isBlank()) {
            out.line("/// " + about.replace('\n', ' '));
        }
        for (FieldCode code : codes) {
            if (!code.field().about().isBlank()) {
                out.line("/// @param " + code.name() + " " + code.field().about().replace('\n', ' '));
            }
        }
        List<String> components = new ArrayList<>();
        for (FieldCode code : codes) {
            components.add(code.javaType() + " " + code.name());
        }
        out.line("public record " + name + "(" + String.join(", ", components) + ") implements "
                + (top ? topInterface() : "io.chapar.protocol.Message") + " {");
        if (top) {
            constants();
        }
        List<String> defaults = codes.stream().map(FieldCode::defaultValue).toList();
        out.line("/// Every field at the schema's default.");
        out.line("public static final " + name + " DEFAULT = new " + name + "(" + String.join(", ", defaults) + ");");
        out.blank();
        read(name, codes);
        write(codes);
        if (schema.kind() == Schema.Kind.RESPONSE && (top || new ErrorFields(schema).within(fields))) {
            new ErrorFields(schema).method(fields, top, out);
        }
        builder(name, codes);
        if (top) {
            for (Schema.Struct struct : schema.structs()) {
                out.blank();
                record(struct.name(), struct.about(), struct.fields(), false);
            }
        }
        out.line("}");
    }

    private String topInterface() {
        return switch (schema.kind()) {
            case REQUEST -> "Request";
            case RESPONSE -> "Response";
            case HEADER, DATA, COORDINATOR_KEY, COORDINATOR_VALUE -> "io.chapar.protocol.Message";
        };
    }

    private void constants() {
        out.line("public static final short LOWEST_VERSION = " + schema.versions().lowest() + ";");
        out.line("public static final short HIGHEST_VERSION = " + schema.versions().highest() + ";");
        switch (schema.kind()) {
            case COORDINATOR_KEY, COORDINATOR_VALUE ->
                out.line("public static final short RECORD_TYPE = " + schema.apiKey() + ";");
            case REQUEST, RESPONSE, HEADER, DATA -> { }
        }
        out.blank();
    }

    private String anyFlexible() {
        VersionRange flexible = schema.flexible().and(schema.versions());
        if (flexible.isEmpty()) {
            return "false";
        }
        return flexible.covers(schema.versions()) ? "true" : "version >= " + flexible.lowest();
    }

    private void read(String name, List<FieldCode> codes) {
        out.line("public static " + name + " read(WireReader in, short version) {");
        for (FieldCode code : codes) {
            declare(code);
        }
        String flexible = anyFlexible();
        if (!flexible.equals("false")) {
            if (!flexible.equals("true")) {
                out.line("if (" + flexible + ") {");
            }
            readTagged(codes);
            if (!flexible.equals("true")) {
                out.line("}");
            }
        }
        out.line("return new " + name + "("
                + String.join(", ", codes.stream().map(FieldCode::name).toList()) + ");");
        out.line("}");
        out.blank();
    }

    private void declare(FieldCode code) {
        Schema.Field field = code.field();
        String untagged = untaggedCondition(code);
        String type = code.plainType() + " " + code.name();
        switch (untagged) {
            case "" -> out.line(type + " = " + code.readExpression(false) + ";");
            case "false" -> out.line(type + " = " + code.defaultValue() + ";");
            default -> {
                if (field.tagged().isEmpty()) {
                    out.line(type + ";");
                    out.line("if (" + untagged + ") {");
                    out.line(code.name() + " = " + code.readExpression(false) + ";");
                    out.line("} else {");
                    out.line(code.name() + " = " + code.defaultValue() + ";");
                    out.line("}");
                } else {
                    out.line(type + " = " + code.defaultValue() + ";");
                    out.line("if (" + untagged + ") {");
                    out.line(code.name() + " = " + code.readExpression(false) + ";");
                    out.line("}");
                }
            }
        }
    }

    /// When the field stands in the message's body: in its versions, unless tagged there.
    private String untaggedCondition(FieldCode code) {
        Schema.Field field = code.field();
        VersionRange there = field.versions().and(schema.versions());
        VersionRange tagged = field.tagged().and(schema.versions());
        if (tagged.isEmpty()) {
            return code.condition(there);
        }
        if (tagged.lowest() <= there.lowest()) {
            return "false";
        }
        return code.condition(new VersionRange(there.lowest(), tagged.lowest() - 1));
    }

    private Map<Integer, FieldCode> tagged(List<FieldCode> codes) {
        TreeMap<Integer, FieldCode> byTag = new TreeMap<>();
        for (FieldCode code : codes) {
            if (!code.field().tagged().and(schema.versions()).isEmpty()) {
                byTag.put(code.field().tag(), code);
            }
        }
        return byTag;
    }

    private void readTagged(List<FieldCode> codes) {
        Map<Integer, FieldCode> byTag = tagged(codes);
        if (byTag.isEmpty()) {
            out.line("in.skipTaggedFields();");
            return;
        }
        out.line("for (int left = in.taggedFieldCount(); left > 0; left--) {");
        out.line("int tag = in.tag();");
        out.line("int end = in.taggedFieldEnd();");
        out.line("switch (tag) {");
        byTag.forEach((tag, code) -> {
            String condition = code.condition(code.field().tagged());
            out.line("case " + tag + " -> {");
            if (!condition.isEmpty()) {
                out.line("if (" + condition + ") {");
            }
            out.line(code.name() + " = " + code.readExpression(true) + ";");
            if (!condition.isEmpty()) {
                out.line("} else {");
                out.line("in.skipTo(end);");
                out.line("}");
            }
            out.line("}");
        });
        out.line("default -> in.skipTo(end);");
        out.line("}");
        out.line("in.expectAt(end);");
        out.line("}");
    }

    private void write(List<FieldCode> codes) {
        out.line("@Override");
        out.line("public void write(WireWriter out, short version) {");
        for (FieldCode code : codes) {
            writeUntagged(code);
        }
        String flexible = anyFlexible();
        if (!flexible.equals("false")) {
            if (!flexible.equals("true")) {
                out.line("if (" + flexible + ") {");
            }
            writeTagged(codes);
            if (!flexible.equals("true")) {
                out.line("}");
            }
        }
        out.line("}");
        out.blank();
    }

    private void writeUntagged(FieldCode code) {
        String untagged = untaggedCondition(code);
        if (untagged.isEmpty()) {
            code.write(out, "out", false);
        } else if (!untagged.equals("false")) {
            out.line("if (" + untagged + ") {");
            code.write(out, "out", false);
            out.line("}");
        }
        String present = code.condition(code.field().versions());
        if (!code.field().ignorable() && !present.isEmpty()) {
            out.line("if (" + (present.equals("false") ? "" : "!(" + present + ") && ")
                    + "!(" + code.isDefault() + ")) {");
            out.line("throw new IllegalStateException(\"" + code.name() + " is not in version \" + version);");
            out.line("}");
        }
    }

    private void writeTagged(List<FieldCode> codes) {
        Map<Integer, FieldCode> byTag = tagged(codes);
        if (byTag.isEmpty()) {
            out.line("out.noTaggedFields();");
            return;
        }
        out.line("int count = 0;");
        byTag.forEach((tag, code) -> {
            out.line("if (" + taggedPresent(code) + ") {");
            out.line("count++;");
            out.line("}");
        });
        out.line("out.unsignedVarint(count);");
        byTag.forEach((tag, code) -> {
            out.line("if (" + taggedPresent(code) + ") {");
            out.line("WireWriter tagged = out.nested();");
            code.write(out, "tagged", true);
            out.line("out.taggedField(" + tag + ", tagged);");
            out.line("}");
        });
    }

    private String taggedPresent(FieldCode code) {
        String condition = code.condition(code.field().tagged());
        return (condition.isEmpty() ? "" : condition + " && ") + "!(" + code.isDefault() + ")";
    }

    private void builder(String name, List<FieldCode> codes) {
        out.line("public static Builder builder() {");
        out.line("return new Builder(DEFAULT);");
        out.line("}");
        out.blank();
        out.line("public Builder toBuilder() {");
        out.line("return new Builder(this);");
        out.line("}");
        out.blank();
        out.line("/// Collects the fields of a [" + name + "]; what is not set keeps the value it began with.");
        out.line("public static final class Builder {");
        for (FieldCode code : codes) {
            out.line("private " + code.javaType() + " " + code.name() + ";");
        }
        out.blank();
        out.line("private Builder(" + name + " from) {");
        for (FieldCode code : codes) {
            out.line("this." + code.name() + " = from." + code.name() + ";");
        }
        out.line("}");
        for (FieldCode code : codes) {
            out.blank();
            out.line("public Builder " + code.name() + "(" + code.javaType() + " value) {");
            out.line("this." + code.name() + " = value;");
            out.line("return this;");
            out.line("}");
        }
        out.blank();
        out.line("public " + name + " build() {");
        out.line("return new " + name + "("
                + String.join(", ", codes.stream().map(FieldCode::name).toList()) + ");");
        out.line("}");
        out.line("}");
    }
}

package io.chapar.codegen;

import tools.jackson.core.json.JsonReadFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/// Reads schema files. Schemas are JSON with comments.
public final class SchemaReader {
    private static final JsonMapper JSON =
            JsonMapper.builder().enable(JsonReadFeature.ALLOW_JAVA_COMMENTS).build();

    private SchemaReader() {}

    /// All schemas in a folder that have at least one valid version, in the order of their file names.
    public static List<Schema> readFolder(Path folder) throws java.io.IOException {
        List<Path> files;
        try (Stream<Path> listed = Files.list(folder)) {
            files = listed.filter(file -> file.toString().endsWith(".json")).sorted().toList();
        }
        List<Schema> schemas = new ArrayList<>();
        for (Path file : files) {
            Schema schema = read(Files.readString(file));
            if (!schema.versions().isEmpty()) {
                schemas.add(schema);
            }
        }
        return schemas;
    }

    public static Schema read(String json) {
        JsonNode root = JSON.readTree(json);
        Map<String, Schema.Struct> structs = new LinkedHashMap<>();
        for (JsonNode common : root.path("commonStructs")) {
            addStruct(structs, common.get("name").asString(), "", common);
        }
        List<Schema.Field> fields = fields(root, structs);
        return new Schema(
                root.get("name").asString(),
                Schema.Kind.valueOf(root.get("type").asString().toUpperCase(Locale.ROOT).replace('-', '_')),
                root.path("apiKey").asInt(-1),
                range(root, "validVersions", VersionRange.NONE),
                range(root, "flexibleVersions", VersionRange.NONE),
                root.path("latestVersionUnstable").asBoolean(false),
                fields,
                List.copyOf(structs.values()));
    }

    private static List<Schema.Field> fields(JsonNode owner, Map<String, Schema.Struct> structs) {
        List<Schema.Field> fields = new ArrayList<>();
        for (JsonNode field : owner.path("fields")) {
            fields.add(field(field, structs));
        }
        return List.copyOf(fields);
    }

    private static Schema.Field field(JsonNode node, Map<String, Schema.Struct> structs) {
        String about = node.path("about").asString("");
        String typeText = node.get("type").asString();
        Schema.Type type = type(typeText);
        if (node.has("fields")) {
            String struct = typeText.startsWith("[]") ? typeText.substring(2) : typeText;
            addStruct(structs, struct, about, node);
        }
        VersionRange tagged = range(node, "taggedVersions", VersionRange.NONE);
        return new Schema.Field(
                node.get("name").asString(),
                type,
                node.has("versions") ? range(node, "versions", VersionRange.NONE) : tagged,
                tagged,
                node.path("tag").asInt(-1),
                range(node, "nullableVersions", VersionRange.NONE),
                node.has("flexibleVersions") ? range(node, "flexibleVersions", VersionRange.NONE) : null,
                defaultText(node.path("default")),
                node.path("ignorable").asBoolean(false),
                about);
    }

    private static void addStruct(Map<String, Schema.Struct> structs, String name, String about, JsonNode node) {
        structs.put(name, null); // keeps the order of first mention, the outer before the inner
        structs.put(name, new Schema.Struct(name, about, fields(node, structs)));
    }

    /// A default of JSON's null means none: Kafka's own generator reads it so, and the bytes depend on it. Only the
    /// text `"null"` makes null the default.
    private static String defaultText(JsonNode node) {
        return node.isMissingNode() || node.isNull() ? "" : node.asString();
    }

    private static VersionRange range(JsonNode node, String key, VersionRange otherwise) {
        return node.has(key) ? VersionRange.parse(node.get(key).asString()) : otherwise;
    }

    private static Schema.Type type(String text) {
        if (text.startsWith("[]")) {
            return new Schema.Type.Array(type(text.substring(2)));
        }
        return switch (text) {
            case "string" -> new Schema.Type.Text();
            case "bytes" -> new Schema.Type.Bytes();
            case "records" -> new Schema.Type.RecordData();
            default -> {
                for (Schema.Primitive primitive : Schema.Primitive.values()) {
                    if (primitive.name().toLowerCase(Locale.ROOT).equals(text)) {
                        yield new Schema.Type.Scalar(primitive);
                    }
                }
                yield new Schema.Type.StructRef(text);
            }
        };
    }
}

package io.chapar.codegen;

import java.util.ArrayList;
import java.util.List;

/// Tagged fields that Chapar adds to Kafka's messages. A field is written only where it has a value, and readers that
/// do not know its tag pass over it, so that foreign clients see Kafka's bytes as they are.
final class OwnFields {
    /// Far above what Kafka has given out.
    private static final int FIRST_TAG = 1000;

    private OwnFields() {}

    /// The schemas with the fields added at the end of their structures.
    static List<Schema> addTo(List<Schema> wire) {
        return wire.stream().map(OwnFields::addTo).toList();
    }

    private static Schema addTo(Schema schema) {
        return switch (schema.name()) {
            case "DescribeTransactionsResponse" -> inStruct(schema, "TransactionState",
                    text("ClientId", FIRST_TAG, "What the client that last opened a transaction calls itself."),
                    text("ClientHost", FIRST_TAG + 1, "The address that client connected from."));
            default -> schema;
        };
    }

    private static Schema.Field text(String name, int tag, String about) {
        VersionRange always = VersionRange.parse("0+");
        return new Schema.Field(name, new Schema.Type.Text(), always, always, tag, always, null, "null", true, about);
    }

    private static Schema inStruct(Schema schema, String struct, Schema.Field... added) {
        List<Schema.Struct> structs = new ArrayList<>();
        for (Schema.Struct one : schema.structs()) {
            if (one.name().equals(struct)) {
                List<Schema.Field> fields = new ArrayList<>(one.fields());
                fields.addAll(List.of(added));
                structs.add(new Schema.Struct(one.name(), one.about(), List.copyOf(fields)));
            } else {
                structs.add(one);
            }
        }
        return new Schema(
                schema.name(), schema.kind(), schema.apiKey(), schema.versions(), schema.flexible(),
                schema.unstableHighest(), schema.fields(), List.copyOf(structs));
    }
}

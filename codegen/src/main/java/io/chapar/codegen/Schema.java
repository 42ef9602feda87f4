package io.chapar.codegen;

import org.jspecify.annotations.Nullable;

import java.util.List;

/// A message schema as published by Apache Kafka (`common/message/*.json`), with common structs resolved.
///
/// @param apiKey the API of a request or response, the record type of a coordinator record, -1 otherwise
/// @param unstableHighest whether the highest version is not yet stable and must not be advertised
public record Schema(
        String name,
        Kind kind,
        int apiKey,
        VersionRange versions,
        VersionRange flexible,
        boolean unstableHighest,
        List<Field> fields,
        List<Struct> structs) {

    /// What a message is for; decides its package and the interface that it implements.
    public enum Kind { REQUEST, RESPONSE, HEADER, DATA, COORDINATOR_KEY, COORDINATOR_VALUE }

    /// A nested structure, one record in the generated code.
    public record Struct(String name, String about, List<Field> fields) {}

    /// One field. `flexible` is null unless the field itself departs from its message.
    public record Field(
            String name,
            Type type,
            VersionRange versions,
            VersionRange tagged,
            int tag,
            VersionRange nullable,
            @Nullable VersionRange flexible,
            String defaultText,
            boolean ignorable,
            String about) {

        /// The Java name: the schema's name with a small first letter.
        public String javaName() {
            return Character.toLowerCase(name.charAt(0)) + name.substring(1);
        }
    }

    /// A field's type.
    public sealed interface Type {
        record Scalar(Primitive primitive) implements Type {}

        record Text() implements Type {}

        record Bytes() implements Type {}

        record RecordData() implements Type {}

        record StructRef(String struct) implements Type {}

        record Array(Type element) implements Type {}
    }

    /// Types of a fixed size on the wire.
    public enum Primitive { BOOL, INT8, INT16, UINT16, INT32, UINT32, INT64, FLOAT64, UUID }
}

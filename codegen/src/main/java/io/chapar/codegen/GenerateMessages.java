package io.chapar.codegen;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// Writes one Java record for each message schema. Arguments: the folder of the unpacked schemas (with `wire/` and
/// `coordinator/`), and the folder that receives the sources.
///
/// A file whose content would not change is left untouched, so that the compiler's own change detection works.
public final class GenerateMessages {
    static final String WIRE_PACKAGE = "io.chapar.protocol.message";
    static final String COORDINATOR_PACKAGE = "io.chapar.protocol.coordinator";

    private GenerateMessages() {}

    public static void main(String[] args) throws IOException {
        if (args.length != 2) {
            throw new IllegalArgumentException("usage: GenerateMessages SCHEMAS OUTPUT");
        }
        Path schemas = Path.of(args[0]);
        Path output = Path.of(args[1]);
        List<Schema> wire = OwnFields.addTo(SchemaReader.readFolder(schemas.resolve("wire/common/message")));
        List<Schema> coordinator = SchemaReader.readFolder(schemas.resolve("coordinator/common/message"));
        for (Schema schema : wire) {
            write(output, WIRE_PACKAGE, schema.name(), new MessageSource(schema, WIRE_PACKAGE).text());
        }
        for (Schema schema : coordinator) {
            write(output, COORDINATOR_PACKAGE, schema.name(), new MessageSource(schema, COORDINATOR_PACKAGE).text());
        }
        ApiSource apis = new ApiSource(wire);
        write(output, WIRE_PACKAGE, "Request", apis.sealedInterface(Schema.Kind.REQUEST));
        write(output, WIRE_PACKAGE, "Response", apis.sealedInterface(Schema.Kind.RESPONSE));
        write(output, WIRE_PACKAGE, "ApiKey", apis.apiKey());
    }

    private static void write(Path output, String javaPackage, String name, String text) throws IOException {
        Path file = output.resolve(javaPackage.replace('.', '/')).resolve(name + ".java");
        Files.createDirectories(file.getParent());
        if (!Files.exists(file) || !Files.readString(file).equals(text)) {
            Files.writeString(file, text);
        }
    }
}

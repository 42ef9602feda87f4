package io.chapar.codegen;

import java.util.List;
import java.util.TreeMap;

import static java.util.Objects.requireNonNull;

/// The sources that speak of all requests and responses together: the two sealed interfaces and the table of APIs.
final class ApiSource {
    private final TreeMap<Integer, Schema> requests = new TreeMap<>();
    private final TreeMap<Integer, Schema> responses = new TreeMap<>();

    ApiSource(List<Schema> wire) {
        for (Schema schema : wire) {
            switch (schema.kind()) {
                case REQUEST -> requests.put(schema.apiKey(), schema);
                case RESPONSE -> responses.put(schema.apiKey(), schema);
                case HEADER, DATA, COORDINATOR_KEY, COORDINATOR_VALUE -> { }
            }
        }
        if (!requests.keySet().equals(responses.keySet())) {
            throw new IllegalStateException("requests without responses: " + requests.keySet());
        }
    }

    String sealedInterface(Schema.Kind kind) {
        boolean request = kind == Schema.Kind.REQUEST;
        String name = request ? "Request" : "Response";
        JavaText out = start();
        out.line("/// " + (request ? "Every request" : "Every response")
                + " of the wire, in the order of its API key.");
        out.line("public sealed interface " + name + " extends io.chapar.protocol.Message permits");
        List<Schema> all = List.copyOf((request ? requests : responses).values());
        for (int i = 0; i < all.size(); i++) {
            out.continued(all.get(i).name() + (i + 1 < all.size() ? "," : ""));
        }
        out.line("{");
        if (!request) {
            out.line("/// The first error code in the answer that is not 0, wherever it stands; 0 when there is none.");
            out.line("short firstErrorCode();");
        }
        out.line("}");
        return out.toString();
    }

    String apiKey() {
        JavaText out = start();
        out.line("import io.chapar.protocol.WireReader;");
        out.line("import org.jspecify.annotations.Nullable;");
        out.blank();
        out.line("/// The APIs of the wire in key order, with the versions of their schemas.");
        out.line("public enum ApiKey {");
        int left = requests.size();
        for (Schema request : requests.values()) {
            left--;
            out.line(constant(request.name()) + "(" + request.apiKey() + ", " + request.versions().lowest() + ", "
                    + request.versions().highest() + ", " + request.unstableHighest() + ", "
                    + firstFlexible(request) + ", " + firstFlexible(response(request)) + ")"
                    + (left == 0 ? ";" : ","));
        }
        out.blank();
        out.line("private static final ApiKey[] BY_ID = byId();");
        out.blank();
        out.line("private final short id;");
        out.line("private final short lowest;");
        out.line("private final short highest;");
        out.line("private final boolean unstableHighest;");
        out.line("private final int flexibleRequest;");
        out.line("private final int flexibleResponse;");
        out.blank();
        out.line("ApiKey(int id, int lowest, int highest, boolean unstableHighest, int flexibleRequest,"
                + " int flexibleResponse) {");
        out.line("this.id = (short) id;");
        out.line("this.lowest = (short) lowest;");
        out.line("this.highest = (short) highest;");
        out.line("this.unstableHighest = unstableHighest;");
        out.line("this.flexibleRequest = flexibleRequest;");
        out.line("this.flexibleResponse = flexibleResponse;");
        out.line("}");
        accessors(out);
        codecs(out);
        out.line("}");
        return out.toString();
    }

    private static void accessors(JavaText out) {
        method(out, "public short id()", "return id;");
        method(out, "public short lowest()", "return lowest;");
        method(out, "public short highest()", "return highest;");
        out.blank();
        out.line("/// The highest version that is stable; later ones exist in the schema alone.");
        out.line("public short latestStable() {");
        out.line("return unstableHighest ? (short) (highest - 1) : highest;");
        out.line("}");
        method(out, "public boolean supports(short version)", "return version >= lowest && version <= highest;");
        method(out, "public short requestHeaderVersion(short version)",
                "return (short) (version >= flexibleRequest ? 2 : 1);");
        out.blank();
        out.line("/// The answer to ApiVersions always carries the oldest header: a client reads it before it knows"
                + " us.");
        out.line("public short responseHeaderVersion(short version) {");
        out.line("return (short) (this != API_VERSIONS && version >= flexibleResponse ? 1 : 0);");
        out.line("}");
        out.blank();
        out.line("/// The API of this key, or null if there is none.");
        out.line("public static @Nullable ApiKey of(int id) {");
        out.line("return id >= 0 && id < BY_ID.length ? BY_ID[id] : null;");
        out.line("}");
        out.blank();
        out.line("private static ApiKey[] byId() {");
        out.line("ApiKey[] table = new ApiKey[values()[values().length - 1].id + 1];");
        out.line("for (ApiKey key : values()) {");
        out.line("table[key.id] = key;");
        out.line("}");
        out.line("return table;");
        out.line("}");
    }

    private Schema response(Schema request) {
        return requireNonNull(responses.get(request.apiKey()), "checked at the start");
    }

    private void codecs(JavaText out) {
        out.blank();
        out.line("public Request readRequest(WireReader in, short version) {");
        out.line("return switch (this) {");
        for (Schema request : requests.values()) {
            out.line("case " + constant(request.name()) + " -> " + request.name() + ".read(in, version);");
        }
        out.line("};");
        out.line("}");
        out.blank();
        out.line("public Response readResponse(WireReader in, short version) {");
        out.line("return switch (this) {");
        for (Schema request : requests.values()) {
            out.line("case " + constant(request.name()) + " -> "
                    + response(request).name() + ".read(in, version);");
        }
        out.line("};");
        out.line("}");
        out.blank();
        out.line("public static ApiKey of(Request request) {");
        out.line("return switch (request) {");
        for (Schema request : requests.values()) {
            out.line("case " + request.name() + " ignored -> " + constant(request.name()) + ";");
        }
        out.line("};");
        out.line("}");
    }

    private static void method(JavaText out, String signature, String body) {
        out.blank();
        out.line(signature + " {");
        out.line(body);
        out.line("}");
    }

    private static String firstFlexible(Schema schema) {
        VersionRange flexible = schema.flexible().and(schema.versions());
        return flexible.isEmpty() ? "Short.MAX_VALUE" : Integer.toString(flexible.lowest());
    }

    /// `AddOffsetsToTxnRequest` becomes `ADD_OFFSETS_TO_TXN`.
    private static String constant(String requestName) {
        String stem = requestName.substring(0, requestName.length() - "Request".length());
        return stem.replaceAll("(?<=[a-z0-9])(?=[A-Z])", "_").toUpperCase(java.util.Locale.ROOT);
    }

    private static JavaText start() {
        JavaText out = new JavaText();
        out.line("// Generated from the message schemas of Apache Kafka. Do not edit.");
        out.line("package " + GenerateMessages.WIRE_PACKAGE + ";");
        out.blank();
        return out;
    }
}

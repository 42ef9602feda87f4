package io.chapar.broker.net;

import io.chapar.protocol.BufferRecords;
import io.chapar.protocol.Records;
import io.chapar.protocol.WireWriter;
import io.chapar.protocol.message.ApiKey;
import io.chapar.protocol.message.Request;

import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Requests of every API and version, made by the shape of their records: whatever the schemas say can be said. Fields
/// that a version lacks, or that cannot be null in it, are found out by writing, and remembered.
public final class GeneratedRequests {
    /// What a request is made of. Names are those of fields; the path of a list is that of its fields, with dots.
    public interface Content {
        int length(String path);

        String text(String name);

        long number(String name, Class<?> type);

        UUID uuid(String name);

        byte[] bytes(String name);

        byte[] records();

        boolean isNull(String name);
    }

    private static final Pattern NOT_THERE = Pattern.compile("(\\w+) is (not|null) in version .*");

    private record Place(ApiKey api, short version) {}

    private final Map<Place, Set<String>> absent = new LinkedHashMap<>();
    private final Map<Place, Set<String>> required = new LinkedHashMap<>();

    /// The paths of all lists in requests of an API.
    public static List<String> lists(ApiKey api) {
        List<String> paths = new ArrayList<>();
        lists(Defaults.of(api).getClass(), "", paths);
        return paths;
    }

    private static void lists(Class<?> type, String at, List<String> paths) {
        for (RecordComponent field : type.getRecordComponents()) {
            if (field.getType() == List.class) {
                paths.add(at + field.getName());
                Class<?> element = element(field);
                if (element.isRecord()) {
                    lists(element, at + field.getName() + ".", paths);
                }
            }
        }
    }

    private static Class<?> element(RecordComponent list) {
        Type element = ((ParameterizedType) list.getGenericType()).getActualTypeArguments()[0];
        return (Class<?>) element;
    }

    /// A request that can be written in the version.
    public Request make(ApiKey api, short version, Content content) {
        Place place = new Place(api, version);
        while (true) {
            Request request = (Request) struct(Defaults.of(api).getClass(), "", place, content);
            try {
                request.write(new WireWriter(), version);
                return request;
            } catch (IllegalStateException unfit) {
                Matcher why = NOT_THERE.matcher(String.valueOf(unfit.getMessage()));
                if (!why.matches()) {
                    throw unfit;
                }
                Map<Place, Set<String>> known = why.group(2).equals("not") ? absent : required;
                if (!known.computeIfAbsent(place, _ -> new LinkedHashSet<>()).add(why.group(1))) {
                    throw unfit;
                }
            }
        }
    }

    /// Whether lists of this path are in the version at all.
    public boolean has(ApiKey api, short version, String path) {
        Set<String> lacking = absent.getOrDefault(new Place(api, version), Set.of());
        return List.of(path.split("\\.")).stream().noneMatch(lacking::contains);
    }

    private Object struct(Class<?> type, String at, Place place, Content content) {
        try {
            RecordComponent[] fields = type.getRecordComponents();
            Class<?>[] types = new Class<?>[fields.length];
            Object[] values = new Object[fields.length];
            Object byDefault = type.getField("DEFAULT").get(null);
            for (int i = 0; i < fields.length; i++) {
                types[i] = fields[i].getType();
                boolean there = !absent.getOrDefault(place, Set.of()).contains(fields[i].getName());
                values[i] = there ? value(fields[i], at, place, content) : fields[i].getAccessor().invoke(byDefault);
            }
            return type.getDeclaredConstructor(types).newInstance(values);
        } catch (ReflectiveOperationException e) {
            throw new LinkageError(e.getMessage(), e);
        }
    }

    private Object value(RecordComponent field, String at, Place place, Content content) {
        String name = field.getName();
        Class<?> type = field.getType();
        boolean mayBeNull = !type.isPrimitive() && !type.isRecord() && type != UUID.class
                && !required.getOrDefault(place, Set.of()).contains(name);
        if (mayBeNull && content.isNull(name)) {
            return null;
        }
        if (type != List.class) {
            return single(type, name, at, place, content);
        }
        Class<?> element = element(field);
        List<Object> all = new ArrayList<>();
        for (int left = content.length(at + name); left > 0; left--) {
            all.add(single(element, name, at, place, content));
        }
        return all;
    }

    private Object single(Class<?> type, String name, String at, Place place, Content content) {
        if (type.isRecord()) {
            return struct(type, at + name + ".", place, content);
        }
        if (type == String.class) {
            return content.text(name);
        }
        if (type == UUID.class) {
            return content.uuid(name);
        }
        if (type == ByteBuffer.class) {
            return ByteBuffer.wrap(content.bytes(name));
        }
        if (type == Records.class) {
            return new BufferRecords(ByteBuffer.wrap(content.records()));
        }
        long number = content.number(name, type);
        return switch (type.getSimpleName()) {
            case "boolean", "Boolean" -> (number & 1) == 1;
            case "byte", "Byte" -> (byte) number;
            case "short", "Short" -> (short) number;
            case "int", "Integer" -> (int) number;
            case "long", "Long" -> number;
            case "double", "Double" -> (double) number;
            default -> throw new AssertionError(type);
        };
    }
}

package io.chapar.dist;

import com.google.gson.Gson;
import com.google.gson.JsonElement;
import io.kubernetes.client.openapi.models.V1Service;
import io.kubernetes.client.openapi.models.V1StatefulSet;
import org.yaml.snakeyaml.Yaml;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import static org.junit.jupiter.api.Assertions.assertEquals;

/// Objects for Kubernetes out of a file, and whether they are of the form that it knows: by the models of its own
/// client for Java, which name each field that they do not have.
final class KubernetesObjects {
    private KubernetesObjects() {}

    /// @param port by its name
    record Probe(String path, String port) {}

    record Container(List<String> arguments, Map<String, Integer> ports, List<Probe> probes) {}

    static List<Map<?, ?>> read(Path file) {
        List<Map<?, ?>> objects = new ArrayList<>();
        try {
            new Yaml().loadAll(Files.readString(file)).forEach(one -> objects.add((Map<?, ?>) one));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return objects;
    }

    /// Throws [IllegalArgumentException] with what is wrong.
    static void requireValid(Map<?, ?> object) {
        JsonElement json = new Gson().toJsonTree(object);
        try {
            switch (String.valueOf(object.get("kind"))) {
                case "Service" -> V1Service.validateJsonElement(json);
                case "StatefulSet" -> V1StatefulSet.validateJsonElement(json);
                case String other -> throw new IllegalArgumentException("an object of another kind: " + other);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Object at(Object object, Object... path) {
        Object found = object;
        for (Object step : path) {
            found = step instanceof Integer index ? ((List<?>) found).get(index) : ((Map<?, ?>) found).get(step);
        }
        return found;
    }

    /// The only one of a StatefulSet.
    static Container container(Map<?, ?> set) {
        List<?> all = (List<?>) at(set, "spec", "template", "spec", "containers");
        assertEquals(1, all.size());
        Object only = all.getFirst();
        Map<String, Integer> ports = new LinkedHashMap<>();
        ((List<?>) at(only, "ports")).forEach(
                port -> ports.put((String) at(port, "name"), (Integer) at(port, "containerPort")));
        List<Probe> probes = Stream.of("startupProbe", "readinessProbe", "livenessProbe")
                .map(probe -> at(only, probe, "httpGet"))
                .map(get -> new Probe((String) at(get, "path"), (String) at(get, "port"))).toList();
        return new Container(((List<?>) at(only, "args")).stream().map(String::valueOf).toList(), ports, probes);
    }
}

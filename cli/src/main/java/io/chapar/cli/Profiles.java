package io.chapar.cli;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;

/// Clusters by names of the user's own, and which of them commands talk to, in `profiles.json` of the user's folder of
/// settings. A file is replaced whole or not at all; of two commands that change it at once, the later one wins.
///
/// @param inUse null for none of them
record Profiles(SortedMap<String, String> bootstraps, @Nullable String inUse) {
    private static final int MOST = 1_000;
    private static final long MOST_BYTES = 1 << 20;
    private static final int LONGEST_NAME = 64;

    static Path file() {
        String home = Objects.requireNonNullElse(System.getenv("XDG_CONFIG_HOME"), "");
        Path settings = home.isEmpty() ? Path.of(System.getProperty("user.home"), ".config") : Path.of(home);
        return settings.resolve("chapar").resolve("profiles.json");
    }

    /// None where there is no such file.
    static Profiles read() {
        Path file = file();
        if (!Files.exists(file)) {
            return new Profiles(new TreeMap<>(), null);
        }
        try {
            if (Files.size(file) > MOST_BYTES) {
                throw new IllegalArgumentException("it is larger than " + MOST_BYTES + " bytes");
            }
            return of(Json.read(Files.readAllBytes(file)));
        } catch (IOException | IllegalArgumentException e) {
            throw new CommandFailure("The profiles in " + file + " cannot be read: " + e.getMessage()
                    + ". Mend or delete the file, or name a broker with --bootstrap", e);
        }
    }

    private static Profiles of(@Nullable Object json) {
        if (!(json instanceof Map<?, ?> all && all.get("profiles") instanceof Map<?, ?> profiles)) {
            throw new IllegalArgumentException("no object with 'profiles'");
        }
        SortedMap<String, String> bootstraps = new TreeMap<>();
        profiles.forEach((name, profile) -> {
            if (!(profile instanceof Map<?, ?> fields && fields.get("bootstrap") instanceof String bootstrap)) {
                throw new IllegalArgumentException("profile '" + name + "' has no 'bootstrap'");
            }
            bootstraps.put(String.valueOf(name), bootstrap);
        });
        Object inUse = all.get("inUse");
        if (inUse != null && !bootstraps.containsKey(inUse.toString())) {
            throw new IllegalArgumentException("the profile in use, '" + inUse + "', is none of them");
        }
        return new Profiles(bootstraps, inUse == null ? null : inUse.toString());
    }

    /// What is wrong with a name, as a sentence.
    static @Nullable String problem(String name) {
        return name.length() <= LONGEST_NAME && name.matches("[A-Za-z0-9][A-Za-z0-9._-]*") ? null
                : "A profile's name has letters, digits, '.', '_' and '-', " + LONGEST_NAME + " of them at the most.";
    }

    /// With this one in use.
    Profiles with(String name, String bootstrap) {
        SortedMap<String, String> all = new TreeMap<>(bootstraps);
        all.put(name, bootstrap);
        if (all.size() > MOST) {
            throw new CommandFailure("There are " + MOST + " profiles already; delete some");
        }
        return new Profiles(all, name);
    }

    Profiles use(String name) {
        require(name);
        return new Profiles(bootstraps, name);
    }

    Profiles without(String name) {
        require(name);
        SortedMap<String, String> all = new TreeMap<>(bootstraps);
        all.remove(name);
        return new Profiles(all, name.equals(inUse) ? null : inUse);
    }

    /// Its bootstrap servers.
    String require(String name) {
        String bootstrap = bootstraps.get(name);
        if (bootstrap == null) {
            String near = Words.nearest(name, bootstraps.keySet());
            throw new CommandFailure("There is no profile '" + name + "'"
                    + (near == null ? "; 'chapar profile list' shows which there are"
                            : ". Did you mean " + near + "?"));
        }
        return bootstrap;
    }

    void write() {
        Map<String, Object> profiles = new LinkedHashMap<>();
        bootstraps.forEach((name, bootstrap) -> profiles.put(name, Map.of("bootstrap", bootstrap)));
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("inUse", inUse);
        all.put("profiles", profiles);
        Path file = file();
        try {
            Path folder = Files.createDirectories(Objects.requireNonNull(file.getParent(), "it is in a folder"));
            Path written = Files.createTempFile(folder, "profiles", ".new");
            try {
                Files.writeString(written, Json.text(all) + "\n", StandardCharsets.UTF_8);
                Files.move(written, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            } finally {
                Files.deleteIfExists(written);
            }
        } catch (IOException e) {
            throw new CommandFailure("Cannot write " + file + ": " + e, e);
        }
    }
}

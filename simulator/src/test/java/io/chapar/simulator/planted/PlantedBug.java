package io.chapar.simulator.planted;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// One line of real code, and what a careless hand could make of it.
///
/// @param name what the code then does wrong
/// @param file under the project's root
/// @param line a piece of the file that stands in it exactly once
/// @param spoiled what stands there instead
record PlantedBug(String name, String file, String line, String spoiled) {
    private static final Path ROOT = Path.of("").toAbsolutePath().getParent();

    static PlantedBug in(String module, String type, String name, String line, String spoiled) {
        return new PlantedBug(
                name, module + "/src/main/java/" + type.replace('.', '/') + ".java", line, spoiled);
    }

    String source() {
        try {
            return Files.readString(ROOT.resolve(file));
        } catch (IOException e) {
            throw new AssertionError("no such file: " + file, e);
        }
    }

    String spoiledSource() {
        String source = source();
        int at = source.indexOf(line);
        if (at < 0 || source.indexOf(line, at + 1) >= 0) {
            throw new AssertionError(name + ": '" + line + "' does not stand exactly once in " + file);
        }
        return source.substring(0, at) + spoiled + source.substring(at + line.length());
    }

    /// The file's name as the compiler wants it.
    Path path() {
        return ROOT.resolve(file);
    }

    @Override
    public String toString() {
        return name;
    }
}

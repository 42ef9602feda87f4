package io.chapar.dist;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/// Writes the licences and notices that libraries bring along, of each into a folder of its own. Of a library that
/// brings none, the file `index` of the texts says under which it stands; where it does not either, the build fails:
/// nothing is shipped without its licence.
final class Licences {
    private Licences() {
    }

    /// @param args the folder of the libraries, the one to write to, the one with the texts, and Apache's licence
    public static void main(String[] args) throws IOException {
        try (var libraries = Files.newDirectoryStream(Path.of(args[0]), "*.jar")) {
            for (Path library : libraries) {
                String name = library.getFileName().toString().replaceFirst("\\.jar$", "");
                if (!name.startsWith("chapar-")) {
                    write(library, Files.createDirectories(Path.of(args[1], name)), Path.of(args[2]), Path.of(args[3]));
                }
            }
        }
    }

    private static void write(Path library, Path into, Path texts, Path apache) throws IOException {
        boolean licensed = false;
        try (ZipFile jar = new ZipFile(library.toFile())) {
            for (ZipEntry entry : Collections.list(jar.entries())) {
                String name = entry.getName().replaceFirst("^META-INF/", "").toUpperCase(Locale.ROOT);
                if (!entry.isDirectory() && name.matches("(LICEN[CS]ES?/)?[-.\\w]*(LICEN[CS]E|NOTICE)[-.\\w]*")
                        && !name.endsWith(".CLASS")) {
                    Files.write(into.resolve(name.replace('/', '-')), jar.getInputStream(entry).readAllBytes());
                    licensed |= !name.contains("NOTICE");
                }
            }
        }
        if (!licensed) {
            for (String text : of(library.getFileName().toString(), texts)) {
                Files.copy(text.equals("apache-2.0") ? apache : texts.resolve(text + ".txt"),
                        into.resolve("LICENSE-" + text));
            }
        }
    }

    private static List<String> of(String library, Path texts) throws IOException {
        for (String line : Files.readAllLines(texts.resolve("index"))) {
            List<String> words = List.of(line.split(" "));
            if (library.startsWith(words.getFirst())) {
                return words.subList(1, words.size());
            }
        }
        throw new IOException("no licence is in " + library + ", and " + texts.resolve("index") + " names none");
    }
}

package io.chapar.cli;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.Collections;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/// The native code of the libraries, in a folder of its own that is written once with the build. Left to themselves the
/// libraries write it to the temporary folder in each process, and one that is killed leaves it there.
///
/// Below the folder each kind of processor has its own, so that machines can share a checkout. Nobody but its owner may
/// write there. Where something is missing, a library helps itself as it always did.
final class NativeLibraries {
    /// The system property that names the folder. What is in it is also to be on `java.library.path`, where Netty and
    /// lz4 look first.
    static final String FOLDER = "chapar.natives";

    private static final Set<PosixFilePermission> EVERYBODY_READS = PosixFilePermissions.fromString("rwxr-xr-x");
    private static final String ZSTD = "libzstd-jni.so";
    private static final String SNAPPY = "libsnappyjava.so";

    private NativeLibraries() {
    }

    /// @param args the folder
    public static void main(String[] args) throws IOException {
        write(Path.of(args[0]));
    }

    /// Where it is not known what the libraries call their files, nothing is written.
    static void write(Path folder) throws IOException {
        Map<String, Pattern> files = files(System.getProperty("os.name"), System.getProperty("os.arch"));
        Path own = folder.resolve(System.getProperty("os.arch"));
        for (String jar : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
            if (files.isEmpty() || !jar.endsWith(".jar")) {
                continue;
            }
            try (ZipFile library = new ZipFile(jar)) {
                for (ZipEntry entry : Collections.list(library.entries())) {
                    for (Map.Entry<String, Pattern> file : files.entrySet()) {
                        if (file.getValue().matcher(entry.getName()).matches()) {
                            write(library, entry, own, file.getKey());
                        }
                    }
                }
            }
        }
    }

    /// Whole or not at all, and never into a file that is in use.
    private static void write(ZipFile from, ZipEntry entry, Path folder, String name) throws IOException {
        Files.createDirectories(folder, PosixFilePermissions.asFileAttribute(EVERYBODY_READS));
        Path part = Files.createTempFile(folder, name, ".part");
        try (InputStream content = from.getInputStream(entry)) {
            Files.copy(content, part, StandardCopyOption.REPLACE_EXISTING);
            Files.setPosixFilePermissions(part, EVERYBODY_READS);
            Files.move(part, folder.resolve(name), StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(part);
        }
    }

    /// Of this kind of machine: the name of each file, and what it is called in a library.
    private static Map<String, Pattern> files(String system, String arch) {
        if (!system.equals("Linux") || !(arch.equals("amd64") || arch.equals("aarch64")) || hasMusl()) {
            return Map.of();
        }
        String netty = "libnetty_transport_native_epoll_" + (arch.equals("amd64") ? "x86_64" : "aarch_64") + ".so";
        return Map.of(
                netty, Pattern.compile("META-INF/native/" + netty),
                "liblz4-java.so", Pattern.compile("net/jpountz/util/linux/" + arch + "/liblz4-java\\.so"),
                ZSTD, Pattern.compile("linux/" + arch + "/libzstd-jni-[-.0-9]+\\.so"),
                SNAPPY, Pattern.compile("org/xerial/snappy/native/Linux/"
                        + (arch.equals("amd64") ? "x86_64" : "aarch64") + "/libsnappyjava\\.so"));
    }

    /// These files are for the other C library.
    private static boolean hasMusl() {
        String[] inLib = new File("/lib").list();
        return inLib != null && Arrays.stream(inLib).anyMatch(name -> name.startsWith("ld-musl-"));
    }

    /// Before any of the libraries is used.
    static void use() {
        String folder = System.getProperty(FOLDER);
        if (folder == null) {
            return;
        }
        Path own = Path.of(folder, System.getProperty("os.arch"));
        if (Files.isReadable(own.resolve(ZSTD))) {
            System.setProperty("ZstdNativePath", own.resolve(ZSTD).toString());
        }
        if (Files.isReadable(own.resolve(SNAPPY))) {
            System.setProperty("org.xerial.snappy.lib.path", own.toString());
        }
    }
}

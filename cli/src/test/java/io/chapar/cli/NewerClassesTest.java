package io.chapar.cli;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

import java.io.InputStream;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// The parser of command lines is such a library; should it come with newer classes one day, nothing is left to do.
final class NewerClassesTest {
    @Test
    void aLibraryOfJava5DoesTheSameWithClassesThatCanBeKeptReady(@TempDir Path folder) throws Exception {
        Path old = Path.of(CommandLine.class.getProtectionDomain().getCodeSource().getLocation().toURI());
        Path written = folder.resolve("newer.jar");
        NewerClasses.write(old, written);
        assertEquals(names(old), names(written));
        try (URLClassLoader loader = new URLClassLoader(
                        new URL[] {written.toUri().toURL()}, ClassLoader.getPlatformClassLoader());
                ZipFile jar = new ZipFile(written.toFile())) {
            ClassFile format = ClassFile.of(ClassFile.ClassHierarchyResolverOption.of(
                    ClassHierarchyResolver.ofClassLoading(loader)));
            int checked = 0;
            for (ZipEntry entry : Collections.list(jar.entries())) {
                if (entry.getName().endsWith(".class") && !entry.getName().contains("module-info")) {
                    try (InputStream content = jar.getInputStream(entry)) {
                        byte[] bytes = content.readAllBytes();
                        assertTrue(format.parse(bytes).majorVersion() >= ClassFile.JAVA_6_VERSION, entry.getName());
                        assertEquals(List.of(), format.verify(bytes), entry.getName());
                        checked++;
                    }
                }
            }
            assertTrue(checked > 100, checked + " classes");
            Class<?> newer = loader.loadClass(CommandLine.class.getName());
            assertNotEquals(CommandLine.class, newer);
            Method version = newer.getMethod("defaultExceptionHandler");
            assertEquals(loader, version.invoke(null).getClass().getClassLoader());
        }
    }

    private static List<String> names(Path jar) throws Exception {
        try (ZipFile zip = new ZipFile(jar.toFile())) {
            return Collections.list(zip.entries()).stream().map(ZipEntry::getName).toList();
        }
    }
}

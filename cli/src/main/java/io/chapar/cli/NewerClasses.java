package io.chapar.cli;

import java.io.IOException;
import java.io.InputStream;
import java.lang.classfile.ClassElement;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassFileVersion;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.ClassModel;
import java.lang.classfile.CodeTransform;
import java.lang.classfile.MethodModel;
import java.lang.classfile.MethodTransform;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/// Writes a library anew whose classes are of Java 5: as they are, the machine keeps none of them ready in its cache,
/// and reads and verifies each of them at every start. The code stays what it was; what Java 6 added, the stack maps by
/// which code is verified, is computed.
final class NewerClasses {
    private static final String CLASS = ".class";

    private NewerClasses() {
    }

    /// @param args the library, and the file to write
    public static void main(String[] args) throws IOException {
        write(Path.of(args[0]), Path.of(args[1]));
    }

    static void write(Path library, Path into) throws IOException {
        try (URLClassLoader classes = new URLClassLoader(new URL[] {library.toUri().toURL()}, null);
                ZipFile from = new ZipFile(library.toFile());
                ZipOutputStream to = new ZipOutputStream(Files.newOutputStream(into))) {
            ClassFile format = ClassFile.of(
                    ClassFile.StackMapsOption.GENERATE_STACK_MAPS,
                    ClassFile.ClassHierarchyResolverOption.of(ClassHierarchyResolver.ofResourceParsing(classes)
                            .orElse(ClassHierarchyResolver.defaultResolver())));
            for (ZipEntry entry : Collections.list(from.entries())) {
                ZipEntry copy = new ZipEntry(entry.getName());
                copy.setTime(entry.getTime());
                to.putNextEntry(copy);
                try (InputStream content = from.getInputStream(entry)) {
                    byte[] bytes = content.readAllBytes();
                    to.write(entry.getName().endsWith(CLASS) ? newer(format, bytes) : bytes);
                }
                to.closeEntry();
            }
        }
    }

    private static byte[] newer(ClassFile format, byte[] bytes) {
        ClassModel old = format.parse(bytes);
        if (old.majorVersion() >= ClassFile.JAVA_6_VERSION) {
            return bytes;
        }
        return format.build(old.thisClass().asSymbol(), made -> {
            made.withVersion(ClassFile.latestMajorVersion(), 0);
            made.withFlags(old.flags().flagsMask());
            for (ClassElement element : old) {
                switch (element) {
                    case ClassFileVersion _ -> { }
                    case MethodModel method ->
                        made.transformMethod(method, MethodTransform.transformingCode(CodeTransform.ACCEPT_ALL));
                    default -> made.with(element);
                }
            }
        });
    }
}

package io.chapar.simulator.planted;

import javax.tools.Diagnostic;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// The project's classes with one bug among them, loaded beside the sound ones.
final class SpoiledCode implements AutoCloseable {
    private final URLClassLoader loader;
    private final Method run;
    private final Method broken;

    /// @param folder for the classes of the one file that is compiled anew
    SpoiledCode(PlantedBug bug, Path folder) {
        compile(bug, folder);
        try {
            List<URL> urls = new ArrayList<>();
            urls.add(folder.toUri().toURL());
            for (String entry : classPath().split(File.pathSeparator)) {
                urls.add(Path.of(entry).toUri().toURL());
            }
            loader = new URLClassLoader(urls.toArray(URL[]::new), ClassLoader.getPlatformClassLoader());
            Class<?> simulation = loader.loadClass("io.chapar.simulator.Simulation");
            run = simulation.getMethod("run", long.class);
            broken = run.getReturnType().getMethod("broken");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (ReflectiveOperationException e) {
            throw new LinkageError(e.getMessage(), e);
        }
    }

    /// The promise that breaks with this seed, or null.
    String brokenBy(long seed) {
        try {
            return (String) broken.invoke(run.invoke(null, seed));
        } catch (InvocationTargetException e) {
            return "The simulation itself does not fail: " + e.getCause();
        } catch (IllegalAccessException e) {
            throw new LinkageError(e.getMessage(), e);
        }
    }

    private static String classPath() {
        return System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    }

    private static void compile(PlantedBug bug, Path folder) {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        DiagnosticCollector<JavaFileObject> problems = new DiagnosticCollector<>();
        List<String> options = List.of("-d", folder.toString(), "-cp", classPath(), "-proc:none", "-nowarn");
        boolean done = compiler.getTask(null, null, problems, options, null, List.of(new Source(bug))).call();
        if (!done) {
            List<String> errors = problems.getDiagnostics().stream()
                    .filter(one -> one.getKind() == Diagnostic.Kind.ERROR)
                    .map(one -> one.getMessage(Locale.ROOT)).toList();
            throw new AssertionError(bug.name() + " does not compile: " + errors);
        }
    }

    @Override
    public void close() {
        try {
            loader.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static final class Source extends SimpleJavaFileObject {
        private final String text;

        Source(PlantedBug bug) {
            super(URI.create("string:///" + bug.path().getFileName()), Kind.SOURCE);
            this.text = bug.spoiledSource();
        }

        @Override
        public CharSequence getCharContent(boolean ignoreEncodingErrors) {
            return text;
        }
    }
}

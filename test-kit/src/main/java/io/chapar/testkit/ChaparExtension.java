package io.chapar.testkit;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionConfigurationException;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/// Gives tests of JUnit a broker: who asks for a [TestBroker] as a parameter has one.
///
/// ```
/// @ExtendWith(ChaparExtension.class)
/// class PaymentsTest {
///     @Test
///     void everyOrderIsPaid(TestBroker broker) {
/// ```
/// In a test method, or what is run before each, it is a new one, and is closed when the test is over. In a
/// constructor or in what is run before all it is one for the whole class, which its methods then get as well.
public final class ChaparExtension implements ParameterResolver, AfterEachCallback, AfterAllCallback {
    private static final Namespace PLACE = Namespace.create(ChaparExtension.class);
    private static final Object KEY = TestBroker.class;

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        return parameter.getParameter().getType() == TestBroker.class;
    }

    /// By the method that JUnit 5 has too.
    @Override
    @SuppressWarnings("deprecation")
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        // One alone, also where instances of a class are made at the same time.
        return Objects.requireNonNull(context.getStore(PLACE).getOrComputeIfAbsent(KEY,
                key -> TestBroker.start(settings(context)), TestBroker.class), "it was started");
    }

    private static Map<String, String> settings(ExtensionContext context) {
        WithSettings found = context.getTestMethod()
                .map(method -> method.getAnnotation(WithSettings.class)).orElse(null);
        for (Class<?> type = context.getTestClass().orElse(null); found == null && type != null;
                type = type.getEnclosingClass()) {
            found = type.getAnnotation(WithSettings.class);
        }
        Map<String, String> settings = new TreeMap<>();
        if (found != null) {
            Arrays.stream(found.value()).forEach(line -> {
                int equals = line.indexOf('=');
                if (equals < 1) {
                    throw new ExtensionConfigurationException("A setting is name=value, not '" + line + "'");
                }
                settings.put(line.substring(0, equals).strip(), line.substring(equals + 1).strip());
            });
        }
        return settings;
    }

    @Override
    public void afterEach(ExtensionContext context) {
        close(context);
    }

    @Override
    public void afterAll(ExtensionContext context) {
        close(context);
    }

    private static void close(ExtensionContext context) {
        @Nullable TestBroker broker = context.getStore(PLACE).remove(KEY, TestBroker.class);
        if (broker != null) {
            broker.close();
        }
    }
}

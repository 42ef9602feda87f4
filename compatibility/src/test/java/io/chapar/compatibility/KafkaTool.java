package io.chapar.compatibility;

import org.apache.kafka.common.utils.internals.Exit;
import org.apache.kafka.tools.GroupsCommand;
import org.apache.kafka.tools.TopicCommand;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.Set;

import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Kafka's command line, called in this process.
final class KafkaTool {
    /// What becomes of a tool that ends its process is one thing for all of them: tests that say so do not run side by
    /// side.
    static final String EXIT = "Kafka's exit procedure";

    /// They end the process themselves.
    private static final Set<Class<?>> ENDING = Set.of(TopicCommand.class, GroupsCommand.class);

    private KafkaTool() {}

    /// The process of the tool would end well here.
    private static final class Ended extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }

    /// What the tool prints that ends well.
    static String run(Class<?> tool, String... words) throws Exception {
        Method main = tool.getDeclaredMethod(ENDING.contains(tool) ? "execute" : "mainNoExit", String[].class);
        main.setAccessible(true);
        Exit.setExitProcedure((code, message) -> {
            if (code == 0) {
                throw new Ended();
            }
            throw new IllegalStateException(tool.getSimpleName() + " ends with " + code + ": " + message);
        });
        Object[] code = new Object[1];
        try {
            String printed = KafkaToolsIT.printed(() -> {
                try {
                    code[0] = main.invoke(null, (Object) words);
                } catch (InvocationTargetException e) {
                    assertInstanceOf(Ended.class, e.getCause());
                }
            });
            assertTrue(code[0] == null || code[0].equals(0), printed);
            return printed;
        } finally {
            Exit.resetExitProcedure();
        }
    }
}

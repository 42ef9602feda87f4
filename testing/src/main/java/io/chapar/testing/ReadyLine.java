package io.chapar.testing;

import org.jspecify.annotations.Nullable;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// What a broker's process says once it serves.
///
/// @param metrics where its pages are; null where it has none
public record ReadyLine(String host, int port, String data, @Nullable String metrics) {
    private static final Pattern FORM = Pattern.compile(
            "chapar ready on (\\S+):(\\d+), data in (.+?), after \\d+ ms(?:, metrics at ([^\\s,]+))?");

    /// The first line that the process says has to be this one.
    public static ReadyLine of(StartedProcess broker) {
        String line = broker.line();
        Matcher found = FORM.matcher(String.valueOf(line));
        if (line == null || !found.lookingAt()) {
            throw new AssertionError("It is not ready: " + line + broker.output() + broker.errors());
        }
        return new ReadyLine(found.group(1), Integer.parseInt(found.group(2)), found.group(3), found.group(4));
    }

    /// For clients.
    public String address() {
        return host + ":" + port;
    }
}

package io.chapar.processor;

import io.chapar.client.UsageException;

import java.util.regex.Pattern;

/// What a user calls a stateful step; part of the name of its changelog.
final class StepName {
    private static final int MAX_LENGTH = 100;
    private static final Pattern ALLOWED = Pattern.compile("[a-zA-Z0-9._-]+");

    private StepName() {
    }

    static String of(String name) {
        if (name == null || name.length() > MAX_LENGTH || !ALLOWED.matcher(name).matches()) {
            throw new UsageException("A stateful step has a name of at most " + MAX_LENGTH
                    + " letters, digits, '.', '_' and '-', not '" + name + "'");
        }
        return name;
    }
}

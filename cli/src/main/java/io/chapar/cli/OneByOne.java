package io.chapar.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/// Does one thing to each of several that are named. One that is refused does not keep the others from it: a command
/// that was stopped half-way goes on where it is given again.
final class OneByOne {
    private OneByOne() {
    }

    /// Fails in the end, with all that was refused.
    static void each(List<String> names, Consumer<String> act) {
        List<CommandFailure> failures = new ArrayList<>();
        for (String name : names) {
            try {
                act.accept(name);
            } catch (CommandFailure refused) {
                failures.add(refused);
            }
        }
        if (failures.size() == 1) {
            throw failures.getFirst();
        }
        if (!failures.isEmpty()) {
            throw new CommandFailure(String.join("; ", failures.stream().map(Failures::withoutStop).toList()),
                    failures.getFirst());
        }
    }
}

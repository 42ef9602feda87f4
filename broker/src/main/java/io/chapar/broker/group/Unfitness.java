package io.chapar.broker.group;

import org.jspecify.annotations.Nullable;

/// Why a generation of the classic protocol cannot change to another, so that nobody works it out twice.
final class Unfitness {
    private int generation = -1;
    private @Nullable String problem;

    /// Null while nobody has found any.
    @Nullable String of(int asked) {
        return generation == asked ? problem : null;
    }

    void set(int ofGeneration, String why) {
        generation = ofGeneration;
        problem = why;
    }

    /// Generations are counted anew.
    void forget() {
        problem = null;
    }
}

package io.chapar.bench;

import java.util.OptionalDouble;

/// Where one system's figures of a round go.
record Figures(Result result, String system) {
    void add(Metric metric, double value) {
        result.add(metric, system, value);
    }

    /// Nothing where the machine does not tell it.
    void add(Metric metric, OptionalDouble value) {
        value.ifPresent(known -> add(metric, known));
    }
}

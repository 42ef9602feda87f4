package io.chapar.bench;

/// One figure of the report.
///
/// @param key stable name for programs
/// @param moreIsBetter which way is better
record Metric(String key, String what, String unit, boolean moreIsBetter) {
    static Metric more(String key, String what, String unit) {
        return new Metric(key, what, unit, true);
    }

    static Metric less(String key, String what, String unit) {
        return new Metric(key, what, unit, false);
    }
}

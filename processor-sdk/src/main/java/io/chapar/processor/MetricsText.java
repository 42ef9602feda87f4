package io.chapar.processor;

import java.math.BigDecimal;

/// A [ProcessorStatus] in Prometheus' text format, version 0.0.4.
///
/// @param application the label of each sample
record MetricsText(String application) {
    private static final String PREFIX = "chapar_processor_";

    String of(ProcessorStatus status) {
        StringBuilder text = new StringBuilder();
        gauge(text, "running", "1 when the application runs, else 0.",
                status.state() == ProcessorState.RUNNING ? 1 : 0);
        gauge(text, "failed", "1 when the application has failed, else 0.",
                status.state() == ProcessorState.FAILED ? 1 : 0);
        gauge(text, "threads", "Threads of this instance.", status.threads());
        gauge(text, "partitions", "Input partitions that this instance has.", status.partitions());
        gauge(text, "restoring_partitions", "Partitions whose state is not built yet.", status.restoring());
        gauge(text, "standby_partitions", "Partitions of which copies of others' state are kept.", status.standbys());
        gauge(text, "standby_lag", "Offsets that these copies have not read yet.", status.standbyLag());
        gauge(text, "state_bytes", "What the stores take of memory.", status.stateBytes());
        counter(text, "records_in", "Times that a record was processed.", status.recordsIn());
        counter(text, "records_out", "Records handed over for writing.", status.recordsOut());
        counter(text, "timers_fired", "Times that a timer's function was called for.", status.timersFired());
        counter(text, "commits", "Commits that are known to have taken effect.", status.commits());
        counter(text, "aborts", "Times that what was begun came to nothing.", status.aborts());
        counter(text, "unknown_outcomes", "Commits of which the answer was lost.", status.unknownOutcomes());
        gauge(text, "lag", "Offsets that are not read yet.", status.lag());
        histogram(text, status.latency());
        counter(text, "rebalances", "Times that partitions came.", status.rebalances());
        counter(text, "skipped", "Records given up under the error policy, dead letters too.", status.skipped());
        counter(text, "late_records", "Records that came too late for some step.", status.lateRecords());
        counter(text, "passed_over", "Records with which some step could do nothing.", status.passedOver());
        counter(text, "restored_entries", "Entries read from changelogs.", status.restoredEntries());
        return text.toString();
    }

    private void gauge(StringBuilder text, String name, String help, long value) {
        sample(text, name, "gauge", help, value);
    }

    private void counter(StringBuilder text, String name, String help, long value) {
        sample(text, name + "_total", "counter", help, value);
    }

    private void sample(StringBuilder text, String name, String type, String help, long value) {
        String full = PREFIX + name;
        text.append("# HELP ").append(full).append(' ').append(help).append('\n')
                .append("# TYPE ").append(full).append(' ').append(type).append('\n')
                .append(full).append("{application=\"").append(escaped()).append("\"} ").append(value).append('\n');
    }

    private void histogram(StringBuilder text, CommitLatency latency) {
        String full = PREFIX + "commit_latency_seconds";
        text.append("# HELP ").append(full).append(" From the time of a record to the commit of its effect.\n")
                .append("# TYPE ").append(full).append(" histogram\n");
        long below = 0;
        for (int at = 0; at < latency.counts().size(); at++) {
            below += latency.counts().get(at);
            String bound = at == CommitLatency.BOUNDS_MS.size() ? "+Inf" : seconds(CommitLatency.BOUNDS_MS.get(at));
            text.append(full).append("_bucket{application=\"").append(escaped()).append("\",le=\"").append(bound)
                    .append("\"} ").append(below).append('\n');
        }
        text.append(full).append("_sum{application=\"").append(escaped()).append("\"} ")
                .append(seconds(latency.sumMs())).append('\n')
                .append(full).append("_count{application=\"").append(escaped()).append("\"} ").append(below)
                .append('\n');
    }

    private static String seconds(long ms) {
        return BigDecimal.valueOf(ms, 3).stripTrailingZeros().toPlainString();
    }

    private String escaped() {
        return application.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n");
    }
}

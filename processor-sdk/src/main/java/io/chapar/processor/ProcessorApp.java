package io.chapar.processor;

import java.time.Duration;

/// A running application. Several of them, in one process or many, share the work if they have the same application id.
///
/// ```
/// ProcessorConfig config = ProcessorConfig.builder("127.0.0.1:9092", "payments")
///         .delivery(Delivery.EXACTLY_ONCE).build();
/// try (ProcessorApp app = ProcessorApp.start(config, topology)) {
///     app.awaitStopped();
/// }
/// ```
@SuppressWarnings("DoNotCallSuggester")
public final class ProcessorApp implements AutoCloseable {
    private ProcessorApp() {
    }

    /// Returns at once; joins the group and goes on until it is closed or fails.
    public static ProcessorApp start(ProcessorConfig config, Topology topology) {
        throw new UnsupportedOperationException("not yet: " + config.applicationId() + topology.inputTopics());
    }

    public ProcessorState state() {
        return status().state();
    }

    public ProcessorStatus status() {
        throw new UnsupportedOperationException();
    }

    /// True when every thread has become a member of the group within the time; [ProcessorException] when the application has
    /// failed.
    public boolean awaitRunning(Duration atMost) throws InterruptedException {
        throw new UnsupportedOperationException("not yet: " + atMost);
    }

    /// Returns when the application has been closed; [ProcessorException] when it has failed.
    public void awaitStopped() throws InterruptedException {
        throw new UnsupportedOperationException();
    }

    /// Finishes what was begun (or aborts it when the time is over), leaves the group, and returns when all threads have ended.
    @Override
    public void close() {
        throw new UnsupportedOperationException();
    }
}

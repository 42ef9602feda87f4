package io.chapar.processor;

/// ```
/// STARTING -> RUNNING -> STOPPING -> STOPPED
///     |          |           |
///     +----------+-----------+----> FAILED
/// ```
public enum ProcessorState {
    /// Not yet a member of the group on every thread.
    STARTING,
    RUNNING,
    /// Finishing what was begun.
    STOPPING,
    /// After `close`, with everything begun finished or aborted.
    STOPPED,
    /// Gave up; [ProcessorStatus#lastError] says why.
    FAILED
}

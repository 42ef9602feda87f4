package io.chapar.processor;

/// What the rows of a stateful step's changelog are: what is recorded of it in the application's topic of layouts, so
/// that rows are never read as what they are not. `format` is raised whenever the same rows are written in another way.
///
/// @param rows what they hold, with everything of the step's settings that their meaning hangs on
record Layout(String rows, int format) {
    /// Of [TimedRows]. In format 1 values had no time in front.
    static final Layout LATEST_VALUES = new Layout("the latest value of each key", 2);
    /// Of [KeyRows].
    static final Layout STATE_AND_TIMERS = new Layout("state and timers of functions", 1);
    /// Of [JoinRows].
    static final Layout JOINED_STREAMS = new Layout("the records of a join of two streams", 1);

    /// Of [VersionRows].
    static final Layout VERSIONS = new Layout("versions of each key", 1);

    /// Of [GraceJoin].
    static final Layout WAITING_FOR_A_TABLE = new Layout("the records that wait for a table", 2);

    /// As it is recorded.
    @Override
    public String toString() {
        return rows + ", format " + format;
    }
}

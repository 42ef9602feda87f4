package io.chapar.processor;

/// What a [Cycle] goes by.
///
/// `named`: the transactional id was given by the user, so somebody else could have taken it.
record CycleSettings(Delivery delivery, long commitIntervalMs, int commitRecords, long commitBytes,
        long transactionTimeoutMs, boolean named, Schedule.Choice schedule, long waitForOthersMs) {
    /// Where records of several topics meet, none waits for another topic's.
    CycleSettings(Delivery delivery, long commitIntervalMs, int commitRecords, long commitBytes,
            long transactionTimeoutMs, boolean named, Schedule.Choice schedule) {
        this(delivery, commitIntervalMs, commitRecords, commitBytes, transactionTimeoutMs, named, schedule, 0);
    }

    /// `twoPhases`: other instances take the id over to end what it has left open, and leave it again.
    static CycleSettings of(ProcessorConfig config, boolean twoPhases) {
        return new CycleSettings(config.delivery(), config.commitIntervalMs(), config.commitRecords(),
                config.commitBytes(), config.transactionTimeoutMs(), config.instanceName() != null && !twoPhases,
                Schedule.Choice.byKey(config.parallel()), config.waitForOthersMs());
    }
}

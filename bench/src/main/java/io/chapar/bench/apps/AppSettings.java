package io.chapar.bench.apps;

import java.util.List;

/// What the process of an application is told; the same for the SDK's and for Kafka Streams'.
///
/// @param parallel how many records are worked on at once; the SDK alone can do more than one
/// @param callMs how long a call takes ([AppKind#CALL])
/// @param folder for state on disk
public record AppSettings(String bootstrap, String id, String input, String output, AppKind kind, int commitMs,
        int parallel, int callMs, String folder) {
    public List<String> arguments() {
        return List.of(bootstrap, id, input, output, kind.name(), Integer.toString(commitMs),
                Integer.toString(parallel), Integer.toString(callMs), folder);
    }

    static AppSettings of(String[] args) {
        return new AppSettings(args[0], args[1], args[2], args[3], AppKind.valueOf(args[4]), Integer.parseInt(args[5]),
                Integer.parseInt(args[6]), Integer.parseInt(args[7]), args[8]);
    }
}

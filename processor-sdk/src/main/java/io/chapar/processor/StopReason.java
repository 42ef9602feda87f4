package io.chapar.processor;

import io.chapar.client.ChaparException;
import io.chapar.client.FencedException;

/// Why the cluster made an application stop, in one sentence for people. Where in this program the answer was read
/// helps nobody, so there is no stack beside it.
final class StopReason {
    private StopReason() {
    }

    static String of(ChaparException cause, ProcessorConfig config) {
        String text = String.valueOf(cause.getMessage());
        if (cause instanceof FencedException && config.instanceName() != null) {
            text = "another running instance of application '" + config.applicationId()
                    + "' has the same instanceName '" + config.instanceName()
                    + "'; give each instance a name of its own, or none (" + text + ")";
        }
        return text.replaceAll("\\s*\\R\\s*", " ");
    }
}

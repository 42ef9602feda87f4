package io.chapar.processor;

/// What the topics are called that an application has for itself.
record InternalNames(String applicationId) {
    String changelog(String step) {
        return applicationId + "-" + step + "-changelog";
    }

    /// What the rows of each changelog are.
    String layouts() {
        return applicationId + "-layouts";
    }

    /// Through which records of this topic are tried again, from 1.
    String retry(String topic, int number) {
        return applicationId + "-" + topic + "-retry-" + number;
    }

    String repartition(String step) {
        return applicationId + "-" + step + "-repartition";
    }
}

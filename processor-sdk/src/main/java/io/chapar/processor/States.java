package io.chapar.processor;

import io.chapar.protocol.TopicPartition;

import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/// The stateful steps of an application, and where their changelogs are, for the tasks of one thread.
///
/// @param stepsByInput the names of the steps that records of each input topic come to
record States(String applicationId, SortedMap<String, SortedSet<String>> stepsByInput, StateBudget budget) {
    private static final String SUFFIX = "-changelog";

    /// Of one thread.
    static States of(ProcessorConfig config, Plan plan) {
        return new States(config.applicationId(), plan.stepsByInput(),
                new StateBudget(config.maxStateBytes() / config.threads()));
    }

    static States none() {
        return new States("none", new TreeMap<>(), new StateBudget(0));
    }

    SortedSet<String> steps(String inputTopic) {
        return stepsByInput.getOrDefault(inputTopic, new TreeSet<>());
    }

    String changelog(String step) {
        return applicationId + "-" + step + SUFFIX;
    }

    TaskState of(TopicPartition input) {
        return new TaskState(this, input);
    }

    /// Input topic of each changelog.
    Map<String, String> inputByChangelog() {
        TreeMap<String, String> inputs = new TreeMap<>();
        stepsByInput.forEach((input, steps) -> steps.forEach(step -> inputs.put(changelog(step), input)));
        return inputs;
    }
}

package io.chapar.processor;

import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/// The stateful steps of an application, and where their changelogs are, for the tasks of one thread.
record States(Stages stages, StateBudget budget, StoreDirectory directory, Storage storage) {
    /// In memory.
    States(Stages stages, StateBudget budget, StoreDirectory directory) {
        this(stages, budget, directory, (step, partition) -> new MemoryRows(budget));
    }

    /// In memory, of which nobody asks anything.
    States(Stages stages, StateBudget budget) {
        this(stages, budget, new StoreDirectory());
    }

    /// Of one thread. `disk` null: in memory.
    static States of(ProcessorConfig config, Plan plan, StoreDirectory directory, @Nullable DiskStorage disk) {
        StateBudget budget = new StateBudget(config.maxStateBytes() / (disk == null ? 1 : 2) / config.threads());
        return disk == null ? new States(plan.stages(), budget, directory)
                : new States(plan.stages(), budget, directory, disk);
    }

    static States none() {
        return new States(Stages.of(new Topology(List.of()), new InternalNames("none")), new StateBudget(0));
    }

    States with(Storage other) {
        return new States(stages, budget, directory, other);
    }

    /// The names of the steps in this stage.
    SortedSet<String> steps(String lead) {
        return stages.stepsByStage().getOrDefault(lead, new TreeSet<>());
    }

    /// All of them.
    Set<String> changelogs() {
        return stageByChangelog().keySet();
    }

    String changelog(String step) {
        return stages.names().changelog(step);
    }

    /// The stage, called by its lead, at the partition of this input.
    TopicPartition stage(TopicPartition input) {
        return new TopicPartition(stages.lead(input.topic()), input.partition());
    }

    /// Of one stage at one partition.
    TaskState of(TopicPartition stage) {
        return new TaskState(this, stage);
    }

    /// Lead of each changelog's stage.
    Map<String, String> stageByChangelog() {
        TreeMap<String, String> stagesByChangelog = new TreeMap<>();
        stages.stepsByStage().forEach((lead, steps) ->
                steps.forEach(step -> stagesByChangelog.put(changelog(step), lead)));
        return stagesByChangelog;
    }
}

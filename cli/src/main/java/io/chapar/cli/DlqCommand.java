package io.chapar.cli;

import picocli.CommandLine.Command;

@Command(
        name = "dlq",
        description = "See records that applications have given up, and put them back.",
        footer = {"",
            "An application of the processor SDK whose error policy is deadLetter(TOPIC) writes a record that it",
            "cannot process to that topic, with headers that say where it came from and why. Such topics are found by",
            "their last records. What was put back is marked in the topic, in the same transaction, and not put back",
            "again."})
final class DlqCommand extends NounCommand {
}

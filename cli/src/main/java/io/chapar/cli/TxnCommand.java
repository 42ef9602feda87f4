package io.chapar.cli;

import picocli.CommandLine.Command;

@Command(
        name = "txn",
        description = "See transactions, find out what readers wait for, and end what is left over.",
        footer = {"",
            "A producer with a transactional id writes to many partitions as one fact. Its state is Ongoing while",
            "records are being written, PrepareCommit or PrepareAbort once the outcome is decided and is being",
            "written into the partitions, and CompleteCommit or CompleteAbort after that. While a transaction is",
            "Ongoing, read_committed readers of its partitions wait at its first record.",
            "",
            "A transaction hangs when a partition has it open and no coordinator will ever end it. A Chapar broker",
            "finds and aborts such transactions by itself, a minute or so after they began to hang."})
final class TxnCommand extends NounCommand {
}

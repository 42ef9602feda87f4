package io.chapar.cli;

import picocli.CommandLine.Command;

@Command(name = "log", description = "What brokers log.")
final class LogCommand extends NounCommand {
}

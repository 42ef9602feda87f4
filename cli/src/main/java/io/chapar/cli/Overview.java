package io.chapar.cli;

/// What `chapar` alone prints.
final class Overview {
    static final String TEXT = """
            Chapar, a transactional, exactly-once event platform that speaks Kafka's wire protocol.

            Begin
              chapar demo                    what exactly-once means, while processes are killed; a minute
              chapar broker                  a broker, until Ctrl-C
              chapar cluster start           three brokers that cover for one another

            Work
              chapar topic     create list describe offsets size alter delete
              chapar produce   lines of standard input become records of a topic
              chapar consume   records of a topic become lines
              chapar group     list describe reset delete
              chapar dlq       list show replay
              chapar config    describe explain diff set unset
              chapar log level list show set unset

            Find out
              chapar status                  what matters, on one screen
              chapar doctor                  what is wrong, and what to do
              chapar txn why TOPIC/PARTITION what readers of committed records wait for
              chapar txn       list describe why commit abort find-hanging
              chapar backup    create list verify restore
              chapar cluster   status describe brokers quorum reassign drain grow upgrade
              chapar simulate  clusters with faults on virtual time

            Help
              chapar cheat                   commands to copy
              chapar COMMAND --help          all of one command
              chapar completion SHELL        completion for bash, zsh and fish

            Commands talk to --bootstrap HOST:PORT, else to what CHAPAR_BOOTSTRAP says, else to the profile in use
            (chapar profile create use list show delete), else to 127.0.0.1:9092.
            """;

    private Overview() {
    }
}

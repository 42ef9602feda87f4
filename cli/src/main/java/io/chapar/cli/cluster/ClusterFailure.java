package io.chapar.cli.cluster;

/// What was asked of a cluster on this machine could not be done; the message says why, for the user.
public final class ClusterFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    ClusterFailure(String sentence) {
        super(sentence);
    }

    ClusterFailure(String sentence, Throwable cause) {
        super(sentence, cause);
    }
}

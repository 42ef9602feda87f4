package io.chapar.broker;

/// This broker was taken out of the metadata quorum, as somebody wished: it has done what it was there for, and nothing
/// starts it again but a person.
public final class RemovedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    RemovedException(String why) {
        super(why);
    }
}

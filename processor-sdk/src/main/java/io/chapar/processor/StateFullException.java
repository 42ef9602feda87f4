package io.chapar.processor;

/// There is no room for more state: a matter of the instance and of no record, so that no error policy applies.
final class StateFullException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    StateFullException(String message) {
        super(message);
    }
}

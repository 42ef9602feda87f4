package io.chapar.client.metadata;

/// What a coordinator coordinates; `id` is the key type in FindCoordinator.
public enum CoordinatorType {
    GROUP(0),
    TRANSACTION(1);

    private final byte id;

    CoordinatorType(int id) {
        this.id = (byte) id;
    }

    public byte id() {
        return id;
    }
}

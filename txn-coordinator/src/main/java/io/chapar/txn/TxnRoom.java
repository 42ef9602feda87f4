package io.chapar.txn;

/// Memory for what a coordinator keeps, which others may share. Bytes are estimates.
public interface TxnRoom {
    TxnRoom BOUNDLESS = new TxnRoom() {
        @Override
        public boolean grow(long bytes) {
            return true;
        }

        @Override
        public void holds(long bytes) {}
    };

    /// Takes so much more, or nothing where there is no room.
    boolean grow(long bytes);

    /// So much is kept now, whether there is room or not: what is committed is kept.
    void holds(long bytes);
}

package io.chapar.txn;

/// The limits of a producer epoch, which is 16 bits wide on the wire.
///
/// The highest value, 32767, is never given to a client: it is kept so that the holder of 32766 can still be fenced.
public final class ProducerEpochs {
    public static final short NONE = -1;
    /// The last epoch that a client may hold; whoever bumps it goes on with a new producer id at epoch 0.
    public static final short LAST_USABLE = Short.MAX_VALUE - 1;

    private ProducerEpochs() {}

    public static boolean isExhausted(short epoch) {
        return epoch >= LAST_USABLE;
    }

    /// The epoch that closes a transaction of this one. Damage aside nobody holds 32767, where it stays.
    static short closing(short epoch) {
        return epoch == Short.MAX_VALUE ? epoch : (short) (epoch + 1);
    }
}

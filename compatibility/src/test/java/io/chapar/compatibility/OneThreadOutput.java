package io.chapar.compatibility;

import java.io.IOException;
import java.io.OutputStream;

/// Takes what one thread prints; what others print meanwhile, clients that log among them, goes on to where it went
/// before.
final class OneThreadOutput extends OutputStream {
    private final Thread printing = Thread.currentThread();
    private final OutputStream taken;
    private final OutputStream others;

    /// For the thread that calls this.
    OneThreadOutput(OutputStream taken, OutputStream others) {
        this.taken = taken;
        this.others = others;
    }

    private OutputStream forCaller() {
        return Thread.currentThread().equals(printing) ? taken : others;
    }

    @Override
    public void write(int one) throws IOException {
        forCaller().write(one);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        forCaller().write(bytes, offset, length);
    }

    @Override
    public void flush() throws IOException {
        forCaller().flush();
    }
}

package io.chapar.broker.log.disk;

import java.io.IOException;

/// The machine stopped in the middle of this call, or before it. Nothing of it may be believed to have happened, nor
/// not to have happened.
public final class PowerLostException extends IOException {
    private static final long serialVersionUID = 1L;

    PowerLostException() {
        super("the power is gone");
    }
}

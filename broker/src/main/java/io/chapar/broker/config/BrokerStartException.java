package io.chapar.broker.config;

import org.jspecify.annotations.Nullable;

/// Why a broker cannot start. The message is one sentence for the person who started it.
public abstract sealed class BrokerStartException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private BrokerStartException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }

    /// A setting is unknown, or its value makes no sense.
    public static final class BadConfig extends BrokerStartException {
        private static final long serialVersionUID = 1L;

        public BadConfig(String message) {
            super(message, null);
        }
    }

    /// Somebody else listens there, or the address is not this machine's.
    public static final class AddressNotUsable extends BrokerStartException {
        private static final long serialVersionUID = 1L;

        public AddressNotUsable(String message, Throwable cause) {
            super(message, cause);
        }
    }

    /// The data folder cannot be made, read or written, or what is in it is damaged.
    public static final class FolderNotUsable extends BrokerStartException {
        private static final long serialVersionUID = 1L;

        public FolderNotUsable(String message, @Nullable Throwable cause) {
            super(message, cause);
        }
    }

    /// The data folder belongs to a broker of another number.
    public static final class FolderOfAnother extends BrokerStartException {
        private static final long serialVersionUID = 1L;

        public FolderOfAnother(String message) {
            super(message, null);
        }
    }

    /// The cluster does not take this broker in.
    public static final class ClusterNotJoined extends BrokerStartException {
        private static final long serialVersionUID = 1L;

        public ClusterNotJoined(String message, Throwable cause) {
            super(message, cause);
        }
    }

    /// Another broker runs on the data folder.
    public static final class FolderLocked extends BrokerStartException {
        private static final long serialVersionUID = 1L;

        public FolderLocked(String message) {
            super(message, null);
        }
    }
}

package io.chapar.broker.config;

/// What whoever reaches the console may do.
public enum ConsoleAccess {
    OFF,
    READ,
    WRITE;

    /// Of a broker with these settings.
    public static ConsoleAccess of(BrokerConfig config) {
        HostPort at = config.metricsListener();
        return at == null ? OFF : switch (config.value("console.access")) {
            case "off" -> OFF;
            case "read" -> READ;
            case "write" -> WRITE;
            default -> at.isThisMachineAlone() ? READ : OFF;
        };
    }
}

package io.chapar.broker.telemetry;

import java.util.UUID;

/// What a client says of itself, where subscriptions choose by it.
public record ClientIdentity(
        UUID instance, String clientId, String software, String softwareVersion, String address) {
    /// Longer ones are looked at this far.
    private static final int MOST_CHARS = 256;

    public ClientIdentity {
        clientId = cut(clientId);
        software = cut(software);
        softwareVersion = cut(softwareVersion);
    }

    private static String cut(String text) {
        return text.length() <= MOST_CHARS ? text : text.substring(0, MOST_CHARS);
    }

    /// @param what as a subscription names it
    String of(String what) {
        return switch (what) {
            case "client_instance_id" -> instance.toString();
            case "client_id" -> clientId;
            case "client_software_name" -> software;
            case "client_software_version" -> softwareVersion;
            case "client_source_address" -> address;
            default -> "";
        };
    }
}

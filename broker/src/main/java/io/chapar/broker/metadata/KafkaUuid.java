package io.chapar.broker.metadata;

import java.nio.ByteBuffer;
import java.util.Base64;
import java.util.UUID;

/// Ids as Kafka's tools show them: 16 bytes in URL-safe base 64 without padding, 22 characters.
public final class KafkaUuid {
    public static final UUID ZERO = new UUID(0, 0);

    private KafkaUuid() {}

    public static String text(UUID id) {
        byte[] bytes = ByteBuffer.allocate(16)
                .putLong(id.getMostSignificantBits())
                .putLong(id.getLeastSignificantBits())
                .array();
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }
}

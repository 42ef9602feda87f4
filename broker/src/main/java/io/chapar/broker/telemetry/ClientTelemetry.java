package io.chapar.broker.telemetry;

import io.chapar.broker.metadata.ClusterSettings;
import io.chapar.broker.telemetry.Subscriptions.Wanted;
import io.chapar.protocol.ErrorCode;
import org.jspecify.annotations.Nullable;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.random.RandomGenerator;

/// The clients of one loop that push metrics of themselves (KIP-714): what each is asked for, and whether what it
/// pushes is that. On its loop; who is forgotten asks once more for what it is to push.
public final class ClientTelemetry {
    /// Those that were heard of last.
    static final int MOST_CLIENTS = 1_000;
    private static final UUID NOBODY = new UUID(0, 0);
    private static final List<Byte> CODECS = List.of((byte) 4, (byte) 3, (byte) 1, (byte) 2);
    private static final byte UNCOMPRESSED = 0;

    private final int maxBytes;
    private final RandomGenerator random;
    private final Map<UUID, Client> clients = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<UUID, Client> eldest) {
            return size() > MOST_CLIENTS;
        }
    };
    private ClusterSettings seen = ClusterSettings.NONE;
    private Subscriptions subscriptions = new Subscriptions(ClusterSettings.NONE);

    /// @param nextPushMs before it comes too soon
    /// @param ended it has said that it pushes no more
    private record Client(int subscription, int intervalMs, long nextPushMs, boolean ended) {}

    /// @param codecs by which pushes may be compressed, the best first
    public record Subscribed(
            UUID instance, int subscription, List<Byte> codecs, int intervalMs, int maxBytes, List<String> metrics) {}

    /// One push, or the last one.
    public record Push(UUID instance, int subscription, boolean last, byte codec, int bytes) {}

    public ClientTelemetry(int maxBytes, RandomGenerator random) {
        this.maxBytes = maxBytes;
        this.random = random;
    }

    /// What the client is to push; who has no instance id yet is given one.
    public Subscribed subscribe(ClientIdentity client, ClusterSettings settings, long nowMs) {
        ClientIdentity known = client.instance().equals(NOBODY)
                ? new ClientIdentity(freshId(), client.clientId(), client.software(), client.softwareVersion(),
                        client.address())
                : client;
        Wanted wanted = wanted(known, settings);
        clients.put(known.instance(), new Client(wanted.id(), wanted.intervalMs(), nowMs, false));
        return new Subscribed(
                known.instance(), wanted.id(), CODECS, wanted.intervalMs(), maxBytes, wanted.metrics());
    }

    private Wanted wanted(ClientIdentity client, ClusterSettings settings) {
        if (!seen.isConfiguredAs(settings)) {
            subscriptions = new Subscriptions(settings);
            seen = settings;
        }
        return subscriptions.of(client);
    }

    /// Whether the push is taken.
    public ErrorCode push(Push push, ClientIdentity client, ClusterSettings settings, long nowMs) {
        Client known = push.instance().equals(NOBODY) ? null : clients.get(push.instance());
        ErrorCode error = refusal(push, known, client, settings, nowMs);
        if (known != null && error == ErrorCode.NONE) {
            clients.put(push.instance(), new Client(
                    known.subscription(), known.intervalMs(), nowMs + known.intervalMs(), push.last()));
        }
        return error;
    }

    private ErrorCode refusal(
            Push push, @Nullable Client known, ClientIdentity client, ClusterSettings settings, long nowMs) {
        if (push.instance().equals(NOBODY) || (known != null && known.ended())) {
            return ErrorCode.INVALID_REQUEST;
        }
        if (known == null || push.subscription() != known.subscription()
                || wanted(client, settings).id() != known.subscription()) {
            return ErrorCode.UNKNOWN_SUBSCRIPTION_ID;
        }
        if (!push.last() && nowMs < known.nextPushMs()) {
            return ErrorCode.THROTTLING_QUOTA_EXCEEDED;
        }
        if (push.codec() != UNCOMPRESSED && !CODECS.contains(push.codec())) {
            return ErrorCode.UNSUPPORTED_COMPRESSION_TYPE;
        }
        return push.bytes() <= maxBytes ? ErrorCode.NONE : ErrorCode.TELEMETRY_TOO_LARGE;
    }

    /// A random id of version 4, which is never nobody's.
    private UUID freshId() {
        long high = (random.nextLong() & ~0xF000L) | 0x4000L;
        long low = (random.nextLong() & 0x3FFF_FFFF_FFFF_FFFFL) | 0x8000_0000_0000_0000L;
        return new UUID(high, low);
    }

    int clients() {
        return clients.size();
    }
}

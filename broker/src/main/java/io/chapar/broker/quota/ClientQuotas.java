package io.chapar.broker.quota;

import io.chapar.broker.metadata.ClusterSettings;
import io.chapar.broker.metadata.QuotaEntity;
import io.chapar.broker.metadata.Quotas;
import org.jspecify.annotations.Nullable;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/// How long clients wait who used more of this broker than their quotas give. The most special quota holds, in Kafka's
/// order: user and client id, before user, before client id; and what is named before what is said of all. From any
/// thread: clients' connections are on all loops.
public final class ClientQuotas {
    /// Whose use is kept. Beyond that the newcomers use one quota together.
    static final int MOST_CLIENTS = 10_000;
    /// Of a client id of its own. Longer ones can have no quota by name, and use that of all others together.
    static final int MOST_ID_CHARS = 255;
    private static final long SWEEP_NS = TimeUnit.SECONDS.toNanos(1);
    private static final String USER = "User:";

    private final Supplier<ClusterSettings> settings;
    private final long atOnceNs;
    private final Map<Client, ByteRate> rates = new ConcurrentHashMap<>();
    private final AtomicLong sweptNs = new AtomicLong(Long.MIN_VALUE);

    /// @param quota its name
    /// @param user null where the quota is for client ids alone
    /// @param clientId null where it is for users alone
    private record Client(String quota, @Nullable String user, @Nullable String clientId) {}

    private record Held(double perSecond, Client by) {}

    /// @param atOnceSeconds for how long a quota may be used ahead
    public ClientQuotas(Supplier<ClusterSettings> settings, long atOnceSeconds) {
        this.settings = settings;
        this.atOnceNs = TimeUnit.SECONDS.toNanos(atOnceSeconds);
    }

    /// Whether anybody has one: where nobody does, nothing is counted.
    public boolean areThere() {
        return !settings.get().quotas().isEmpty();
    }

    /// What the client may read or write at once where it is not behind; at least 1.
    public long mostAtOnce(String quota, String principal, String clientId) {
        Held held = held(quota, principal, clientId);
        return held == null ? Long.MAX_VALUE
                : (long) Math.max(1, held.perSecond() * atOnceNs / TimeUnit.SECONDS.toNanos(1));
    }

    /// Counts what the client used.
    ///
    /// @return how many milliseconds it has to wait; 0 where it is within its quota, or has none
    public int use(String quota, String principal, String clientId, long bytes, long nowNs) {
        Held held = held(quota, principal, clientId);
        if (held == null) {
            return 0;
        }
        long waitNs = rate(held.by(), nowNs).use(bytes, held.perSecond(), atOnceNs, nowNs);
        return (int) TimeUnit.NANOSECONDS.toMillis(waitNs);
    }

    private ByteRate rate(Client client, long nowNs) {
        ByteRate known = rates.get(client);
        if (known != null) {
            return known;
        }
        if (rates.size() >= MOST_CLIENTS) {
            sweep(nowNs);
        }
        boolean isKept = rates.size() < MOST_CLIENTS
                && (client.clientId() == null || client.clientId().length() <= MOST_ID_CHARS);
        Client counted = isKept ? client : new Client(client.quota(), null, null);
        return rates.computeIfAbsent(counted, _ -> new ByteRate(nowNs));
    }

    /// Forgets who is not behind, once in a while.
    private void sweep(long nowNs) {
        long last = sweptNs.get();
        if ((last == Long.MIN_VALUE || nowNs - last >= SWEEP_NS) && sweptNs.compareAndSet(last, nowNs)) {
            rates.values().removeIf(rate -> rate.isPaid(nowNs));
        }
    }

    int clients() {
        return rates.size();
    }

    private @Nullable Held held(String quota, String principal, String clientId) {
        ClusterSettings now = settings.get();
        String user = principal.startsWith(USER) ? principal.substring(USER.length()) : principal;
        String all = QuotaEntity.DEFAULT;
        Client both = new Client(quota, user, clientId);
        Client byUser = new Client(quota, user, null);
        Client byId = new Client(quota, null, clientId);
        for (Rule rule : List.of(
                new Rule(user, clientId, both), new Rule(user, all, both), new Rule(user, null, byUser),
                new Rule(all, clientId, both), new Rule(all, all, both), new Rule(all, null, byUser),
                new Rule(null, clientId, byId), new Rule(null, all, byId))) {
            Double perSecond = now.of(new QuotaEntity(rule.user(), rule.clientId(), null)).get(quota);
            if (perSecond != null) {
                return new Held(perSecond, rule.counts());
            }
        }
        return null;
    }

    /// @param counts who uses the quota together
    private record Rule(@Nullable String user, @Nullable String clientId, Client counts) {}

    /// Of what clients write.
    public int written(String principal, String clientId, long bytes, long nowNs) {
        return use(Quotas.PRODUCED, principal, clientId, bytes, nowNs);
    }

    /// Of what clients read.
    public int read(String principal, String clientId, long bytes, long nowNs) {
        return use(Quotas.CONSUMED, principal, clientId, bytes, nowNs);
    }
}

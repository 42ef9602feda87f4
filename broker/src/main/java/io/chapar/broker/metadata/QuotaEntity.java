package io.chapar.broker.metadata;

import org.jspecify.annotations.Nullable;

import java.util.Comparator;

/// Whom a quota is for. Of each part: null where it does not matter, [#DEFAULT] for all that have none of their own,
/// else a name.
public record QuotaEntity(@Nullable String user, @Nullable String clientId, @Nullable String ip)
        implements Comparable<QuotaEntity> {
    public static final String DEFAULT = "";

    private static final Comparator<@Nullable String> PART = Comparator.nullsFirst(Comparator.naturalOrder());
    private static final Comparator<QuotaEntity> ORDER = Comparator.comparing(QuotaEntity::user, PART)
            .thenComparing(QuotaEntity::clientId, PART).thenComparing(QuotaEntity::ip, PART);

    public static QuotaEntity ofClient(String clientId) {
        return new QuotaEntity(null, clientId, null);
    }

    @Override
    public int compareTo(QuotaEntity other) {
        return ORDER.compare(this, other);
    }
}

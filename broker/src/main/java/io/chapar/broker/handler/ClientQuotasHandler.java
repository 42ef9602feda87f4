package io.chapar.broker.handler;

import io.chapar.broker.metadata.MetadataCommand.AlterQuotas;
import io.chapar.broker.metadata.MetadataCommand.Outcome;
import io.chapar.broker.metadata.MetadataCommand.QuotaWish;
import io.chapar.broker.metadata.MetadataLog;
import io.chapar.broker.metadata.MetadataLog.Committed;
import io.chapar.broker.metadata.MetadataLog.NotCommitted;
import io.chapar.broker.metadata.QuotaEntity;
import io.chapar.broker.request.RequestContext;
import io.chapar.broker.runtime.Slices;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.AlterClientQuotasRequest;
import io.chapar.protocol.message.AlterClientQuotasRequest.OpData;
import io.chapar.protocol.message.AlterClientQuotasResponse;
import io.chapar.protocol.message.DescribeClientQuotasRequest;
import io.chapar.protocol.message.DescribeClientQuotasRequest.ComponentData;
import io.chapar.protocol.message.DescribeClientQuotasResponse;
import io.chapar.protocol.message.DescribeClientQuotasResponse.EntityData;
import io.chapar.protocol.message.DescribeClientQuotasResponse.EntryData;
import io.chapar.protocol.message.DescribeClientQuotasResponse.ValueData;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.SortedMap;
import java.util.TreeMap;

/// What clients may use of each broker: DescribeClientQuotas and AlterClientQuotas, both in versions 0-1, which are
/// alike.
final class ClientQuotasHandler {
    private static final String USER = "user";
    private static final String CLIENT_ID = "client-id";
    private static final String IP = "ip";
    private static final List<String> TYPES = List.of(USER, CLIENT_ID, IP);
    private static final int EXACT = 0;
    private static final int DEFAULT = 1;
    private static final int ANY = 2;
    private static final int OF_ENTRY = 8;
    /// By one command.
    private static final int ENTRIES_AT_ONCE = 100;
    /// Of one entry: more than there are quotas.
    private static final int MOST_OPS = 100;

    private final LocalBroker node;

    ClientQuotasHandler(LocalBroker node) {
        this.node = node;
    }

    // ---- describe

    void handle(DescribeClientQuotasRequest request, RequestContext context) {
        // Of each type, what is wanted: a name, DEFAULT, or null for anything.
        Map<String, @Nullable String> wanted = new LinkedHashMap<>();
        for (ComponentData one : request.components()) {
            String problem = problem(one, wanted);
            if (problem != null) {
                context.reply(DescribeClientQuotasResponse.builder()
                        .errorCode(ErrorCode.INVALID_REQUEST.code()).errorMessage(problem).entries(null).build());
                return;
            }
            wanted.put(one.entityType(), switch (one.matchType()) {
                case EXACT -> one.match();
                case DEFAULT -> QuotaEntity.DEFAULT;
                default -> null;
            });
        }
        List<EntryData> entries = new ArrayList<>();
        Map<QuotaEntity, SortedMap<String, Double>> all = node.image().settings().quotas();
        context.afford((long) OF_ENTRY * all.size(), () -> Slices.each(context.loop(), all.entrySet(),
                one -> {
                    SequencedMap<String, String> parts = parts(one.getKey());
                    if (matches(parts, wanted, request.strict())) {
                        entries.add(entry(parts, one.getValue()));
                    }
                },
                () -> context.reply(DescribeClientQuotasResponse.builder().entries(entries).build())));
    }

    private static @Nullable String problem(ComponentData one, Map<String, @Nullable String> before) {
        String type = one.entityType();
        if (!TYPES.contains(type)) {
            return "There are no quotas for '" + type + "', but for " + String.join(", ", TYPES) + ".";
        }
        if (before.containsKey(type)) {
            return "'" + type + "' is asked for twice.";
        }
        boolean isNamed = one.match() != null && !one.match().isEmpty();
        return switch (one.matchType()) {
            case EXACT -> isNamed ? null : "An exact match needs a name.";
            case DEFAULT, ANY -> one.match() == null ? null : "A name goes with an exact match alone.";
            default -> "Unknown kind " + one.matchType() + " of a match.";
        };
    }

    private static boolean matches(Map<String, String> parts, Map<String, @Nullable String> wanted, boolean strict) {
        for (Map.Entry<String, @Nullable String> one : wanted.entrySet()) {
            String part = parts.get(one.getKey());
            if (part == null || (one.getValue() != null && !part.equals(one.getValue()))) {
                return false;
            }
        }
        return !strict || wanted.isEmpty() || parts.size() == wanted.size();
    }

    private static SequencedMap<String, String> parts(QuotaEntity entity) {
        SequencedMap<String, String> parts = new LinkedHashMap<>();
        if (entity.user() != null) {
            parts.put(USER, entity.user());
        }
        if (entity.clientId() != null) {
            parts.put(CLIENT_ID, entity.clientId());
        }
        if (entity.ip() != null) {
            parts.put(IP, entity.ip());
        }
        return parts;
    }

    private static @Nullable String told(String part) {
        return part.equals(QuotaEntity.DEFAULT) ? null : part;
    }

    private static EntryData entry(SequencedMap<String, String> parts, SortedMap<String, Double> quotas) {
        List<EntityData> entity = new ArrayList<>();
        parts.forEach((type, name) -> entity.add(new EntityData(type, told(name))));
        List<ValueData> values = new ArrayList<>();
        quotas.forEach((name, value) -> values.add(new ValueData(name, value)));
        return new EntryData(entity, values);
    }

    // ---- alter

    /// @param wish null when it is refused
    private record Entry(AlterClientQuotasRequest.EntryData asked, @Nullable QuotaWish wish, @Nullable String problem) {
    }

    void handle(AlterClientQuotasRequest request, RequestContext context) {
        List<Entry> entries = new ArrayList<>();
        Slices.each(context.loop(), request.entries(), entry -> 1 + entry.ops().size(),
                entry -> entries.add(read(entry)),
                () -> alter(entries, request.validateOnly(), context));
    }

    private void alter(List<Entry> entries, boolean validateOnly, RequestContext context) {
        long deadlineMs = context.nowMs() + MetadataLog.TIMEOUT_MS;
        List<AlterClientQuotasResponse.EntryData> answers = new ArrayList<>();
        Slices.inTurn(context.loop(), Slices.chunks(entries, ENTRIES_AT_ONCE), _ -> Slices.COST_PER_TURN,
                (some, next) -> {
                    List<QuotaWish> wishes = some.stream().map(Entry::wish).filter(wish -> wish != null).toList();
                    node.metadata().propose(new AlterQuotas(wishes, validateOnly), deadlineMs, context.loop(),
                            proposed -> {
                                answer(some, switch (proposed) {
                                    case Committed<List<Outcome>> c -> c.result();
                                    case NotCommitted<List<Outcome>> u -> wishes.stream()
                                            .map(_ -> new Outcome(u.error(), u.reason())).toList();
                                }, answers);
                                next.run();
                            });
                },
                () -> context.reply(AlterClientQuotasResponse.builder().entries(answers).build()));
    }

    private static void answer(
            List<Entry> entries, List<Outcome> outcomes, List<AlterClientQuotasResponse.EntryData> answers) {
        int next = 0;
        for (Entry entry : entries) {
            Outcome outcome = entry.wish() == null
                    ? new Outcome(ErrorCode.INVALID_REQUEST, entry.problem()) : outcomes.get(next++);
            answers.add(new AlterClientQuotasResponse.EntryData(
                    outcome.error().code(), outcome.message(), entry.asked().entity().stream()
                            .map(part -> new AlterClientQuotasResponse.EntityData(part.entityType(), part.entityName()))
                            .toList()));
        }
    }

    private static Entry read(AlterClientQuotasRequest.EntryData asked) {
        Map<String, String> parts = new LinkedHashMap<>();
        String problem = asked.ops().size() > MOST_OPS ? "At most " + MOST_OPS + " quotas are changed together." : null;
        for (AlterClientQuotasRequest.EntityData part : asked.entity()) {
            String name = part.entityName() == null ? QuotaEntity.DEFAULT : part.entityName();
            if (!TYPES.contains(part.entityType())) {
                problem = "There are no quotas for '" + part.entityType() + "', but for " + String.join(", ", TYPES)
                        + ".";
            } else if (part.entityName() != null && part.entityName().isEmpty()) {
                problem = "A name is not empty; none at all stands for all that have no quota of their own.";
            } else if (parts.put(part.entityType(), name) != null) {
                problem = "'" + part.entityType() + "' is named twice.";
            }
        }
        SortedMap<String, @Nullable Double> changes = new TreeMap<>();
        for (OpData op : problem == null ? asked.ops() : List.<OpData>of()) {
            if (changes.containsKey(op.key())) {
                problem = "'" + op.key() + "' is changed twice.";
            }
            changes.put(op.key(), op.remove() ? null : op.value());
        }
        QuotaEntity entity = new QuotaEntity(parts.get(USER), parts.get(CLIENT_ID), parts.get(IP));
        return new Entry(asked, problem == null ? new QuotaWish(entity, changes) : null, problem);
    }
}

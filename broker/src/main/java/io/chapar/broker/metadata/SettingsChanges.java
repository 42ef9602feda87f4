package io.chapar.broker.metadata;

import io.chapar.broker.metadata.ControllerCore.Decision;
import io.chapar.broker.metadata.MetadataCommand.AlterQuotas;
import io.chapar.broker.metadata.MetadataCommand.Configure;
import io.chapar.broker.metadata.MetadataCommand.FeatureWish;
import io.chapar.broker.metadata.MetadataCommand.FinalizeFeatures;
import io.chapar.broker.metadata.MetadataCommand.Outcome;
import io.chapar.broker.metadata.MetadataCommand.QuotaWish;
import io.chapar.protocol.ErrorCode;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/// Decides about settings of brokers, groups and clients' metrics, about quotas, and about features. Pure.
final class SettingsChanges {
    /// Of owners of settings, and of entities with quotas: every broker keeps all of them in memory.
    static final int MOST_OWNERS = 10_000;
    static final int MOST_NAME_CHARS = 249;
    /// To clients' metrics: each client is held against the patterns of all of them.
    static final int MOST_SUBSCRIPTIONS = 100;
    /// Brokers in one sentence.
    private static final int MOST_NAMED = 10;
    private static final String TOO_MANY = "There are " + MOST_OWNERS + " already, and no more are kept.";

    private final TopicRules rules;
    private final SettingsEffects effects;

    SettingsChanges(TopicRules rules) {
        this.rules = rules;
        effects = new SettingsEffects(rules);
    }

    Decision<Outcome> decide(Configure command, ClusterImage image) {
        ConfigOwner owner = command.owner();
        if (isOfNobody(owner, image)) {
            return refuse(ErrorCode.BROKER_ID_NOT_REGISTERED, "There is no broker " + owner.name() + ".");
        }
        SortedMap<String, String> before = image.settings().of(owner);
        SortedMap<String, String> after = ClusterSettings.changed(before, command.changes(), command.replace());
        String problem = ControllerCore.lengthProblem(after);
        if (problem == null) {
            problem = rules.problem(owner, after);
        }
        if (problem != null) {
            return refuse(ErrorCode.INVALID_CONFIG, problem);
        }
        if (owner.name().length() > MOST_NAME_CHARS) {
            return refuse(ErrorCode.INVALID_REQUEST, "A name has at most " + MOST_NAME_CHARS + " characters.");
        }
        if (before.isEmpty() && !after.isEmpty()) {
            if (image.settings().configs().size() >= MOST_OWNERS) {
                return refuse(ErrorCode.POLICY_VIOLATION, TOO_MANY);
            }
            if (owner.kind() == ConfigOwner.Kind.CLIENT_METRICS && subscriptions(image) >= MOST_SUBSCRIPTIONS) {
                return refuse(ErrorCode.POLICY_VIOLATION, "There are " + MOST_SUBSCRIPTIONS
                        + " subscriptions to clients' metrics already, and no more are kept.");
            }
        }
        String full = new SettingsRoom(image).take(after, before);
        if (full != null) {
            return refuse(ErrorCode.POLICY_VIOLATION, full);
        }
        return new Decision<>(
                command.validateOnly() || after.equals(before) ? List.of()
                        : effects.with(new MetadataRecord.Configured(owner, after), image),
                Outcome.DONE);
    }

    /// Who asked may have seen a broker that was removed since. What is said of it is not for the next of its number.
    private static boolean isOfNobody(ConfigOwner owner, ClusterImage image) {
        return owner.kind() == ConfigOwner.Kind.BROKER && !owner.equals(ConfigOwner.allBrokers())
                && image.brokers().keySet().stream().map(ConfigOwner::broker).noneMatch(owner::equals);
    }

    private static long subscriptions(ClusterImage image) {
        return image.settings().configs().keySet().stream()
                .filter(owner -> owner.kind() == ConfigOwner.Kind.CLIENT_METRICS).count();
    }

    private static Decision<Outcome> refuse(ErrorCode error, String message) {
        return new Decision<>(List.of(), new Outcome(error, message));
    }

    Decision<List<Outcome>> decide(AlterQuotas command, ClusterImage image) {
        List<MetadataRecord> records = new ArrayList<>();
        List<Outcome> outcomes = new ArrayList<>();
        Map<QuotaEntity, SortedMap<String, Double>> altered = new TreeMap<>();
        int entities = image.settings().quotas().size();
        for (QuotaWish wish : command.wishes()) {
            SortedMap<String, Double> before =
                    altered.getOrDefault(wish.entity(), image.settings().of(wish.entity()));
            SortedMap<String, Double> after = ClusterSettings.changed(before, wish.changes(), false);
            String problem = problem(wish, before.isEmpty() && !after.isEmpty(), entities);
            if (problem != null) {
                outcomes.add(new Outcome(ErrorCode.INVALID_REQUEST, problem));
                continue;
            }
            entities += (after.isEmpty() ? 0 : 1) - (before.isEmpty() ? 0 : 1);
            altered.put(wish.entity(), after);
            if (!command.validateOnly() && !after.equals(before)) {
                records.add(new MetadataRecord.QuotasSet(wish.entity(), after));
            }
            outcomes.add(Outcome.DONE);
        }
        return new Decision<>(records, outcomes);
    }

    private static @Nullable String problem(QuotaWish wish, boolean isNew, int entities) {
        String problem = Quotas.problem(wish.entity());
        if (problem == null && isNew && entities >= MOST_OWNERS) {
            problem = TOO_MANY;
        }
        for (var change : wish.changes().entrySet()) {
            if (problem == null) {
                problem = Quotas.problem(wish.entity(), change.getKey(), change.getValue());
            }
        }
        return problem;
    }

    /// All of them or none, as at Kafka.
    Decision<List<Outcome>> decide(FinalizeFeatures command, ClusterImage image) {
        List<MetadataRecord> records = new ArrayList<>();
        List<Outcome> outcomes = new ArrayList<>();
        boolean refused = false;
        for (FeatureWish wish : command.wishes()) {
            int before = image.features().getOrDefault(wish.name(), (short) 0);
            if (wish.isDowngrade() ? wish.level() > before : wish.level() < before) {
                outcomes.add(new Outcome(ErrorCode.INVALID_UPDATE_VERSION, "Feature " + wish.name() + " is at level "
                        + before + ", and " + (wish.isDowngrade() ? "a downgrade" : "an upgrade")
                        + " cannot take it to " + wish.level() + "."));
                refused = true;
                continue;
            }
            String cannot = whoCannot(wish, image);
            if (cannot != null) {
                outcomes.add(new Outcome(ErrorCode.INVALID_UPDATE_VERSION, cannot));
                refused = true;
                continue;
            }
            if (wish.level() != before) {
                records.add(new MetadataRecord.FeatureFinalized(wish.name(), wish.level()));
            }
            outcomes.add(Outcome.DONE);
        }
        return new Decision<>(refused || command.validateOnly() ? List.of() : records, outcomes);
    }

    /// Brokers out of session count as well: they may come back as they are.
    private static @Nullable String whoCannot(FeatureWish wish, ClusterImage image) {
        List<String> cannot = new ArrayList<>();
        for (BrokerImage broker : image.brokers().values()) {
            FeatureRange range = FeatureRange.of(broker.registration(), wish.name());
            if (!range.has(wish.level()) && cannot.size() < MOST_NAMED) {
                cannot.add("broker " + broker.id() + " can do " + range);
            }
        }
        return cannot.isEmpty() ? null : "Feature " + wish.name() + " cannot be at level " + wish.level() + ": "
                + String.join(", ", cannot) + ".";
    }
}

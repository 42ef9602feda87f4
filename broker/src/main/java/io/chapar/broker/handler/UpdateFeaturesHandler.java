package io.chapar.broker.handler;

import io.chapar.broker.metadata.MetadataCommand.FeatureWish;
import io.chapar.broker.metadata.MetadataCommand.FinalizeFeatures;
import io.chapar.broker.metadata.MetadataCommand.Outcome;
import io.chapar.broker.metadata.MetadataLog.Committed;
import io.chapar.broker.metadata.MetadataLog.NotCommitted;
import io.chapar.broker.request.RequestContext;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.UpdateFeaturesRequest;
import io.chapar.protocol.message.UpdateFeaturesRequest.FeatureUpdateKey;
import io.chapar.protocol.message.UpdateFeaturesResponse;
import io.chapar.protocol.message.UpdateFeaturesResponse.UpdatableFeatureResult;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/// Changes the levels of features, of all that are named or of none. Versions 0-2: v1 tells upgrades from downgrades,
/// v2 has one error for all.
final class UpdateFeaturesHandler {
    private static final int ONE_ERROR_SINCE = 2;
    private static final int MOST_FEATURES = 100;
    private static final byte UPGRADE = 1;
    private static final byte UNSAFE_DOWNGRADE = 3;

    private final LocalBroker node;

    UpdateFeaturesHandler(LocalBroker node) {
        this.node = node;
    }

    void handle(UpdateFeaturesRequest request, RequestContext context) {
        if (request.featureUpdates().size() > MOST_FEATURES) {
            context.reply(UpdateFeaturesResponse.builder().errorCode(ErrorCode.INVALID_REQUEST.code())
                    .errorMessage("At most " + MOST_FEATURES + " features are changed together.").build());
            return;
        }
        List<Outcome> outcomes = new ArrayList<>();
        List<FeatureWish> wishes = new ArrayList<>();
        Set<String> names = new LinkedHashSet<>();
        for (FeatureUpdateKey update : request.featureUpdates()) {
            String problem = names.add(update.feature()) ? problem(update, context.apiVersion())
                    : "Feature " + update.feature() + " is named twice.";
            outcomes.add(problem == null ? Outcome.DONE : new Outcome(ErrorCode.INVALID_UPDATE_VERSION, problem));
            wishes.add(new FeatureWish(update.feature(), update.maxVersionLevel(), isDowngrade(update, context)));
        }
        if (outcomes.stream().anyMatch(outcome -> outcome.error() != ErrorCode.NONE)) {
            answer(request, outcomes, context);
            return;
        }
        node.metadata().propose(
                new FinalizeFeatures(wishes, request.validateOnly()), context.deadlineMs(request.timeoutMs()),
                context.loop(), proposed -> {
                    switch (proposed) {
                        case Committed<List<Outcome>> c -> answer(request, c.result(), context);
                        case NotCommitted<List<Outcome>> u -> context.reply(UpdateFeaturesResponse.builder()
                                .errorCode(u.error().code()).errorMessage(u.reason()).build());
                    }
                });
    }

    private static boolean isDowngrade(FeatureUpdateKey update, RequestContext context) {
        return context.apiVersion() == 0 ? update.allowDowngrade() : update.upgradeType() != UPGRADE;
    }

    /// Level 0 ends a feature, where the feature has no other lowest level.
    private static @Nullable String problem(FeatureUpdateKey update, short version) {
        if (version > 0 && (update.upgradeType() < UPGRADE || update.upgradeType() > UNSAFE_DOWNGRADE)) {
            return "Feature " + update.feature() + " is changed in an unknown way, " + update.upgradeType() + ".";
        }
        for (Features.Feature feature : Features.all()) {
            if (feature.name().equals(update.feature())) {
                return update.maxVersionLevel() >= feature.lowest() && update.maxVersionLevel() <= feature.highest()
                        ? null : "Feature " + feature.name() + " can have the levels " + feature.lowest() + " to "
                                + feature.highest() + ", and not " + update.maxVersionLevel() + ".";
            }
        }
        return "Feature " + update.feature() + " is not known to this broker.";
    }

    private static void answer(UpdateFeaturesRequest request, List<Outcome> outcomes, RequestContext context) {
        Outcome first = outcomes.stream().filter(outcome -> outcome.error() != ErrorCode.NONE).findFirst()
                .orElse(Outcome.DONE);
        if (context.apiVersion() >= ONE_ERROR_SINCE) {
            context.reply(UpdateFeaturesResponse.builder()
                    .errorCode(first.error().code()).errorMessage(first.message()).build());
            return;
        }
        List<UpdatableFeatureResult> results = new ArrayList<>();
        for (int i = 0; i < outcomes.size(); i++) {
            Outcome outcome = outcomes.get(i);
            Outcome told = outcome.error() == ErrorCode.NONE && first.error() != ErrorCode.NONE
                    ? new Outcome(ErrorCode.INVALID_UPDATE_VERSION, "Another feature cannot be changed.") : outcome;
            results.add(new UpdatableFeatureResult(
                    request.featureUpdates().get(i).feature(), told.error().code(), told.message()));
        }
        context.reply(UpdateFeaturesResponse.builder().results(results).build());
    }
}

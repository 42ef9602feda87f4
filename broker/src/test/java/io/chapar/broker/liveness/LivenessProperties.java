package io.chapar.broker.liveness;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;

/// Brokers report to controllers that change, over a network that loses and delays, and their processes stand still,
/// die and come back.
class LivenessProperties {
    @Property(tries = 60, shrinking = ShrinkingMode.OFF)
    void whoLivesServesAndWhoDoesNotIsFencedInTime(@ForAll long seed) {
        LivenessModel model = new LivenessModel(seed);
        model.trouble(40);
        model.everybodyServesSoon();
        model.aControllerThatStandsStillFencesNobody();
        model.wordsOfTheDeadHurtNobody();
        model.whoFallsSilentIsFencedInTime();
    }
}

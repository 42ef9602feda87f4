package io.chapar.broker.group.consumer;

import io.chapar.broker.group.consumer.Standing.Owned;
import io.chapar.broker.group.consumer.Standing.Phase;
import org.jspecify.annotations.Nullable;

import java.util.List;
import java.util.UUID;
import java.util.function.Predicate;

/// The next step of a member towards its target.
///
/// @param wanted what the group wants it to have
/// @param targetEpoch of `wanted`
/// @param subscribed whether the member still wants the topic at all; what it does not is to be given up without
///        waiting for a new target
/// @param owners who has what now
record Reconciliation(
        String memberId, PartitionSet wanted, int targetEpoch, Predicate<UUID> subscribed, PartitionOwners owners) {

    /// @param owned what the member says it owns; null when it does not say
    /// @return where it stands from now on, the same when nothing changes
    Standing next(Standing now, @Nullable List<Owned> owned) {
        return switch (now.phase()) {
            case STABLE -> now.epoch() != targetEpoch || hasUnwanted(now.assigned())
                    ? towards(now, now.epoch(), owned) : now;
            case UNREVOKED -> owned == null || now.ownsOfRevoking(owned)
                    ? withUnwanted(now)
                    : towards(new Standing(now.epoch(), now.previousEpoch(), Phase.STABLE, now.assigned(),
                            HeldPartitions.NONE), now.epoch() + 1, owned);
            case UNRELEASED -> towards(now, now.epoch(), owned);
        };
    }

    private boolean hasUnwanted(HeldPartitions held) {
        return held.byTopic().keySet().stream().anyMatch(topic -> !subscribed.test(topic));
    }

    /// A member that is giving up partitions has unsubscribed from more.
    private Standing withUnwanted(Standing now) {
        if (!hasUnwanted(now.assigned())) {
            return now;
        }
        HeldPartitions.Builder kept = new HeldPartitions.Builder();
        HeldPartitions.Builder revoked = new HeldPartitions.Builder().addAll(now.revoking());
        now.assigned().each((topic, partition, since) ->
                (subscribed.test(topic) ? kept : revoked).add(topic, partition, since));
        return new Standing(now.epoch(), now.previousEpoch(), Phase.UNREVOKED, kept.build(), revoked.build());
    }

    /// @param epoch of the member while it gives up partitions
    private Standing towards(Standing now, int epoch, @Nullable List<Owned> owned) {
        HeldPartitions.Builder keeping = new HeldPartitions.Builder();
        HeldPartitions.Builder revoking = new HeldPartitions.Builder();
        now.assigned().each((topic, partition, since) ->
                (isWanted(topic, partition) ? keeping : revoking).add(topic, partition, since));
        HeldPartitions kept = keeping.build();
        HeldPartitions revoked = revoking.build();
        if (!revoked.isEmpty() && (owned == null || ownsAny(owned, revoked))) {
            return new Standing(epoch, previous(now, epoch), Phase.UNREVOKED, kept, revoked);
        }
        HeldPartitions.Builder all = new HeldPartitions.Builder().addAll(kept);
        boolean[] waits = new boolean[1];
        wanted.each((topic, partition) -> {
            if (kept.has(topic, partition) || !subscribed.test(topic)) {
                return;
            }
            if (owners.mayTake(memberId, topic, partition)) {
                all.add(topic, partition, targetEpoch);
            } else {
                waits[0] = true;
            }
        });
        Phase phase = waits[0] ? Phase.UNRELEASED : Phase.STABLE;
        return new Standing(
                targetEpoch, previous(now, targetEpoch), phase, all.build(), HeldPartitions.NONE);
    }

    private boolean isWanted(UUID topic, int partition) {
        return wanted.has(topic, partition) && subscribed.test(topic);
    }

    private static boolean ownsAny(List<Owned> owned, HeldPartitions of) {
        for (Owned topic : owned) {
            for (int partition : topic.partitions()) {
                if (of.has(topic.topic(), partition)) {
                    return true;
                }
            }
        }
        return false;
    }

    private static int previous(Standing now, int epoch) {
        return now.epoch() == epoch ? now.previousEpoch() : now.epoch();
    }
}

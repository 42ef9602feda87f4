package io.chapar.broker.group.modern;

import org.jspecify.annotations.Nullable;

import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/// A group whose coordinator shares out what there is to do, as the log has it.
///
/// Three epochs: the group's grows with whatever may change who has what; the target's is that of the group when
/// everybody's part was last shared out; a member's is that of the target it has come to.
///
/// @param <M> what a member says about itself
/// @param <T> what it is to have
/// @param <S> where it stands on the way there
public interface ModernGroup<M extends ModernMember, T, S> {
    String id();

    /// Who is in, and how far all have come.
    Roll<M, T, S> roll();

    /// As Kafka names it.
    String state();

    /// That members work on, or would if they were there.
    Set<String> topics();

    /// Whether the log has nothing of it.
    boolean isVoid();

    /// Of what members say about themselves, what they have, what they shall have, and what else the log has of it.
    long bytes();

    // ---- epochs

    default int epoch() {
        return roll().epoch;
    }

    /// Of the topics, as they were when the group looked.
    default long metadataHash() {
        return roll().metadataHash;
    }

    default int targetEpoch() {
        return roll().targetEpoch;
    }

    /// When everybody's part was last shared out.
    default long targetAtMs() {
        return roll().targetAtMs;
    }

    /// Nobody's part is what it should be while the target is of an earlier epoch.
    default boolean needsTarget() {
        return !isEmpty() && epoch() > targetEpoch();
    }

    // ---- members

    default boolean isEmpty() {
        return roll().members.isEmpty();
    }

    default int size() {
        return roll().members.size();
    }

    /// By name.
    default Collection<M> members() {
        return Collections.unmodifiableCollection(roll().members.values());
    }

    default @Nullable M member(String memberId) {
        return roll().members.get(memberId);
    }

    /// Those of these who are in.
    default List<M> members(Collection<String> memberIds) {
        return memberIds.stream().map(this::member).filter(Objects::nonNull).toList();
    }

    /// Null when nobody is in under this instance.
    default @Nullable M instance(String instanceId) {
        String memberId = roll().memberOfInstance.get(instanceId);
        return memberId == null ? null : member(memberId);
    }

    /// Who is in under this instance; where none is given, under this name.
    default @Nullable M holder(String memberId, @Nullable String instanceId) {
        return instanceId == null ? member(memberId) : instance(instanceId);
    }

    default S standing(String memberId) {
        return roll().standings.getOrDefault(memberId, roll().newcomer);
    }

    default T target(String memberId) {
        return roll().targets.getOrDefault(memberId, roll().nothing);
    }

    /// Of what members say about themselves.
    default long memberBytes() {
        return roll().memberBytes;
    }
}

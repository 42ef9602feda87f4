package io.chapar.broker.group.modern;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.ToLongFunction;

/// What every [ModernGroup] is made of, which answers for it: its epochs, its members, what each of them is to have,
/// and where each stands. Changes by its [Changes], which the group alone has.
public final class Roll<M extends ModernMember, T, S> {
    final T nothing;
    final S newcomer;
    int epoch = 0;
    long metadataHash = 0;
    int targetEpoch = 0;
    long targetAtMs = 0;
    final NavigableMap<String, M> members = new TreeMap<>();
    final Map<String, String> memberOfInstance = new LinkedHashMap<>();
    final Map<String, T> targets = new LinkedHashMap<>();
    final Map<String, S> standings = new LinkedHashMap<>();
    long memberBytes = 0;
    private boolean isStored = false;
    /// Of targets and standings.
    private long partBytes = 0;

    private Roll(T nothing, S newcomer) {
        this.nothing = nothing;
        this.newcomer = newcomer;
    }

    /// Whether the log has nothing of it.
    public boolean isVoid() {
        return !isStored && members.isEmpty() && targets.isEmpty() && standings.isEmpty() && targetEpoch == 0;
    }

    public long bytes() {
        return memberBytes + partBytes;
    }

    /// Tombstones of members, of what they are to have, and of where they stand.
    public <R> List<R> forget(
            Function<String, R> standing, Function<String, R> target, R ofTargetEpoch, Function<String, R> member) {
        List<R> all = new ArrayList<>();
        standings.keySet().forEach(id -> all.add(standing.apply(id)));
        targets.keySet().forEach(id -> all.add(target.apply(id)));
        all.add(ofTargetEpoch);
        members.keySet().forEach(id -> all.add(member.apply(id)));
        return all;
    }

    /// Breaks down what is known, for comparing what is live with what is replayed.
    @Override
    public String toString() {
        return "epoch " + epoch + " hash " + metadataHash + " target " + targetEpoch + " at " + targetAtMs
                + "\n members " + members + "\n targets " + new TreeMap<>(targets)
                + "\n standings " + new TreeMap<>(standings);
    }

    /// What records do to a roll.
    public static final class Changes<M extends ModernMember, T, S> {
        private final Roll<M, T, S> roll;
        private final ToLongFunction<M> ofMember;
        private final ToLongFunction<T> ofTarget;
        private final ToLongFunction<S> ofStanding;

        /// @param nothing that a member is to have before anything was shared out
        /// @param newcomer where it then stands
        /// @param ofMember bytes of memory, as of a target and of a standing
        public Changes(T nothing, S newcomer,
                ToLongFunction<M> ofMember, ToLongFunction<T> ofTarget, ToLongFunction<S> ofStanding) {
            this.roll = new Roll<>(nothing, newcomer);
            this.ofMember = ofMember;
            this.ofTarget = ofTarget;
            this.ofStanding = ofStanding;
        }

        public Roll<M, T, S> roll() {
            return roll;
        }

        public void setEpoch(int epoch, long metadataHash) {
            roll.epoch = epoch;
            roll.metadataHash = metadataHash;
            roll.isStored = true;
        }

        public void forgetEpoch() {
            roll.epoch = 0;
            roll.metadataHash = 0;
            roll.isStored = false;
        }

        /// The targets of all members are those of this epoch; 0 for none.
        public void setTargetEpoch(int epoch, long atMs) {
            roll.targetEpoch = epoch;
            roll.targetAtMs = atMs;
        }

        /// @return what the member has said before; null for a new one
        public @Nullable M put(M member) {
            M before = remove(member.id());
            roll.members.put(member.id(), member);
            roll.memberBytes += ofMember.applyAsLong(member);
            if (member.instanceId() != null) {
                roll.memberOfInstance.put(member.instanceId(), member.id());
            }
            return before;
        }

        /// @return who has gone; null for nobody
        public @Nullable M remove(String memberId) {
            M gone = roll.members.remove(memberId);
            if (gone != null) {
                roll.memberBytes -= ofMember.applyAsLong(gone);
                if (gone.instanceId() != null) {
                    roll.memberOfInstance.remove(gone.instanceId(), memberId);
                }
            }
            return gone;
        }

        /// @param target null when it is forgotten
        public void setTarget(String memberId, @Nullable T target) {
            T before = target == null ? roll.targets.remove(memberId) : roll.targets.put(memberId, target);
            roll.partBytes += size(target, ofTarget) - size(before, ofTarget);
        }

        /// @param standing null when it is forgotten
        /// @return where the member stood before; null when the log had nothing of that
        public @Nullable S stand(String memberId, @Nullable S standing) {
            S before = standing == null ? roll.standings.remove(memberId) : roll.standings.put(memberId, standing);
            roll.partBytes += size(standing, ofStanding) - size(before, ofStanding);
            return before;
        }

        private static <V> long size(@Nullable V value, ToLongFunction<V> bytes) {
            return value == null ? 0 : bytes.applyAsLong(value);
        }
    }
}

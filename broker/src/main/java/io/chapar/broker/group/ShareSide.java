package io.chapar.broker.group;

import io.chapar.broker.group.GroupCommand.Offset;
import io.chapar.broker.group.share.ShareGroup;
import io.chapar.broker.group.share.ShareGroupRecord;
import io.chapar.broker.group.share.ShareGroupRecord.MemberForgotten;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/// A share [Group]: what the log says of it, and what is known of it only while this coordinator leads.
final class ShareSide implements ModernSide {
    private final ShareGroup group;
    private final TargetPace pace;
    private final MemberDeadlines deadlines = new MemberDeadlines();
    /// What members read, or the topics that this is in, may have changed since the group looked.
    private boolean stale = false;
    /// Whoever keeps the states is being asked.
    private boolean asking = false;
    /// Who goes on when that is answered.
    private List<Consumer<Step>> waiting = new ArrayList<>();

    ShareSide(String groupId) {
        this.group = new ShareGroup(groupId);
        this.pace = new TargetPace(group);
    }

    @Override
    public ShareGroup group() {
        return group;
    }

    void apply(ShareGroupRecord record) {
        group.apply(record);
        if (record instanceof MemberForgotten gone) {
            deadlines.forget(gone.memberId());
        }
    }

    @Override
    public MemberDeadlines deadlines() {
        return deadlines;
    }

    @Override
    public TargetPace pace() {
        return pace;
    }

    @Override
    public GroupType type() {
        return GroupType.SHARE;
    }

    @Override
    public List<GroupRecord> forget() {
        return ShareUpkeep.wrapped(group.forget());
    }

    @Override
    public long bytes() {
        return group.bytes();
    }

    // ---- nobody commits offsets here

    @Override
    public @Nullable Integer epochOf(String memberId) {
        return null;
    }

    @Override
    public boolean heldIn(String memberId, int saidEpoch, Offset offset) {
        return false;
    }

    @Override
    public boolean isClassic(String memberId) {
        return false;
    }

    @Override
    public String toString() {
        return group.toString();
    }

    // ---- topics

    @Override
    public void becomeStale() {
        stale = true;
    }

    boolean isStale() {
        return stale;
    }

    @Override
    public boolean hasToLook(long nowMs) {
        return stale && !asking;
    }

    void looked() {
        stale = false;
    }

    boolean isAsking() {
        return asking;
    }

    void beginAsking() {
        asking = true;
    }

    /// They go on now.
    void endAsking(Step step) {
        asking = false;
        List<Consumer<Step>> all = waiting;
        waiting = new ArrayList<>();
        all.forEach(one -> one.accept(step));
    }

    void afterAsking(Consumer<Step> then) {
        waiting.add(then);
    }

    // ---- time

    @Override
    public long nextDeadlineMs() {
        return deadlines.nextMs(stale && !asking ? 0 : pace.dueMs());
    }
}
